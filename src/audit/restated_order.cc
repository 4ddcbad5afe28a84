// SPDX-License-Identifier: Apache-2.0
#include "restated_order.h"

#include "aegis/trace/trace.h"

namespace aegis::audit {

std::optional<std::int64_t> restated_key(std::string_view policy, std::int64_t arrival_ns,
                                         const trace::TaskDeclaration& task) {
  if (policy == "np_edf" || policy == "edf") {
    return trace::saturating_plus(arrival_ns, task.deadline.ns());
  }
  if (policy == "rm") return task.period.ns();
  if (policy == "dm") return task.deadline.ns();
  if (policy == "static" || policy == "fp") return task.priority;
  if (policy == "fifo") return arrival_ns;
  return std::nullopt;
}

}  // namespace aegis::audit
