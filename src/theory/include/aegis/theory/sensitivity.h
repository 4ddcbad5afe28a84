// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/theory/parameter.h"
#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// How far one number may move before the verdict changes: exact to the nanosecond, by bisection
// over judge().
//
//   A. Burns, S. Baruah, "Sustainability in real-time scheduling", J. Computing Science and
//     Engineering 2(1), 2008 (why bisection is allowed: better numbers never break a set);
//   E. Bini, M. Di Natale, G. Buttazzo, "Sensitivity analysis for fixed-priority real-time
//     systems", Real-Time Systems 39(1-3), 2008 (the quantities);
//   J. Lehoczky, L. Sha, Y. Ding, "The rate monotonic scheduling algorithm: exact characterization
//     and average case behavior", RTSS 1989 (the critical scaling factor).
//
// Running example under EDF, milliseconds:   A(20, 100, 50)  B(15, 80, 40)  C(30, 200, 100)
//
//   C         t = 40: B is due, C began just before      15 + C <= 40
//             t = 50: A too                              35 + C <= 50    hence C <= 15
//   D of B    up to 50, A and B wait for C:              65 > 50 at t = 50
//             beyond, they wait for C together later:    20 + 15 + 30 <= D    hence D >= 65
//   all       t = 40: 45 f <= 40; t = 50: 65 f <= 50     hence f <= 50/65 = 0.769...
//   T of any  one job of each is enough to miss:         nothing
//
// A schedulable set gets its margins; a refused one what would be needed, or nothing where that
// number alone does not help.
//
// Order. Periods under RM and deadlines under DM also decide who goes first, and a better number
// can then break a set. All questions are therefore asked in the order of the given set, its
// priorities held fixed (static priorities); see in_fixed_order().
//
// Overload rules. A rule that drops jobs bounds how long a job may stay (schedulability.h). That
// is sustainable but for one case: a longer deadline under EDF lets others go first. Deadlines of
// a refused set are hence sought no further than that stay, beyond which they gain nothing.
//
// BCETs. A WCET below its segment's BCET takes the BCET down with it. Where that BCET kept a later
// segment from blocking (np_edf_demand.h), several limits may exist; one of them is answered.
//
// Every answer was judged: the value holds, and the one a tick beyond (of the factor, a part per
// billion beyond) does not. Where the second cannot be shown, as when nothing is a limit, the
// answer is nothing. Not for real-time threads.

// The largest WCET, segment or jitter, the smallest period or deadline of this task with which the
// set is schedulable. Nothing as above, and for a set validate() refuses or an unknown task. Some
// 30 judge() calls under EDF and FIFO, 3 and about one analysis under fixed priorities.
[[nodiscard]] std::optional<Duration> limit(const TaskSet& tasks, const AnalysisOptions& options,
                                            TaskId task, Parameter parameter);

// The critical scaling factor: the largest whole number of parts per billion for which scaled() is
// schedulable; that is the true factor less the rounding to ticks. Overheads are not scaled. Up to
// a billionfold.
[[nodiscard]] std::optional<Scaling> critical_scaling(const TaskSet& tasks,
                                                      const AnalysisOptions& options);

// The longest best-effort segment that may start at any moment, with its dispatch and completion
// inside, as in Blocking::best_effort; zero: none. Nothing for a set refused without any, and where
// none is too long (preemptive).
[[nodiscard]] std::optional<Duration> longest_best_effort_segment(const TaskSet& tasks,
                                                                  const AnalysisOptions& options);

// All limits of one task, as limit() gives them, and two that concern its neighbours.
struct TaskSensitivity {
  TaskId task;
  std::optional<Duration> largest_wcet;
  std::optional<Duration> largest_longest_segment;
  std::optional<Duration> smallest_period;
  std::optional<RelativeDeadline> smallest_deadline;
  std::optional<Duration> largest_jitter;
  // The longest single segment of it, at an unchanged C, under which the others' deadlines hold
  // (Bertogna & Baruah 2010); Duration::max(): any. Its dispatch and completion come on top.
  std::optional<Duration> longest_admissible_segment;
  // The longest segment of another's under which its own deadlines hold, likewise.
  std::optional<Duration> blocking_tolerance;
};

// The whole answer.
struct Sensitivity {
  Verdict verdict = Verdict::kUnknown;  // of the set as it is
  std::vector<TaskSensitivity> tasks;   // in the set's order
  std::optional<Scaling> critical_scaling;
  std::optional<Duration> longest_best_effort_segment;
  std::int64_t judge_calls = 0;  // what it cost
};

//   const Sensitivity s = sensitivity(tasks, {.policy = Policy::kEdf, .overheads = measured});
//   if (s.tasks[0].largest_wcet) say("A may take " + format_duration(*s.tasks[0].largest_wcet));
//
// Five limits a task: for 50 tasks some 6,000 judge() calls under EDF and 800 under fixed
// priorities. What is slow are periods under EDF that are held only by a rule that drops jobs (skip
// and reject, D near T) on an almost full lane. Empty for a set that validate() refuses.
[[nodiscard]] Sensitivity sensitivity(const TaskSet& tasks, const AnalysisOptions& options);

}  // namespace aegis::theory
