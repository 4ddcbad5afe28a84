// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

struct Block {
  Duration length;
  TaskId blocker;  // invalid when nothing blocks
};

// How long the lane can be held, at the beginning of an interval in which some job with a deadline
// at most t waits throughout, by a segment that began before it and belongs to a job due after t.
//
// Segment m of a task began before the interval, at s < 0; its job arrived at least
// p = sum of the bcet of the segments before m earlier, so it is due at most D - p + s. To be due
// after t needs D - p > t. From t >= D - J on, dbf(t) counts a whole job of the task, and since
// jobs of one task run in the order of arrival, its segment then cannot come on top: hence
//
//   B(t) = max over segments m with D - max(p_m, J) > t of blocking.of(C_m),    non-increasing in t
//
// Best effort is never due: its longest segment is under the maximum for every t.
//
// O(log n) a query.
class BlockingProfile {
 public:
  BlockingProfile() = default;  // preemptive: nothing blocks
  // `deadlines[i]` is what task i is ordered by: its relative deadline under EDF, the same number
  // for all under FIFO.
  BlockingProfile(const TaskSet& tasks, const std::vector<Duration>& deadlines, Blocking blocking);

  [[nodiscard]] Block at(Duration t) const;
  // The least s with B the same in all of [s, t]; Duration of the far past when it never changes.
  [[nodiscard]] Duration constant_since(Duration t) const;
  // What remains for every t: the blocking of best effort.
  [[nodiscard]] Duration always() const { return always_; }

 private:
  struct Step {
    Duration until;  // blocks while t < until
    Block longest;   // of this step and all later ones
  };
  std::vector<Step> steps_;  // by ascending `until`
  Duration always_;
};

}  // namespace aegis::theory
