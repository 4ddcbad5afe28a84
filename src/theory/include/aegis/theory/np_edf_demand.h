// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// The processor-demand test for EDF whose jobs can only be interrupted between their segments.
//
//   K. Jeffay, D. F. Stanat, C. U. Martel, "On non-preemptive scheduling of periodic and sporadic
//     tasks", RTSS 1991 (one segment, D = T);
//   L. George, N. Rivierre, M. Spuri, "Preemptive and non-preemptive real-time uniprocessor
//     scheduling", INRIA RR-2966, 1996 (any D, the busy period as horizon);
//   S. Baruah, "The limited-preemption uniprocessor scheduling of sporadic task systems",
//     ECRTS 2005 (segments);
//   M. Bertogna, S. Baruah, "Limited preemption EDF scheduling of sporadic task systems", IEEE
//     Trans. Industrial Informatics 6(4), 2010 (tolerances).
//
// The set is schedulable if and only if U <= 1 and, for every interval length t with dbf(t) > 0,
//
//   dbf(t) + B(t) <= sbf(t)
//
// where sbf(t) is supply_bound.h's, t itself on a lane that loses nothing (then also U + sigma / pi
// <= 1 is needed), dbf is demand_bound.h's and B(t) the longest segment of a job that can be due
// after t although the segment began before the interval: max of C_m over the segments m of tasks k
// with D_k - max(J_k, p_m) > t, p_m the least execution before segment m (its job arrived that much
// earlier). For one segment and J = 0 that is the literature's D_k > t.
//
// Running example, milliseconds, closed:   A(20, 100, 50)  B(15, 80, 40)  C(30, 200, 100)
//
//     C |#############################|                       C began just before 0
//     B                               |##############|        due at 40, done at 45
//       0                            30      40     45
//
//   A + B           t = 40: 15 + 20 = 35; t = 50: 35            schedulable
//   A + B + C       t = 40: 15 + 30 = 45 > 40                   unschedulable
//   C as 15 + 15    t = 40: 15 + 20 = 35; t = 50: 35 + 15 = 50  schedulable with nothing to spare
//
// Exactness. For sporadic tasks the test is exact, and kUnschedulable names a scenario: all tasks
// with a deadline inside release, delayed by their full jitter, one tick after the blocker's
// segment began (with `closed`: any shorter time, as real time is dense). It holds for jitter, for
// D > T and for segments too: a segment blocks only where its job can really still be due after t.
// With declared offsets the scenario may not exist, and the answer is kUnknown instead. Overload
// rules are not looked at here: schedulability.h does.
//
// Where we depart from the literature: t is walked downwards in the steps of QPA (F. Zhang, A.
// Burns, IEEE Trans. Computers 58(9), 2009), extended to B(t), to lost supply and to the tolerances
// below (edf_demand.h). kUnknown beyond a limit of evaluations there. O(points · n), the points
// being tens where there is slack.
//
// Per task: blocking charged, and blocking_tolerance; no response times (np_edf_response_time.h).
[[nodiscard]] Analysis analyse_np_edf_demand(const TaskSet& tasks, Blocking blocking,
                                             const Supply& supply = {});

// The verdict of analyse_np_edf_demand alone, without the tolerances.
[[nodiscard]] Verdict judge_np_edf_demand(const TaskSet& tasks, Blocking blocking,
                                          const Supply& supply = {});

// The longest segment without a deadline of its own (best effort, or foreign) that may start at any
// moment without making a job of the set miss: min over t of sbf(t) - dbf(t). Segments of the set's
// own are not added to it, since at most one segment blocks. Running example: A + B 15 ms (t = 50),
// with C as 15 + 15 also 15 ms. Nothing when the set is not schedulable even without any blocking,
// or the points exceed the limit.
[[nodiscard]] std::optional<Duration> blocking_tolerance(const TaskSet& tasks,
                                                         const Supply& supply = {});

// Per task, in the set's order, the longest segment of its own that the others tolerate:
// min over t < D_k - J_k of sbf(t) - dbf(t); Duration::max() where no deadline is that short. For C
// of the running example 15 ms. Empty where blocking_tolerance gives nothing.
[[nodiscard]] std::vector<Duration> longest_admissible_segments(const TaskSet& tasks,
                                                                const Supply& supply = {});

}  // namespace aegis::theory
