// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// Jobs that give their resource up and come back: a host stage that submits to the GPU, waits up to
// S, and goes on. While it is away others run; when it returns it may meet them again.
//
//   J.-J. Chen, G. Nelissen, W.-H. Huang, et al., "Many suspensions, many problems: a review of
//     self-suspending tasks in real-time systems", Real-Time Systems 55(1), 2019;
//   J.-J. Chen, G. Nelissen, W.-H. Huang, "A unifying response time analysis framework for dynamic
//     self-suspending tasks", ECRTS 2016 (the three bounds side by side, with proofs);
//   J.-J. Chen, W.-H. Huang, G. Nelissen, "A note on modeling self-suspending time as blocking time
//     in real-time systems", arXiv 1602.07750, 2016 (the third, which is J. W. S. Liu's of 2000).
//
// Three bounds, for jobs of at most C execution and S suspension in all, in any pattern ("dynamic
// self-suspension"). R_k is the least t that satisfies one of
//
//   oblivious   t = C_k + S_k + sum over higher j of ceil(t / T_j) (C_j + S_j)
//   jitter      t = C_k + S_k + sum ceil((t + R_j - C_j) / T_j) C_j        0 for R_j - C_j if S_j =
//   0 blocking    t = C_k + S_k + sum min(C_j, S_j) + sum ceil(t / T_j) C_j
//
// The first holds for every policy of schedulability.h and any deadline: a suspended job is taken
// to keep the resource busy. The others are for preemptive fixed priorities and hold while every
// job above is done within its period, and t <= T_k; each task gets the smallest bound of all
// three, and the R_j above is that one. Release jitter is suspension before the first instruction.
//
// Deadline monotonic, preemptive, milliseconds; P waits up to 8 for the GPU:
//
//       C  S   T      oblivious   jitter   blocking
//   H   2  0  10          2          2         2
//   P   5  8  40         17         17        17
//   L   6  0  60         25         15        20       jitter: 6 + 2 · 2 + ceil((15 + 12) / 40) · 5
//
// Wrong, and not offered: a jitter of S_j, since a job can lose far more than S_j by being away
// when its turn comes (H(1, 0, 2), P(5, 5, 20), L(1): 12 is claimed and nearly 22 happens; see the
// test); the critical instant; and, for EDF, suspension as blocking (M. Guenzel, J.-J. Chen, "On
// schedulability analysis of EDF scheduling by considering suspension as blocking", arXiv
// 2001.05747, 2020). Under EDF and FIFO there is the oblivious bound only.
//
// Between segments (non-preemptive). At most one segment blocks a job that never leaves; one that
// leaves can find another segment in its way at every return, and so can those above it. Each
// suspension is therefore charged the longest segment of any other task, or of best effort, as
// well: S_j + times · B_j. It is enough: an instant of a busy period is spent on work counted, on
// all jobs counted being away, or on a segment not counted that began when all were away, and such
// a segment ends with somebody's return inside it or delays nobody. Charging S_j alone is not sound
// there.
//
//   literature   here
//   C            Task::segments
//   S            suspension
//   R - C        the jitter of a task above, from the bounds found before its own
//
// Exactness. Safe, not exact. kUnschedulable only when the set misses without suspending at all, or
// C + S > D; otherwise a bound beyond its deadline is kUnknown. O(n) calls of analyse().

// A task that suspends itself. Its segments are what it executes on this resource.
struct SuspendingTask {
  Task task;
  Duration suspension;      // S >= 0: no job is away for longer, all its suspensions together
  std::uint32_t times = 1;  // no job leaves more often; always right before one of its segments
};
using SuspendingTaskSet = std::vector<SuspendingTask>;

// The three bounds of one task, jitter included; nothing: not derived, or it does not hold.
struct SuspensionBounds {
  std::optional<Duration> oblivious;
  std::optional<Duration> as_jitter;
  std::optional<Duration> as_blocking;
};

// The answer. `analysis` has the smallest bound of each task; its blocking tolerances are nothing,
// as a suspended job can be blocked more than once.
struct SuspensionAnalysis {
  Analysis analysis;
  std::vector<SuspensionBounds> bounds;  // in the set's order
};

// Will every job be done in time, however it suspends within its bounds?
//
//   const SuspendingTaskSet cpu = {{.task = planner, .suspension = Duration{}},
//                                  {.task = detector, .suspension = 8_ms}};  // awaits the GPU once
//   const auto answer = analyse_self_suspension(cpu, {.policy = Policy::kDeadlineMonotonic,
//                                                     .preemption = Preemption::kPreemptive});
//
// Overheads are charged first and cover every return, since a segment begins there. Errors:
// kInvalidArgument, detail naming the task, for what validate() refuses (of set, supply or
// blocking), a negative suspension or overhead, and suspensions that are none or more than the task
// has segments; kOutOfRange when the charged set sums to over kLargestSum. Not for real-time
// threads: allocates.
[[nodiscard]] Result<SuspensionAnalysis> analyse_self_suspension(const SuspendingTaskSet& tasks,
                                                                 const AnalysisOptions& options);

}  // namespace aegis::theory
