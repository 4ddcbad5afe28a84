// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/preemptive_fp_response_time.h"

#include "fixed_priority_answer.h"

namespace aegis::theory {

Analysis analyse_preemptive_fp_response_time(const TaskSet& tasks, policy::Policy policy,
                                             const Supply& supply) {
  return analyse_levels(tasks, {policy, std::nullopt, supply},
                        "response time, preemptive fixed priorities (Joseph, Pandya 1986; Lehoczky "
                        "1990; Tindell, Burns, Wellings 1994)");
}

Verdict judge_preemptive_fp(const TaskSet& tasks, policy::Policy policy, const Supply& supply) {
  return judge_levels(tasks, {policy, std::nullopt, supply});
}

std::vector<Duration> preemptive_successive_responses(const TaskSet& tasks, TaskId task,
                                                      policy::Policy policy, const Supply& supply) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].id != task) continue;
    return successive_responses(level_of(tasks, i, {policy, std::nullopt, supply}))
        .value_or(std::vector<Duration>{});
  }
  return {};
}

}  // namespace aegis::theory
