// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// The numbers of a task that the analyses calculate with: C, T, D, J and the WCET of the last
// segment. All functions need validate() to hold, U <= 1 for what they are given together, and
// |t| <= 2 kLargestSum; then nothing overflows.
struct Timing {
  Duration wcet;
  Duration period;
  Duration deadline;
  Duration jitter;
  Duration last_segment;
};
using Timings = std::vector<Timing>;

[[nodiscard]] Timing timing(const Task& task);
[[nodiscard]] Timings timings(const TaskSet& tasks);

// a / b rounded towards minus infinity; b > 0.
[[nodiscard]] std::int64_t floor_divide(Duration a, Duration b);

// Work of the jobs released in [0, t) when one job, delayed by the full jitter, is released at 0
// and the rest as early as possible after it: ceil((t + J) / T) C.
[[nodiscard]] Duration requested_before(const Timing& task, Duration t);
// The same for [0, t]: (floor((t + J) / T) + 1) C.
[[nodiscard]] Duration requested_until(const Timing& task, Duration t);
// The part of it with deadlines at or before t: max(0, floor((t + J - D) / T) + 1) C.
[[nodiscard]] Duration due_by(const Timing& task, Duration t);

// The least common multiple of the periods; nothing beyond kLargestSum.
[[nodiscard]] std::optional<Duration> hyperperiod(const Timings& tasks);

// The length of the synchronous busy period: the least L > 0 with
//   blocking + sum requested_before(L) = L.
// Nothing when it is longer than `limit` or needs over 100,000 steps (each step adds at least one
// job, so a set that needs more has an L of over 100,000 jobs).
[[nodiscard]] std::optional<Duration> busy_period(const Timings& tasks, Duration blocking,
                                                  Duration limit = kLargestSum);

}  // namespace aegis::theory
