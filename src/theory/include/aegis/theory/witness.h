// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/outages.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"

namespace aegis::theory {

// A concrete behaviour of a set in which a job misses: arrivals, releases and execution times that
// the task model allows, and outages that the supply allows, to be replayed and looked at:
//
//   simulate(w.tasks, w.jobs, {.policy = policy, .preemption = preemption, .outages = w.outages})
struct Witness {
  // The set with its overheads charged (charged_for); where best effort blocks, followed by a task
  // of that name, which has a deadline as far away as none.
  TaskSet tasks;
  std::vector<PlannedJob> jobs;  // none is released after the miss
  std::vector<Outage> outages;   // none begins after it
  // Of those that miss the one due first: when it was due and done, or that it was dropped.
  JobRecord late;
  // By how much; nothing: dropped by its overload rule.
  [[nodiscard]] std::optional<Duration> tardiness() const {
    if (late.dropped()) return std::nullopt;
    return lateness(*late.completion, late.deadline);
  }
};

// Why an unschedulable set is unschedulable, as something that happens. Built from the analysis:
//
//   failure, EDF and    a tick before some instant the blocker's segment begins, its earlier
//   fixed priorities    segments having taken their bcet; at that instant every task that matters
//                       (EDF: those with a deadline inside the interval; fixed priorities: the task
//                       and all not below it) releases a job delayed by its full jitter, then the
//                       next as early as it may
//   failure, FIFO       all release together, but the late task so that its worst job arrives a
//                       tick after the others it waits for
//   no failure: more    all release together and go on until a job misses, as one must, with U > 1
//   work than lane      or U > 1 - lost / window
//
// Every other segment takes its WCET, and from the instant on the lane loses the first of every
// window.
//
//   Running example:  C at 0 ms for 30;  B a tick later, due at 40 ms + tick, ends at 45 ms.  A is
//   due beyond the interval and stays away.
//
// What is returned has been simulated and does miss. Nothing when the verdict is another; when the
// scenario does not miss after all (blocking convention `closed` refused by less than a tick); or
// when it needs more than 200,000 jobs and outages (a U above 1 by very little, a jitter of many
// periods). Where the verdict is kUnknown, witness_search.h looks for one.
[[nodiscard]] std::optional<Witness> witness(const TaskSet& tasks, const AnalysisOptions& options,
                                             const Analysis& analysis);

}  // namespace aegis::theory
