// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aegis/base/error.h"
#include "aegis/base/result.h"
#include "aegis/service/diagnostic.h"
#include "aegis/service/exit_code.h"

namespace aegis::service {

// Why a verb could not be carried out: one line for people, and what the command ends with. A
// negative verdict is not a problem; it is a report.
struct Problem {
  ExitCode code = ExitCode::kInput;
  std::string message;

  // A wrong input is kInput; of a failed call, the error decides (exit_code_of).
  static Problem of(const Diagnostic& diagnostic) {
    return {ExitCode::kInput, diagnostic.message()};
  }
  static Problem of(const Error& error) { return {exit_code_of(error), error.message()}; }
  // "model "detector": cannot read: x.onnx: No such file or directory"
  static Problem of(const std::string& what, const Error& error) {
    return {exit_code_of(error), what + ": " + error.message()};
  }
};

// What every verb returns: its report, or why there is none.
template <class T>
using Outcome = Result<T, Problem>;

}  // namespace aegis::service
