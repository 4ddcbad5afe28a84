// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

// What a harness is: one input, judged. Linked with libFuzzer it is fed inputs without end; linked
// with replay_main.cc, the files it is given.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace aegis::fuzz {

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process where a property does not hold, with its name and what contradicts it: the
// fuzzer keeps the input, the replay fails.
inline void require(bool holds, std::string_view property, std::string_view found = {}) {
  if (holds) return;
  std::cerr << "property broken: " << property << "\n  found: " << found << '\n';
  std::abort();
}

// The promise of every reader of text: a refusal is one line that begins with the file's name.
inline void require_one_line(std::string_view message, std::string_view file) {
  require(message.starts_with(file), "a refusal begins with the file's name", message);
  require(message.size() > file.size() + 2, "a refusal says what is wrong", message);
  require(message.find_first_of("\r\n") == std::string_view::npos, "a refusal is one line",
          message);
}

}  // namespace aegis::fuzz
