// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/base/time.h"
#include "aegis/executor/four_ary_heap.h"
#include "aegis/executor/saturating_after.h"
#include "aegis/theory/task.h"

#include "task_slot.h"

namespace aegis::executor {

// One activation that has been released and waits.
struct Activation {
  TimePoint arrival;
  std::uint64_t number = 0;
};

// What a periodic task is.
struct PeriodicPlan {
  SlotId slot = kNoSlot;
  Duration period;
  Duration offset;
  RelativeDeadline deadline;
  std::uint64_t activations = 0;  // in all; 0: without end
  std::uint32_t most_unfinished = 1;

  [[nodiscard]] AbsoluteDeadline deadline_of(TimePoint arrival) const noexcept {
    return {saturating_after(arrival, deadline.value)};
  }
};

// A periodic task as its worker keeps it: filled by an ordinary thread before its slot goes through
// the worker's ring, then the worker's alone until it is free again.
struct PeriodicState {
  std::atomic<bool> free{true};
  PeriodicPlan plan;

  TimePoint next_release;
  std::uint64_t released = 0;  // arrivals so far, the skipped ones included
  std::uint32_t unfinished = 0;
  TimePoint last_completion;
  std::vector<Activation> waiting;  // a ring of most_unfinished, oldest at `oldest`
  std::size_t oldest = 0;
  bool active = false;     // its worker has it
  bool cut_short = false;  // the scheduler shuts down

  // Whether an arrival at this instant may wait. One that fell into its predecessor's execution is
  // an overload, also if the worker sees it only afterwards.
  [[nodiscard]] bool has_room(TimePoint arrival) const noexcept {
    return unfinished + (arrival < last_completion ? 1U : 0U) < plan.most_unfinished;
  }
  // How many of the arrivals after this one, up to `now`, find no room either while no job ends.
  // Precondition: this one finds none.
  [[nodiscard]] std::uint64_t refused_after(TimePoint arrival, TimePoint now) const noexcept {
    const bool full = unfinished >= plan.most_unfinished;
    const TimePoint last = full ? now : std::min(now, last_completion - Duration::nanoseconds(1));
    if (last <= arrival) return 0;
    const auto further = static_cast<std::uint64_t>((last - arrival) / plan.period);
    return plan.activations == 0 ? further : std::min(further, plan.activations - released - 1);
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
  // Whether no further activation will be released.
  [[nodiscard]] bool over() const noexcept {
    return cut_short || (plan.activations != 0 && released >= plan.activations);
  }
};

// The periodic tasks of one worker and their next arrivals, in order; those that coincide in the
// order in which the tasks were added. Real-time: O(log n), allocates in the constructor only. One
// thread, but for `free` of the states.
class PeriodicJobs {
 public:
  // Releases that may wait beyond one of each task, over all tasks: what ready sets have room for.
  // Eight of the deepest queues; 100 KB of each ready set.
  static constexpr std::size_t kMostQueued = 4096;

  explicit PeriodicJobs(std::size_t capacity) : states_(capacity + 1), timers_(capacity + 1) {}

  // A place that is never reserved: the worker's own.
  [[nodiscard]] std::uint16_t own() const noexcept {
    return static_cast<std::uint16_t>(states_.size() - 1);
  }

  [[nodiscard]] PeriodicState& operator[](std::size_t i) noexcept { return states_[i]; }

  // A state nobody uses, now taken; nothing also when so many releases could wait that ready sets
  // have no room for. Ordinary threads, one at a time.
  [[nodiscard]] std::optional<std::uint16_t> reserve(std::uint32_t most_unfinished = 1) noexcept {
    std::size_t queued = most_unfinished - 1;
    std::optional<std::uint16_t> unused;
    for (std::size_t i = 0; i < own(); ++i) {
      if (!states_[i].free.load(std::memory_order_acquire)) {
        queued += states_[i].plan.most_unfinished - 1;
      } else if (!unused) {
        unused = static_cast<std::uint16_t>(i);
      }
    }
    if (!unused || queued > kMostQueued) return std::nullopt;
    states_[*unused].free.store(false, std::memory_order_relaxed);
    return unused;
  }
  // Who reserved it, before anything tells the worker of it. Allocates.
  void fill(std::uint16_t index, const PeriodicPlan& plan) {
    PeriodicState& state = states_[index];
    state.plan = plan;
    state.released = 0;
    state.unfinished = 0;
    state.last_completion = {};
    state.waiting.assign(plan.most_unfinished, {});
    state.oldest = 0;
    state.cut_short = false;
  }
  void give_back(std::uint16_t index) noexcept {
    states_[index].free.store(true, std::memory_order_release);
  }
  // Any thread; exact when nobody adds or ends one.
  [[nodiscard]] std::size_t in_use() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        states_.begin(), states_.end(),
        [](const PeriodicState& state) { return !state.free.load(std::memory_order_relaxed); }));
  }

  void start(std::uint16_t index, TimePoint first) noexcept {
    states_[index].active = true;
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
  // Whose. Precondition: there is one.
  [[nodiscard]] std::uint16_t next_index() const noexcept { return timers_.top().index; }
  // Whether anything is to be released, though it be at the end of time.
  [[nodiscard]] bool any() const noexcept { return !timers_.empty(); }
  // The task whose arrival is due first, its timer set so many periods on. Precondition: there is
  // one, and all but the last of the periods are over.
  [[nodiscard]] std::uint16_t take(std::uint64_t arrivals = 1) noexcept {
    Timer timer = timers_.top();
    PeriodicState& state = states_[timer.index];
    timer.at += state.plan.period * static_cast<std::int64_t>(arrivals - 1);
    timer.at = state.next_release = saturating_after(timer.at, state.plan.period);
    timers_.replace_top(timer);
    return timer.index;
  }
  // Those that the worker has taken from its ring and not retired. O(capacity).
  template <class Visit>
  void for_each_active(Visit visit) noexcept {
    for (std::size_t i = 0; i < own(); ++i) {
      if (states_[i].active) visit(static_cast<std::uint16_t>(i));
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
