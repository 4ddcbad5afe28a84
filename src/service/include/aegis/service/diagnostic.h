// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "aegis/base/result.h"

namespace aegis::service {

// What is wrong with an input, for the person who wrote it: one line naming file, line, key and
// what was expected.
struct Diagnostic {
  std::filesystem::path file;
  int line = 0;         // from 1; 0: the file as a whole
  std::string key;      // "model[2].period"; empty: no single key
  std::string problem;  // "expected a duration with a unit, like \"20ms\"; found 20"

  // "workload.toml:12: model[2].period: expected a duration with a unit, like "20ms"; found 20"
  [[nodiscard]] std::string message() const;
};

// What was read from a file, or the one thing to correct in it first.
template <class T>
using Parsed = Result<T, Diagnostic>;

}  // namespace aegis::service
