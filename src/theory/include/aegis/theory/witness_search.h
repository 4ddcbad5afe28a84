// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/witness.h"

namespace aegis::theory {

// How hard search_for_miss() tries.
struct SearchEffort {
  // Jobs and outages simulated in all, half a second to a second a million. With the default, a set
  // whose busy period has 50 jobs is put through ten thousand behaviours, among them every
  // deliberate one of 12 tasks; more pays for larger sets and longer hyperperiods.
  std::int64_t most_jobs = 500'000;
  // Of the random part. The same seed finds the same.
  std::uint64_t seed = 1;
};

// Looks for a behaviour that misses where an analysis cannot tell: equal priorities, FIFO with
// jitter, declared offsets, overload rules that may drop, analyses that met their limit. In this
// order, until one misses or the effort is spent:
//
//   1. where offsets are declared, the periodic arrivals themselves, for up to two hyperperiods
//      after the last offset: without jitter, and with all of it
//   2. the adversary's deliberate behaviours (adversary.h), evenly chosen if they are too many
//   3. its random ones
//
// each for a busy period or a sixteenth of the effort, whichever is shorter. What is found misses
// when replayed, as witness() promises, so the set is not schedulable; finding nothing proves
// nothing. Nothing also for a set that is invalid or swallowed by its overheads. Deterministic.
[[nodiscard]] std::optional<Witness> search_for_miss(const TaskSet& tasks,
                                                     const AnalysisOptions& options,
                                                     const SearchEffort& effort = {});

}  // namespace aegis::theory
