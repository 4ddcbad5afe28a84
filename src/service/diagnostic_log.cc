// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_log.h"

namespace aegis::service {

void DiagnosticLog::report(int line, std::string key, std::string problem) {
  if (first_ && first_->line <= line) return;
  first_ = Diagnostic{file_, line, std::move(key), std::move(problem)};
}

}  // namespace aegis::service
