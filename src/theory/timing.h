// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/theory/supply_bound.h"
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

  // D - J: how soon after a busy period began a job of the task can be due.
  [[nodiscard]] Duration first_deadline() const { return deadline - jitter; }
};
using Timings = std::vector<Timing>;

[[nodiscard]] Timing timing(const Task& task);
[[nodiscard]] Timings timings(const TaskSet& tasks);

// Their D, by which EDF orders.
[[nodiscard]] std::vector<Duration> deadlines_of(const Timings& tasks);

// a / b rounded towards minus infinity; b > 0.
[[nodiscard]] std::int64_t floor_divide(Duration a, Duration b);

// Work of the jobs released in [0, t) when one job, delayed by the full jitter, is released at 0
// and the rest as early as possible after it: ceil((t + J) / T) C.
[[nodiscard]] Duration requested_before(const Timing& task, Duration t);
// The same for [0, t]: (floor((t + J) / T) + 1) C.
[[nodiscard]] Duration requested_until(const Timing& task, Duration t);
// The part of it with deadlines at or before t: max(0, floor((t + J - D) / T) + 1) C.
[[nodiscard]] Duration due_by(const Timing& task, Duration t);

// max over the tasks of first_deadline(), at least zero: from there on every task has jobs due.
[[nodiscard]] Duration latest_first_deadline(const Timings& tasks);

// U + sigma / pi against 1, exactly. O(n), but for loads so near to 1 that rationals must decide.
[[nodiscard]] std::strong_ordering compare_load_with_one(const Timings& tasks,
                                                         const Supply& supply = {});

// The least common multiple of the periods, and of the supply's window where it loses anything;
// nothing beyond kLargestSum.
[[nodiscard]] std::optional<Duration> hyperperiod(const Timings& tasks, const Supply& supply = {});

// From where on, at a load of exactly 1, the responses under EDF and FIFO repeat with the
// hyperperiod: twice the largest D, J and T.
[[nodiscard]] Duration settling_time(const Timings& tasks);

// The length of the synchronous busy period: the least L > 0 with
//   blocking + sum requested_before(L) + lost(L) = L.
// Nothing when it is longer than `limit` or needs over 100,000 steps (each step adds at least one
// job or one window, so a set that needs more has an L of over 100,000 jobs).
[[nodiscard]] std::optional<Duration> busy_period(const Timings& tasks, Duration blocking,
                                                  Duration limit = kLargestSum,
                                                  const Supply& supply = {});

}  // namespace aegis::theory
