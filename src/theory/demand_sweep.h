// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "aegis/base/time.h"

#include "timing.h"

namespace aegis::theory {

// Walks the points t = D_i - J_i + k T_i in increasing order, the only ones where dbf grows.
// O(log n) a deadline.
class DemandSweep {
 public:
  explicit DemandSweep(const Timings& tasks);

  // Moves to the next point; several deadlines at one instant are one point.
  void advance();

  [[nodiscard]] Duration t() const { return t_; }            // the point stood on
  [[nodiscard]] Duration demand() const { return demand_; }  // dbf(t)
  [[nodiscard]] std::size_t task() const { return task_; }   // one whose deadline is at t
  [[nodiscard]] Duration next() const { return heap_.front().t; }

 private:
  struct Point {
    Duration t;
    std::size_t task;
  };
  static bool later(const Point& a, const Point& b) { return a.t > b.t; }

  const Timings& tasks_;
  std::vector<Point> heap_;  // the next deadline of every task
  Duration t_;
  Duration demand_;
  std::size_t task_ = 0;
};

}  // namespace aegis::theory
