// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"

namespace aegis::theory {

// The three answers an analysis can give. None of them is an error.
enum class Verdict : std::uint8_t {
  kSchedulable,    // every deadline is met in every behaviour the task model allows
  kUnschedulable,  // some behaviour the task model allows misses (the test is exact), see `failure`
  kUnknown,        // the test cannot tell, see `reason`
};

// "schedulable", "unschedulable", "unknown".
[[nodiscard]] std::string_view to_string(Verdict verdict);

// What was proved of one task.
struct TaskBound {
  TaskId task;
  // From arrival to completion, release jitter included; nothing: unbounded, or none was derived.
  std::optional<Duration> response_time;
  // D - response time; negative: may miss by so much.
  std::optional<Duration> slack;
  // The longest lower-priority segment charged to it.
  Duration blocking;
  // The longest single lower-priority segment under which its deadlines would still be met, the one
  // charged already not added but replaced; from analyse() also one under which its overload rule
  // drops nothing. Nothing: not derived.
  std::optional<Duration> blocking_tolerance;
};

// Why a set is refused, in numbers a person can check by hand: in an interval of length `interval`,
// the jobs that must be done within it need `demand`, and `blocker`, started just before, holds the
// lane for `blocking`, while `lost` of the supply may be gone: demand + blocking + lost > interval.
// For response-time tests `interval` is the deadline of `task` and the sum its response time, what
// was lost counted in `demand`.
struct Failure {
  TaskId task;  // whose deadline breaks; invalid when it is the set's demand as a whole
  Duration interval;
  Duration demand;
  Duration blocking;
  TaskId blocker;  // invalid when nothing blocks, or best effort does
  Duration lost;   // zero on a lane that loses nothing
  [[nodiscard]] Duration needed() const { return demand + blocking + lost; }
};

// An analysis' answer.
struct Analysis {
  Verdict verdict = Verdict::kUnknown;
  std::string theorem;             // what was applied: "George, Rivierre, Spuri 1996, theorem 8"
  std::string reason;              // one sentence; for kUnknown why it cannot tell
  std::vector<TaskBound> tasks;    // in the set's order; empty when nothing was derived
  std::optional<Failure> failure;  // for kUnschedulable
};

}  // namespace aegis::theory
