// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_fp_response_time.h"

#include "fixed_priority_answer.h"

namespace aegis::theory {

Analysis analyse_np_fp_response_time(const TaskSet& tasks, policy::Policy policy, Blocking blocking,
                                     const Supply& supply) {
  return analyse_levels(tasks, {policy, blocking, supply},
                        "response time, non-preemptive fixed priorities (George, Rivierre, Spuri "
                        "1996; Davis, Burns, Bril, Lukkien 2007; Bril, Lukkien, Verhaegh 2009)");
}

Verdict judge_np_fp(const TaskSet& tasks, policy::Policy policy, Blocking blocking,
                    const Supply& supply) {
  return judge_levels(tasks, {policy, blocking, supply});
}

std::vector<Duration> np_successive_responses(const TaskSet& tasks, TaskId task,
                                              policy::Policy policy, Blocking blocking,
                                              const Supply& supply) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].id != task) continue;
    return successive_responses(level_of(tasks, i, {policy, blocking, supply}))
        .value_or(std::vector<Duration>{});
  }
  return {};
}

}  // namespace aegis::theory
