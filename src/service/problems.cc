// SPDX-License-Identifier: Apache-2.0
#include "problems.h"

namespace aegis::service {

void Problems::report(int line, std::string key, std::string problem) {
  if (first_ && first_->line <= line) return;
  first_ = Diagnostic{file_, line, std::move(key), std::move(problem)};
}

}  // namespace aegis::service
