// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// Response times under preemptive fixed priorities.
//
//   M. Joseph, P. Pandya, "Finding response times in a real-time system", Computer J. 29(5), 1986;
//   J. Lehoczky, "Fixed priority scheduling of periodic task sets with arbitrary deadlines", RTSS
//     1990 (D > T: all jobs of the level-i busy period, not only the first);
//   N. Audsley et al., Softw. Eng. J. 8(5), 1993; K. Tindell, A. Burns, A. Wellings, Real-Time
//     Systems 6(2), 1994 (jitter).
//
//   W_i(q) = (q + 1) C_i + sum over j of higher or equal priority of ceil((W_i(q) + J_j) / T_j) C_j
//   R_i    = max over the jobs q of the level-i busy period of  J_i + W_i(q) - q T_i
//
// and lost(W) of supply_bound.h in the sum where the lane loses supply.
//
// Running example, deadline monotonic, milliseconds: R(B) = 15, R(A) = 15 + 20 = 35, R(C) = 65.
//
// Exact for sporadic tasks of distinct priorities. Tasks of equal priority are counted as higher by
// each other, and with ties or declared offsets a refusal is kUnknown. Of the busy period at most
// one hyperperiod is followed: later jobs respond no later. Beyond 5,000,000 evaluations a task
// stays without bound and the verdict is kUnknown. O(jobs in the busy period · steps · n) per task.
//
// `policy`: kRateMonotonic, kDeadlineMonotonic or kStaticPriority; kUnknown for the others.
[[nodiscard]] Analysis analyse_preemptive_fp_response_time(const TaskSet& tasks,
                                                           policy::Policy policy,
                                                           const Supply& supply = {});

// The verdict of analyse_preemptive_fp_response_time alone, without bounds and tolerances.
[[nodiscard]] Verdict judge_preemptive_fp(const TaskSet& tasks, policy::Policy policy,
                                          const Supply& supply = {});

// The responses of task `task`'s successive jobs in its level-i busy period; empty when the task is
// not in the set or there is no bound. Precondition: validate(tasks).
[[nodiscard]] std::vector<Duration> preemptive_successive_responses(const TaskSet& tasks,
                                                                    TaskId task,
                                                                    policy::Policy policy,
                                                                    const Supply& supply = {});

}  // namespace aegis::theory
