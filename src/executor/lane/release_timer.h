// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "aegis/base/check.h"
#include "aegis/base/time.h"
#include "aegis/executor/four_ary_heap.h"

#include "task_state.h"

namespace aegis::executor {

// When the next periodic job arrives. Arrivals of a task are at first, first + T, first + 2T, ...
// exactly: each is computed from the one before, never from the clock, so that lateness does not
// accumulate. Simultaneous arrivals come in the order of their task ids.
//
// Real-time: O(log n) in the number of periodic tasks, allocates in the constructor only. One
// thread.
class ReleaseTimer {
 public:
  explicit ReleaseTimer(std::size_t max_tasks) : arrivals_(max_tasks) {}

  void start(TaskState& task, TimePoint first) noexcept {
    task.next_arrival = first;
    const bool pushed = arrivals_.push({first, &task});
    check(pushed, "a lane has a timer for each of its tasks");
  }
  void stop(const TaskState& task) noexcept {
    arrivals_.remove_if([&](const Arrival& arrival) { return arrival.task == &task; });
  }
  void stop_all() noexcept {
    arrivals_.remove_if([](const Arrival&) { return true; });
  }

  // The next arrival; TimePoint::max() when there is none.
  [[nodiscard]] TimePoint next() const noexcept {
    return arrivals_.empty() ? TimePoint::max() : arrivals_.top().at;
  }
  [[nodiscard]] bool due(TimePoint now) const noexcept { return next() <= now; }

  // Takes the next arrival, whose instant is the task's next_arrival before the call.
  struct Arrival {
    TimePoint at;
    TaskState* task = nullptr;
  };
  Arrival take() noexcept {
    const Arrival arrival = arrivals_.top();
    arrival.task->next_arrival = arrival.at + arrival.task->task.model.period;
    arrivals_.replace_top({arrival.task->next_arrival, arrival.task});
    return arrival;
  }

 private:
  struct Before {
    bool operator()(const Arrival& a, const Arrival& b) const noexcept {
      return a.at != b.at ? a.at < b.at : a.task->id() < b.task->id();
    }
  };
  FourAryHeap<Arrival, Before> arrivals_;
};

}  // namespace aegis::executor
