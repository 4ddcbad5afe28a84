// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "aegis/base/result.h"

namespace aegis::trace {

// Text on its way to a stream in pieces of 64 KiB, so that an export of any size needs no more
// memory than that.
class ChunkedOutput {
 public:
  explicit ChunkedOutput(std::ostream& out) : out_(out) {}

  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(buffer_), format, std::forward<Args>(args)...);
    if (buffer_.size() >= kChunk) write();
  }

  // What is left, and whether the stream took everything.
  [[nodiscard]] Status finish() {
    write();
    out_.flush();
    if (out_) return ok();
    return fail(Error::permanent(ErrorCode::kIo, "cannot write the export"));
  }

 private:
  static constexpr std::size_t kChunk = 1U << 16;
  void write() {
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }

  std::ostream& out_;
  fmt::memory_buffer buffer_;
};

// A JSON string with its quotation marks; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace aegis::trace
