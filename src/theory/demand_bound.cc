// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/demand_bound.h"

#include "timing.h"

namespace aegis::theory {

Duration demand_bound(const TaskSet& tasks, Duration t) {
  Duration demand;
  for (const Task& task : tasks) demand += due_by(timing(task), t);
  return demand;
}

Duration request_bound(const TaskSet& tasks, Duration t) {
  Duration requests;
  for (const Task& task : tasks) requests += requested_before(timing(task), t);
  return requests;
}

}  // namespace aegis::theory
