// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/preemption.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// What is assumed of the lane. The defaults are those of a certificate, but for the overheads.
struct AnalysisOptions {
  policy::Policy policy = policy::Policy::kEdf;
  Preemption preemption = Preemption::kNonPreemptive;
  Blocking blocking = Blocking::closed();  // the longest best-effort segment included
  // What the machine adds to every job; zero is right for comparing with published results only.
  Overheads overheads;
  // What the lane may lose to others; nothing by default.
  Supply supply;
};

// Will every job of the set meet its deadline under this policy? The one door to the analyses:
//
//   policy                             non-preemptive                preemptive
//   kEdf                               np_edf_demand.h,              preemptive_edf_demand.h,
//                                      np_edf_response_time.h        np_edf_response_time.h
//   kRateMonotonic, kDeadlineMonotonic,
//   kStaticPriority                    np_fp_response_time.h         preemptive_fp_response_time.h
//   kFifo                              fifo_response_time.h          fifo_response_time.h
//
// Overheads are charged first (task.h); preemptive, every job pays its dispatch twice, the second
// time for resuming the job it took the lane from. Bounds and slacks are of the charged set, and
// slack is what remains of the deadline less the clock error.
//
// Then the overload rules: a job that may still be there when its rule drops a later release (after
// T for skip and reject, after (depth + 1) T for a queue) makes a schedulable set kUnknown, since
// dropped jobs count as misses.
//
// The reason is one sentence with numbers: "in 40 ms, jobs due need 15 ms and C, started just
// before, holds the lane 30 ms: 45 ms > 40 ms".
//
// An invalid set is answered kUnknown with the first problem found; it never aborts on outside
// data. Not for real-time threads: allocates, and takes up to seconds on sets at the limits.
[[nodiscard]] Analysis analyse(const TaskSet& tasks, const AnalysisOptions& options);

// The verdict of analyse() alone, without bounds, tolerances or reasons: what a search asks
// thousands of times. Where analyse() meets a limit before it has every bound, and answers
// kUnknown, judge() may still know: a closed form of fixed priorities accepts. Where a response
// bound is needed for an overload rule, its search ends earlier than that of analyse().
//
// Under EDF and static priorities it is sustainable: a set found schedulable stays so with a WCET,
// jitter or overhead smaller, a period or deadline longer, a task removed; that is what makes
// bisection exact. Not under RM in the periods and DM in the deadlines, which reorder the tasks,
// nor where an overload rule may drop jobs (D beyond its stay).
[[nodiscard]] Verdict judge(const TaskSet& tasks, const AnalysisOptions& options);

// The set as the analyses see it: overheads charged, preemptive the dispatch twice. Nothing as in
// charge().
[[nodiscard]] std::optional<TaskSet> charged_for(const TaskSet& tasks,
                                                 const AnalysisOptions& options);

}  // namespace aegis::theory
