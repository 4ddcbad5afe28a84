// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// Response times under fixed priorities when jobs can only be interrupted between their segments.
//
//   L. George, N. Rivierre, M. Spuri, "Preemptive and non-preemptive real-time uniprocessor
//     scheduling", INRIA RR-2966, 1996;
//   R. I. Davis, A. Burns, R. J. Bril, J. J. Lukkien, "Controller Area Network (CAN) schedulability
//     analysis: refuted, revisited and revised", Real-Time Systems 35(3), 2007 (all jobs of the
//     busy period, not only the first);
//   R. J. Bril, J. J. Lukkien, W. F. J. Verhaegh, "Worst-case response time analysis of real-time
//     tasks under fixed-priority scheduling with deferred preemption", Real-Time Systems 42(1-3),
//     2009 (segments).
//
// A job cannot be delayed any more once its last segment, of length q_i, has started:
//
//   S_i(k) = B_i + (k + 1) C_i - q_i
//            + sum over j of higher or equal priority of (floor((S_i(k) + J_j) / T_j) + 1) C_j
//   R_i    = max over the jobs k of the level-i busy period of  J_i + S_i(k) + q_i - k T_i
//
// B_i: the longest single segment of lower priority. It can occur once only, at the begin of the
// busy period: between segments of task i no lower-priority job is chosen.
//
// The published counterexample to looking at the first job only, milliseconds, convention `closed`:
//
//   A (C 1, T = D = 2.5)  B (1, 3.5, D 3.25)  C (1, 3.5, D 3.25)      R = 2, 3, 3.5, not 3
//
//     C    k = 0: S = 2, R = 3     k = 1: S = 6, R = 7 - 3.5 = 3.5
//
// Running example, deadline monotonic: B waits for C, R(B) = 30 + 15 = 45 > 40; with C as 15 + 15,
// R(B) = 20 + 15 = 35 and R(A) = 15 + 15 + 20 = 50.
//
// On a lane that loses supply, lost(S) is added to the recurrence, and what is lost while the last
// segment runs to its end, as in np_edf_response_time.h.
//
// Exact for sporadic tasks of distinct priorities, with jitter and any D. Ties, offsets, limits and
// complexity as in preemptive_fp_response_time.h. blocking_tolerance is found by bisection, at most
// 60 further analyses of the task.
[[nodiscard]] Analysis analyse_np_fp_response_time(const TaskSet& tasks, policy::Policy policy,
                                                   Blocking blocking, const Supply& supply = {});

// The verdict of analyse_np_fp_response_time alone, without bounds and tolerances.
[[nodiscard]] Verdict judge_np_fp(const TaskSet& tasks, policy::Policy policy, Blocking blocking,
                                  const Supply& supply = {});

// As preemptive_successive_responses.
[[nodiscard]] std::vector<Duration> np_successive_responses(const TaskSet& tasks, TaskId task,
                                                            policy::Policy policy,
                                                            Blocking blocking,
                                                            const Supply& supply = {});

}  // namespace aegis::theory
