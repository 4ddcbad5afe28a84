// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/exit_code.h"

namespace aegis::service {

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kUnsupported:
    case ErrorCode::kCorrupt:
    case ErrorCode::kMismatch:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kBackend:
      return ExitCode::kInput;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kIo:
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kDeviation:
    case ErrorCode::kInternal:
      return ExitCode::kEnvironment;
  }
  return ExitCode::kEnvironment;
}

ExitCode exit_code_of(theory::Verdict verdict) {
  switch (verdict) {
    case theory::Verdict::kSchedulable:
      return ExitCode::kYes;
    case theory::Verdict::kUnschedulable:
      return ExitCode::kNo;
    case theory::Verdict::kUnknown:
      return ExitCode::kUndecided;
  }
  return ExitCode::kUndecided;
}

}  // namespace aegis::service
