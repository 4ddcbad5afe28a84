// SPDX-License-Identifier: Apache-2.0
#include "demand_sweep.h"

#include <algorithm>

namespace aegis::theory {

DemandSweep::DemandSweep(const Timings& tasks) : tasks_(tasks) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    heap_.push_back({tasks[i].deadline - tasks[i].jitter, i});
  }
  std::make_heap(heap_.begin(), heap_.end(), later);
}

void DemandSweep::advance() {
  t_ = next();
  while (next() == t_) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Point& point = heap_.back();
    task_ = point.task;
    demand_ += tasks_[task_].wcet;
    point.t += tasks_[task_].period;
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
}

}  // namespace aegis::theory
