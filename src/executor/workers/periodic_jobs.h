// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/base/time.h"
#include "aegis/executor/four_ary_heap.h"
#include "aegis/theory/task.h"

#include "task_slot.h"

namespace aegis::executor {

// One activation that has been released and waits.
struct Activation {
  TimePoint arrival;
  std::uint64_t number = 0;
};

// A periodic task as its worker keeps it. Filled by an ordinary thread before its slot goes through
// the worker's ring, then the worker's alone until it is `free` again.
struct PeriodicState {
  std::atomic<bool> free{true};
  SlotId slot = kNoSlot;
  Duration period;
  Duration offset;
  RelativeDeadline deadline;
  std::uint64_t activations = 0;  // in all; 0: without end
  std::uint32_t most_unfinished = 1;

  TimePoint next_release;
  std::uint64_t released = 0;  // arrivals so far, the skipped ones included
  std::uint32_t unfinished = 0;
  TimePoint last_completion;
  std::vector<Activation> waiting;  // a ring of most_unfinished, oldest at `oldest`
  std::size_t oldest = 0;

  // Whether an arrival at this instant may wait. One that fell into its predecessor's execution is
  // an overload, also if the worker sees it only afterwards.
  [[nodiscard]] bool has_room(TimePoint arrival) const noexcept {
    return unfinished + (arrival < last_completion ? 1U : 0U) < most_unfinished;
  }
  void add(const Activation& activation) noexcept {
    waiting[(oldest + unfinished) % waiting.size()] = activation;
    ++unfinished;
  }
  // The oldest; it counts as unfinished until done().
  [[nodiscard]] const Activation& next() const noexcept { return waiting[oldest]; }
  void done(TimePoint now) noexcept {
    oldest = (oldest + 1) % waiting.size();
    --unfinished;
    last_completion = now;
  }
  [[nodiscard]] bool over() const noexcept { return activations != 0 && released >= activations; }
};

// The periodic tasks of one worker and their next arrivals, in order; those that coincide in the
// order in which the tasks were added. Real-time: O(log n), allocates in the constructor only. One
// thread, but for `free` of the states.
class PeriodicJobs {
 public:
  explicit PeriodicJobs(std::size_t capacity) : states_(capacity), timers_(capacity) {}

  [[nodiscard]] PeriodicState& operator[](std::size_t i) noexcept { return states_[i]; }
  [[nodiscard]] std::size_t capacity() const noexcept { return states_.size(); }

  void start(std::uint16_t index, TimePoint first) noexcept {
    states_[index].next_release = first;
    const bool pushed = timers_.push({first, next_order_++, index});
    check(pushed, "a worker has a timer for each of its periodic tasks");
  }
  void stop(std::uint16_t index) noexcept {
    timers_.remove_if([index](const Timer& timer) { return timer.index == index; });
  }
  // TimePoint::max(): none.
  [[nodiscard]] TimePoint next() const noexcept {
    return timers_.empty() ? TimePoint::max() : timers_.top().at;
  }
  // The task whose arrival is due first, its timer set one period on. Precondition: there is one.
  [[nodiscard]] std::uint16_t take() noexcept {
    Timer timer = timers_.top();
    PeriodicState& state = states_[timer.index];
    timer.at = state.next_release = timer.at + state.period;
    timers_.replace_top(timer);
    return timer.index;
  }
  template <class Visit>
  void for_each_active(Visit visit) noexcept {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].slot != kNoSlot) visit(static_cast<std::uint16_t>(i));
    }
  }

 private:
  struct Timer {
    TimePoint at;
    std::uint64_t order = 0;
    std::uint16_t index = 0;
  };
  struct Before {
    bool operator()(const Timer& a, const Timer& b) const noexcept {
      return a.at != b.at ? a.at < b.at : a.order < b.order;
    }
  };
  std::vector<PeriodicState> states_;
  FourAryHeap<Timer, Before> timers_;
  std::uint64_t next_order_ = 0;
};

}  // namespace aegis::executor
