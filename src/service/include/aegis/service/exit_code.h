// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/error.h"
#include "aegis/theory/verdict.h"

namespace aegis::service {

// What every command ends with. Scripts rely on it.
enum class ExitCode : int {
  kYes = 0,          // done; admitted; audit passed; no misses
  kNo = 1,           // a negative verdict: refused, misses, audit failed
  kInput = 2,        // usage, or an input that cannot be used; one line names file, line and key
  kUndecided = 3,    // unknown, inconclusive
  kEnvironment = 4,  // disk full, permission, missing library, an internal failure
};

// Who has to act on a failed call: the author of an input (kInput) or the keeper of the machine
// (kEnvironment).
[[nodiscard]] ExitCode exit_code_of(const Error& error);
[[nodiscard]] ExitCode exit_code_of(theory::Verdict verdict);

}  // namespace aegis::service
