// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// A concrete behaviour of an unschedulable set in which a job misses: arrivals, releases and
// execution times that the task model allows, to be replayed with simulate() and looked at.
//
// It is built from the analysis' failure: a tick before some instant the blocker's segment begins,
// its earlier segments having taken their bcet; at that instant every task that matters (EDF: those
// with a deadline inside the interval; fixed priorities: the task and all not below it; FIFO: all,
// the task itself a tick later) releases a job delayed by its full jitter, and then the next as
// early as it may. Every other segment takes its WCET.
//
//   Running example:  C at 0 ms for 30;  A and B a tick later;  B, due at 40 ms + tick, ends at 45
//   ms.
//
// What is returned has been simulated, on the set with overheads charged, and does miss; whoever
// replays it must charge() too. Nothing when the analysis has no failure (U > 1 has none), when the
// scenario does not miss after all (blocking convention `closed` refused by less than a tick,
// offsets, FIFO's later arrivals), or when it needs more than 200,000 jobs.
[[nodiscard]] std::optional<std::vector<PlannedJob>> witness(const TaskSet& tasks,
                                                             const AnalysisOptions& options,
                                                             const Analysis& analysis);

}  // namespace aegis::theory
