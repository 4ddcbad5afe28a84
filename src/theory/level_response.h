// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/proof.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/verdict.h"

#include "blocking_profile.h"
#include "timing.h"

namespace aegis::theory {

// Fixed-priority response times within one level-i busy period, shared by the preemptive and the
// non-preemptive analysis; np_fp_response_time.h has the theory.

// What the lane is besides its priorities.
struct LevelTerms {
  policy::Policy policy = policy::Policy::kStaticPriority;
  std::optional<Blocking> blocking;  // nothing: lower-priority jobs are preempted at once
  Supply supply;
  [[nodiscard]] bool preemptive() const { return !blocking; }
};

// Task i among the others: who may delay it.
struct Level {
  Timing own;
  Timings higher;  // higher or equal priority
  Block block;     // the longest segment of a lower one
  Supply supply;
  bool preemptive = false;
  bool ties = false;          // some task of equal priority is among `higher`
  bool overutilised = false;  // the load of own and higher exceeds 1: no bound exists
};

// The fixed priority of a task: smaller first. Nothing when the policy is not of fixed priorities.
[[nodiscard]] std::optional<std::int64_t> priority_of(policy::Policy policy, const Task& task);

[[nodiscard]] Level level_of(const TaskSet& tasks, std::size_t i, const LevelTerms& terms);

// The responses of the successive jobs in the busy period, or of those of its first hyperperiod,
// which include the longest; nothing when there is no bound or it is beyond the limits
// (level_response.cc).
[[nodiscard]] std::optional<std::vector<Duration>> successive_responses(const Level& level);

// The longest of them. With a `limit`, the search may end at the first response beyond it.
[[nodiscard]] std::optional<Duration> longest_response(const Level& level,
                                                       Duration limit = Duration::max());

// The largest blocking, at least the level's own, with which no response exceeds `deadline`; found
// by bisection, since responses grow with the blocking. Precondition: with its own none does.
[[nodiscard]] Duration blocking_tolerance(Level level, Duration deadline);

// The evidence that no response exceeds `bound`; nothing beyond the limits.
[[nodiscard]] std::optional<ResponseProof> prove_responses(const Level& level, Duration bound);

}  // namespace aegis::theory
