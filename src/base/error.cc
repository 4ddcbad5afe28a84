// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <unistd.h>

#include "aegis/base/check.h"

namespace aegis {

namespace {

void write_to_stderr(const char* text) noexcept {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

Error make(ErrorCategory category, ErrorCode code, const char* text,
           std::source_location where) noexcept {
  Error error;
  error.category = category;
  error.code = code;
  error.text = text;
  error.where = where;
  return error;
}

ErrorCode code_of_errno(int error_number) noexcept {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

void check_failed(const char* invariant, std::source_location where) noexcept {
  // The digits by hand: this may run in a signal handler or with a broken heap.
  char line[12] = {};
  char* digit = line + sizeof(line) - 2;
  for (auto rest = where.line(); digit > line && rest > 0; rest /= 10)
    *digit-- = static_cast<char>('0' + rest % 10);
  write_to_stderr("aegisrt: internal error: this must hold and does not: ");
  write_to_stderr(invariant);
  write_to_stderr(" (");
  write_to_stderr(where.file_name());
  write_to_stderr(":");
  write_to_stderr(digit + 1);
  write_to_stderr(")\n");
  std::abort();
}

std::string_view to_string(ErrorCategory category) noexcept {
  switch (category) {
    case ErrorCategory::kTransient:
      return "transient";
    case ErrorCategory::kPermanent:
      return "permanent";
    case ErrorCategory::kFatal:
      return "fatal";
  }
  return "unknown";
}

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kAlreadyExists:
      return "already_exists";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kMismatch:
      return "mismatch";
    case ErrorCode::kOutOfRange:
      return "out_of_range";
    case ErrorCode::kResourceExhausted:
      return "resource_exhausted";
    case ErrorCode::kPermissionDenied:
      return "permission_denied";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kFailedPrecondition:
      return "failed_precondition";
    case ErrorCode::kBackend:
      return "backend";
    case ErrorCode::kDeviation:
      return "deviation";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

Error Error::transient(ErrorCode code, const char* text, std::source_location where) noexcept {
  return make(ErrorCategory::kTransient, code, text, where);
}
Error Error::permanent(ErrorCode code, const char* text, std::source_location where) noexcept {
  return make(ErrorCategory::kPermanent, code, text, where);
}
Error Error::fatal(ErrorCode code, const char* text, std::source_location where) noexcept {
  return make(ErrorCategory::kFatal, code, text, where);
}
Error Error::system(const char* text, std::string_view path_or_name, int error_number,
                    std::source_location where) noexcept {
  return make(ErrorCategory::kPermanent, code_of_errno(error_number), text, where)
      .with_detail(path_or_name)
      .with_native(error_number);
}

Error Error::with_detail(std::string_view words) const noexcept {
  Error copy = *this;
  copy.detail.fill('\0');
  const auto first_line = words.substr(0, words.find('\n'));
  std::copy_n(first_line.begin(), std::min(first_line.size(), kDetailCapacity - 1),
              copy.detail.begin());
  return copy;
}

Error Error::with_native(std::int64_t value) const noexcept {
  Error copy = *this;
  copy.native = value;
  return copy;
}

std::string Error::message() const {
  std::string line = text;
  if (!line.empty() && !detail_view().empty()) line += ": ";
  line += detail_view();
  const bool is_errno = native > 0 && code != ErrorCode::kBackend;
  if (is_errno) line.append(": ").append(std::generic_category().message(static_cast<int>(native)));
  return line;
}

}  // namespace aegis
