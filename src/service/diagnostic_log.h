// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "aegis/service/diagnostic.h"

namespace aegis::service {

// What is wrong with a file, as it is found. Readers report and go on with the default; the person
// is told the problem nearest the top of the file (among several on a line, the one reported
// first).
class DiagnosticLog {
 public:
  explicit DiagnosticLog(std::filesystem::path file) : file_(std::move(file)) {}

  void report(int line, std::string key, std::string problem);
  [[nodiscard]] const std::optional<Diagnostic>& first() const { return first_; }

 private:
  std::filesystem::path file_;
  std::optional<Diagnostic> first_;
};

}  // namespace aegis::service
