// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/preemptive_fp_response_time.h"

#include "level_response.h"

namespace aegis::theory {

Analysis analyse_preemptive_fp_response_time(const TaskSet& tasks, policy::Policy policy) {
  return analyse_levels(tasks, policy, std::nullopt,
                        "response time, preemptive fixed priorities (Joseph, Pandya 1986; Lehoczky "
                        "1990; Tindell, Burns, Wellings 1994)");
}

std::vector<Duration> preemptive_successive_responses(const TaskSet& tasks, TaskId task,
                                                      policy::Policy policy) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].id != task) continue;
    return successive_responses(level_of(tasks, i, policy, std::nullopt), /*preemptive=*/true)
        .value_or(std::vector<Duration>{});
  }
  return {};
}

}  // namespace aegis::theory
