// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/segment_plan.h"

namespace aegis::theory {

// What would make a refused set schedulable: single changes, the smallest first.
//
// Running example under EDF, milliseconds:   A(20, 100, 50)  B(15, 80, 40)  C(30, 200, 100)
//
//   C: 2 segments of at most 15 ms each (now 1)
//   every WCET: at most 76.92 % of now
//   C: WCET at most 15 ms (now 30 ms)
//   B: deadline at least 65 ms (now 40 ms)

// What is changed. Of two changes of one size, the earlier here comes first.
enum class Change : std::uint8_t {
  kPolicy,       // another policy, or another order of priorities
  kCut,          // one task cut into more segments
  kSegmentPlan,  // several tasks cut, as cheapest_segment_plan() says
  kWcet,
  kDeadline,
  kPeriod,
  kJitter,
  kScaling,  // every WCET by one factor
};

// One change that is enough by itself.
struct Advice {
  Change change = Change::kPolicy;
  TaskId task;  // whose number changes; invalid when it is the whole set's
  // How large it is, in parts per million: of a number, its relative change; of cuts, the overhead
  // they add relative to the WCETs cut; of a policy, nothing.
  std::int64_t size_ppm = 0;
  std::string text;  // one sentence without a full stop, names as in the set
  // The set and options with the change made: judge() calls them schedulable.
  TaskSet tasks;
  AnalysisOptions options;
};

// What may be advised.
struct AdviceLimits {
  Cuts cuts;
  // Finds an order of priorities under which the set is schedulable, nothing when there is none
  // (Audsley's, say); asked for static priorities. Empty: not tried.
  std::function<std::optional<TaskSet>(const TaskSet&, const AnalysisOptions&)> assign_priorities;
};

// All single changes known to help, smallest first, always in the same order; empty for a set that
// is schedulable or that validate() refuses, and where no single change helps. Numbers have four
// significant digits, rounded to the safe side; each change was judged as it is said, also under
// policies whose order it changes. The limits are those of sensitivity.h, at most some 40 judge()
// calls for each of 4 numbers a task, usually one.
//
//   for (const Advice& a : advice(tasks, {.policy = Policy::kEdf})) print(a.text);
[[nodiscard]] std::vector<Advice> advice(const TaskSet& tasks, const AnalysisOptions& options,
                                         const AdviceLimits& limits = {});

}  // namespace aegis::theory
