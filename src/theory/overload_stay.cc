// SPDX-License-Identifier: Apache-2.0
#include "overload_stay.h"

namespace aegis::theory {

Duration longest_stay(const Task& task) {
  const bool queues = task.overload.rule == OverloadRule::kQueue;
  const std::int64_t periods = 1 + (queues ? std::int64_t{task.overload.queue_depth} : 0);
  return Duration::checked_multiply(task.period, periods).value_or(Duration::max());
}

bool may_outstay_its_rule(const Task& task) {
  return task.deadline.value > longest_stay(task);
}

}  // namespace aegis::theory
