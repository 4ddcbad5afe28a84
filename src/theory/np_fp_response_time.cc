// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_fp_response_time.h"

#include "level_response.h"

namespace aegis::theory {

Analysis analyse_np_fp_response_time(const TaskSet& tasks, policy::Policy policy,
                                     Blocking blocking) {
  return analyse_levels(tasks, policy, blocking,
                        "response time, non-preemptive fixed priorities (George, Rivierre, Spuri "
                        "1996; Davis, Burns, Bril, Lukkien 2007; Bril, Lukkien, Verhaegh 2009)");
}

std::vector<Duration> np_successive_responses(const TaskSet& tasks, TaskId task,
                                              policy::Policy policy, Blocking blocking) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].id != task) continue;
    return successive_responses(level_of(tasks, i, policy, blocking), /*preemptive=*/false)
        .value_or(std::vector<Duration>{});
  }
  return {};
}

}  // namespace aegis::theory
