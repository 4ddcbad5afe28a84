// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// Response-time bounds under EDF, preemptive or interrupted only between segments.
//
//   M. Spuri, "Analysis of deadline scheduled real-time systems", INRIA RR-2772, 1996 (preemptive,
//     jitter);
//   L. George, N. Rivierre, M. Spuri, "Preemptive and non-preemptive real-time uniprocessor
//     scheduling", INRIA RR-2966, 1996 (non-preemptive).
//
// Unlike under fixed priorities, the longest response of a task need not follow a release of all
// tasks together with it: it follows a release of all *others* together, for some arrival a of the
// job itself. For a job that arrives a after the busy period began and is ordered by d = a + D_i,
// its last segment starts by the least solution of
//
//   S(a) = B(d) + (floor((a + J_i) / T_i) + 1) C_i - q_i
//          + sum over j != i of min( (floor((S + J_j) / T_j) + 1) C_j,  due_j(d) )
//
// with q_i the WCET of its last segment, B(d) the blocking of np_edf_demand.h and due_j(d) task j's
// share of dbf(d); then R_i = max over a of S(a) + q_i - a, at least J_i + C_i. Preemptive, B and q
// are 0 and ceil((S + J_j) / T_j) jobs are counted instead. Only those a where d meets some
// deadline need a look, and a < the busy period of all tasks.
//
// Running example without C, milliseconds:
//
//     A  35   B's 15, due before, and its own 20
//     B  35   A's segment of 20 that began just before, and its own 15
//
// Exact without jitter, for segments as far as exhaustive simulation of small sets tells: jobs of
// equal deadline are counted as if they won the tie, which needs an arrival any time earlier. With
// jitter a safe bound. When the demand test accepts the set, the smaller of bound and D is given.
//
// On a lane that loses supply, lost(S) is added to the recurrence, and what is lost while the last
// segment runs to its end: the least F with W + q_i + lost(F) = F, W the work before S.
//
// The verdict is the demand test's; this header adds response times and slack to it. A task that
// takes more evaluations than the limit (edf_response.cc, half a second for a set) gets D when the
// demand test accepts the set, and the reason says so; otherwise no bound. The arrivals are walked
// downwards, and those skipped whose response cannot exceed the longest found: with F(a) done by
// the latest of them, the ones from F(a) - R on (QPA's idea, edf_response.h).
[[nodiscard]] Analysis analyse_np_edf_response_time(const TaskSet& tasks, Blocking blocking,
                                                    const Supply& supply = {});
[[nodiscard]] Analysis analyse_preemptive_edf_response_time(const TaskSet& tasks,
                                                            const Supply& supply = {});

}  // namespace aegis::theory
