// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>

namespace aegis {

// Who can mend it. transient: the same call may succeed later (a full inbox). permanent: the call
// will fail again until its input or the environment changes (a corrupt model). fatal: the context
// it happened in must not be used again.
enum class ErrorCategory : std::uint8_t { kTransient, kPermanent, kFatal };

// What failed, coarsely enough to act on; `text` and `detail` of the Error say it to people.
enum class ErrorCode : std::uint16_t {
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kUnsupported,        // dynamic shapes, an unknown backend, a newer file schema
  kCorrupt,            // a checksum or format does not hold
  kMismatch,           // a profile or fingerprint of something else
  kOutOfRange,         // overflow, absurd value
  kResourceExhausted,  // memory budget, full inbox, full disk
  kPermissionDenied,
  kIo,
  kTimeout,
  kCancelled,
  kFailedPrecondition,  // not admitted, not loaded, already draining
  kBackend,             // the runtime underneath reported it: see native and detail
  kDeviation,           // something did otherwise than its plan, made from what it did before
  kInternal,
};

// The words that messages and JSON use: "transient", "resource_exhausted".
[[nodiscard]] std::string_view to_string(ErrorCategory category) noexcept;
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

// A failed call. Trivially copyable, so that it crosses rings and threads without allocation.
//
// `text` is static and says what failed; `detail` is a bounded copy of what only run time knows (a
// path, the native library's own words), cut at its capacity; `native` is errno or the runtime's
// code, 0 when there is none.
struct [[nodiscard]] Error {
  static constexpr std::size_t kDetailCapacity =
      200;  // an ONNX Runtime message's informative first line fits

  ErrorCategory category = ErrorCategory::kPermanent;
  ErrorCode code = ErrorCode::kInternal;
  const char* text = "";
  std::int64_t native = 0;
  std::source_location where;
  std::array<char, kDetailCapacity> detail{};

  // Real-time: does not allocate or lock.
  static Error transient(ErrorCode code, const char* text,
                         std::source_location where = std::source_location::current()) noexcept;
  static Error permanent(ErrorCode code, const char* text,
                         std::source_location where = std::source_location::current()) noexcept;
  static Error fatal(ErrorCode code, const char* text,
                     std::source_location where = std::source_location::current()) noexcept;
  // From errno as it stands; `path_or_name` goes to detail.
  static Error system(const char* text, std::string_view path_or_name, int error_number,
                      std::source_location where = std::source_location::current()) noexcept;

  // The same error with more said: the first line of `words`, cut at the capacity, or a native
  // code.
  [[nodiscard]] Error with_detail(std::string_view words) const noexcept;
  [[nodiscard]] Error with_native(std::int64_t value) const noexcept;
  [[nodiscard]] std::string_view detail_view() const noexcept { return detail.data(); }

  // "cannot open trace: /tmp/x: Permission denied": text, detail and, for errno, its meaning. One
  // line. Allocates.
  [[nodiscard]] std::string message() const;
};
static_assert(std::is_trivially_copyable_v<Error>);

}  // namespace aegis
