// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "aegis/theory/preemption.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// What is assumed of the lanes that share one queue.
struct GlobalLanes {
  std::size_t lanes = 1;  // m >= 1, alike
  Preemption preemption = Preemption::kNonPreemptive;
  // As in AnalysisOptions; moving to another lane costs nothing more than resuming.
  Overheads overheads;
};

// Sufficient tests for global EDF: m lanes take their jobs from one queue, the earliest deadline
// first; a job may continue on another lane, but never runs on two at once.
//
//   S. K. Dhall, C. L. Liu, "On a real-time scheduling problem", Operations Research 26(1), 1978
//     (why U <= m is far from enough);
//   J. Goossens, S. Funk, S. Baruah, "Priority-driven scheduling of periodic task systems on
//     multiprocessors", Real-Time Systems 25(2-3), 2003 (the density bound);
//   M. Bertogna, M. Cirinei, G. Lipari, "Improved schedulability analysis of EDF on multiprocessor
//     platforms", ECRTS 2005 (the interference test; and the density bound for D < T);
//   N. Guan, W. Yi, Z. Gu, Q. Deng, G. Yu, "New schedulability test conditions for non-preemptive
//     scheduling on multiprocessor platforms", RTSS 2008 (such an argument without preemption).
//
// The density bound, preemptive only, with lambda_i = C_i / D_i:
//
//   sum of lambda_i <= m - (m - 1) max lambda_i
//
// The interference test. Job J of task k arrives at r, is due at d = r + D_k, and is the first to
// miss. It ran for less than C_k, so it waited for y > x = D_k - C_k. While it waits all m lanes
// run others, and no other task is on two lanes: with I_i the work of task i in that time,
// sum I_i = m y and I_i <= y. Below, X_i bounds I_i; hence
//
//   f(y) = sum over i != k of min(X_i, y) - m y  >= 0   for some y > x
//
// f is concave with f(0) = 0. J cannot miss when f(x) < 0, or f(x) = 0 and fewer than m of the X_i
// exceed x. That for every k is the test.
//
//   X_i = W_i + min((s_k - 1) q_i, C_i)   W_i = N C_i + min(C_i, max(0, D_k - N T_i))
//                                         N   = floor((D_k - D_i) / T_i) + 1
//
// W_i: the work in [r, d] of task i's jobs due by d. They come last when one of them is due at d
// itself, and those before d meet their deadlines, J being the first that does not.
//
// s_k and q_i are for lanes that are left between segments only: s_k the segments of task k, q_i
// the longest of task i; preemptive, s_k = 1. A job due after d then delays J too, by the segment
// it runs when J begins to wait: one at most before each segment of J, since a task's jobs run in
// order.
//
//   - Before J's first segment it began before r, so that D_i > D_k and N = 0, and the jobs of task
//     i due by d were done first. W_i = min(C_i, D_k) has room for it.
//   - The s_k - 1 other times it is added. It is always the same job, since the next one arrives
//     after d: no more than C_i. We know no set that would miss without this term.
//
// So for tasks of one segment the test is the same with and without preemption.
//
//   literature            here
//   C_i, D_i, T_i, m      total WCET, deadline, period, GlobalLanes::lanes
//   lambda_i              density, C_i / D_i
//   beta_i                W_i / D_k, capped
//   1 - lambda_k          x / D_k
//
// Running example, milliseconds, two lanes: A(20, 100, 50) B(15, 80, 40) C(30, 200, 100)
//
//   density   0.4 + 0.375 + 0.3 = 1.075 <= 2 - 0.4 = 1.6
//   A         x = 30   B 15, C 30    15 + 30 = 45 < 60
//   B         x = 25   A 20, C 30    20 + 25 = 45 < 50
//   C         x = 70   A 20, B 30    20 + 30 = 50 < 140       schedulable, with and without
//
// Neither test contains the other: (20, 30, 30) twice and (5, 30, 30) on two lanes has density 1.5
// > 1.33 but passes the second; (1, 10, 10) sixteen times and (1, 15, 15) pass the first only. Sets
// with no more tasks than lanes pass at once: no job ever waits.
//
// Verdicts. kSchedulable is safe for sporadic and periodic tasks, whatever the execution times
// below the WCETs: the argument does not assume that less work is done sooner, which without
// preemption is not so. kUnschedulable only when U > m or some C > D. Otherwise kUnknown, also with
// release jitter or D > T, of which nothing is derived. No response times.
//
// Where we depart from the literature: time is dense, hence the case f(x) = 0; segments; and
// Baruah's bound for non-preemptive EDF (Real-Time Systems 32(1-2), 2006) is left out, since it
// refuses every set with a segment as long as the shortest deadline.
//
// analyse_global_edf() charges the overheads (AnalysisOptions: preemptive, dispatch twice) and asks
// the density bound, where it applies, and the interference test; the two others do one each, for
// the set as it is. An invalid set and zero lanes are answered kUnknown. O(n^2). Not for real-time
// threads: allocates.
//
//   analyse_global_edf(tasks, {.lanes = 2}).verdict == Verdict::kSchedulable
[[nodiscard]] Analysis analyse_global_edf(const TaskSet& tasks, const GlobalLanes& lanes);
[[nodiscard]] Analysis analyse_global_edf_density(const TaskSet& tasks, std::size_t lanes);
[[nodiscard]] Analysis analyse_global_edf_interference(const TaskSet& tasks, std::size_t lanes,
                                                       Preemption preemption);

}  // namespace aegis::theory
