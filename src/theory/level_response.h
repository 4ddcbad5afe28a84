// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/verdict.h"

#include "blocking_profile.h"
#include "timing.h"

namespace aegis::theory {

// Fixed-priority response times within one level-i busy period, shared by the preemptive and the
// non-preemptive analysis; np_fp_response_time.h has the theory.

// Task i among the others: who may delay it.
struct Level {
  Timing own;
  Timings higher;             // higher or equal priority
  Block block;                // the longest segment of a lower one
  bool ties = false;          // some task of equal priority is among `higher`
  bool overutilised = false;  // U of own and higher exceeds 1: no bound exists
};

// The fixed priority of a task: smaller first. Nothing when the policy is not of fixed priorities.
[[nodiscard]] std::optional<std::int64_t> priority_of(policy::Policy policy, const Task& task);

// `blocking`: nothing when lower-priority jobs are preempted at once.
[[nodiscard]] Level level_of(const TaskSet& tasks, std::size_t i, policy::Policy policy,
                             std::optional<Blocking> blocking);

// The responses of the successive jobs in the busy period, or of those of its first hyperperiod,
// which include the longest; nothing when there is no bound or it is beyond the limits
// (level_response.cc).
[[nodiscard]] std::optional<std::vector<Duration>> successive_responses(const Level& level,
                                                                        bool preemptive);

// The verdict over all tasks by their levels. Preemptive: `blocking` is nothing.
[[nodiscard]] Analysis analyse_levels(const TaskSet& tasks, policy::Policy policy,
                                      std::optional<Blocking> blocking, const char* theorem);

}  // namespace aegis::theory
