// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"
#include "aegis/executor/called_task.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/saturating_after.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/trace/ring.h"

namespace aegis::executor {

// Why an item is late.
enum class LateBecause : std::uint8_t {
  kItWaited,        // its deadline passed before its turn came
  kProcessingTook,  // begun in time, done too late
  kClosed,          // it had not been processed when the stream was closed
};

// "it_waited", "processing_took", "closed".
[[nodiscard]] constexpr std::string_view to_string(LateBecause why) noexcept {
  switch (why) {
    case LateBecause::kItWaited:
      return "it_waited";
    case LateBecause::kProcessingTook:
      return "processing_took";
    case LateBecause::kClosed:
      return "closed";
  }
  return "invalid";
}

// A late item, as its handler sees it.
template <class Item>
struct LateItem {
  Item item;
  AbsoluteDeadline deadline;
  // Past the deadline: when its processing ended, or when it was dropped. Below zero only for an
  // item that a closing stream dropped before its deadline.
  Duration lateness;
  LateBecause why = LateBecause::kItWaited;
  bool processed = false;  // false: dropped
};

// What happens to an item whose deadline has passed before its turn.
enum class LatePolicy : std::uint8_t {
  kDrop,     // an old sample is worthless, and the time it would take is the next one's
  kProcess,  // each item must be processed
};

// One stream. Its memory is allocated when it is made.
struct StreamConfig {
  std::size_t capacity = 1024;  // items that wait; rounded up to a power of two
  LatePolicy late = LatePolicy::kDrop;
  // Items that one job processes before the group's policy picks again: more spare the switches,
  // about 0.1-0.2 us each, and make others wait for longer.
  std::size_t items_a_job = 16;
  JobOptions options = {.priority = Priority::kHigh};
};

// What became of a stream's items. Each is in exactly one of the last five.
struct StreamCounters {
  std::uint64_t pushed = 0;   // every push, refused ones too
  std::uint64_t in_time = 0;  // processed by their deadline
  std::uint64_t processed_late = 0;
  std::uint64_t dropped = 0;  // late, and not processed
  std::uint64_t refused = 0;  // the stream was full or closed
  std::uint64_t pending = 0;  // waiting, or being processed
};

// A stream of items that are to be processed by their deadlines: one producer, one processing task
// on a scheduler, and an account that is never short of an item.
//
//   LatencyStream<Tick> ticks(
//       scheduler, {.capacity = 256}, [&](const Tick& tick) noexcept { book.apply(tick); },
//       [&](const LateItem<Tick>& late) noexcept { gaps.note(late.item, late.lateness); });
//   if (!ticks.push(tick, RelativeDeadline{50_us})) ...  // full: refused, counted
//   ticks.close(10_ms);
//
// Items are processed in the order in which they were pushed, not by their deadlines: what follows
// a stream keeps state (a filter, an order book) that another order would corrupt, and where all
// items have the same relative deadline both orders are one. Streams of different urgency are
// different streams; the worker's policy orders them by the deadline of their next item (EDF).
//
// Invariants
//   1. pushed == in_time + processed_late + dropped + refused + pending, in every reading of
//      counters(), and with pending == 0 after close().
//   2. Each item not refused is processed, or given to the handler as dropped, exactly once; each
//      late one is given to the handler exactly once.
//   3. Processing never overlaps with itself or with the handler (called_task.h).
//
// push, close: one thread at a time, the producer; handing that role on, to whoever closes the
// stream say, needs a happens-before. Push is real-time: wait-free but for the submission that
// calls an idle stream's task; it neither allocates nor locks. The processor and the handler run on
// a worker and are noexcept, since nobody could be told what they throw; close() and the
// destructor, which are not for tasks of the same scheduler, call the handler on their own thread
// for what they drop. counters(): any thread.
template <class Item>
class LatencyStream {
  static_assert(std::is_trivially_copyable_v<Item> && std::is_default_constructible_v<Item>,
                "items are copied through a ring of places: hand over a pointer for others");

 public:
  // Allocates. The scheduler, and what the functions refer to, outlive the stream.
  template <class Process, class OnLate>
    requires std::is_nothrow_invocable_v<Process&, const Item&> &&
                 std::is_nothrow_invocable_v<OnLate&, const LateItem<Item>&>
  LatencyStream(NanosecondScheduler& scheduler, const StreamConfig& config, Process process,
                OnLate on_late)
      : clock_(scheduler.clock()),
        late_policy_(config.late),
        items_a_job_(std::max<std::size_t>(config.items_a_job, 1)),
        ring_(config.capacity),
        process_(std::move(process)),
        on_late_(std::move(on_late)),
        task_(scheduler, config.options, this, &look) {}
  LatencyStream(const LatencyStream&) = delete;
  LatencyStream& operator=(const LatencyStream&) = delete;
  // close(0), if nobody has closed it: what waits is reported as dropped.
  ~LatencyStream() { drop_rest(); }

  // Takes a copy. Errors: transient kResourceExhausted: full, the item is refused;
  // kFailedPrecondition: closed, refused. Any other: the item is taken and waits, but the scheduler
  // has no place for the job that would process it (NanosecondScheduler::schedule); the next push
  // tries again.
  [[nodiscard]] Status push(const Item& item, AbsoluteDeadline deadline) {
    add_one(pushed_);
    if (closed_) {
      add_one(refused_);
      return fail(Error::permanent(ErrorCode::kFailedPrecondition, "the stream is closed"));
    }
    if (!ring_.push({item, deadline})) {
      add_one(refused_);
      return fail(Error::transient(ErrorCode::kResourceExhausted, "the stream is full"));
    }
    return task_.call(deadline);
  }
  [[nodiscard]] Status push(const Item& item, RelativeDeadline deadline) {
    return push(item, AbsoluteDeadline{saturating_after(clock_.now(), deadline.value)});
  }

  // Takes no further items, lets what waits be processed until `within` has passed, then drops the
  // rest as kClosed. False: something was dropped so. Waits, however long it takes, for an item
  // that is being processed. Idempotent. Ordinary threads.
  bool close(Duration within) {
    closed_ = true;
    const TimePoint end = saturating_after(clock_.now(), within);
    // Whether the last call was heard is not known (it may have failed): call once more.
    const bool called = pending() == 0 || task_.call({end}).has_value();
    const bool done = called && task_.wait_until_quiet(end) && pending() == 0;
    drop_rest();
    return done;
  }

  // A reading that satisfies invariant 1. Real-time: six loads.
  [[nodiscard]] StreamCounters counters() const noexcept {
    StreamCounters now;
    now.in_time = in_time_.load(std::memory_order_acquire);
    now.processed_late = processed_late_.load(std::memory_order_acquire);
    now.dropped = dropped_.load(std::memory_order_acquire);
    // Later than those, so that no item is counted as done before it is counted as pushed; refused
    // ones before pushed ones for the same reason.
    now.refused = refused_.load(std::memory_order_acquire);
    now.pushed = pushed_.load(std::memory_order_acquire);
    now.pending = now.pushed - now.refused - now.in_time - now.processed_late - now.dropped;
    return now;
  }

 private:
  struct Entry {
    Item item{};
    AbsoluteDeadline deadline;
  };
  using Count = std::atomic<std::uint64_t>;  // each written by one thread at a time

  static void add_one(Count& count) noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  [[nodiscard]] std::uint64_t pending() const noexcept { return counters().pending; }

  static Look look(void* owner, const TaskContext& job) noexcept {
    return static_cast<LatencyStream*>(owner)->process_some(job);
  }
  Look process_some(const TaskContext& job) noexcept {
    TimePoint now = job.clock.now();
    for (std::size_t done = 0; done < items_a_job_; ++done) {
      const auto entry = take();
      if (!entry) return {};
      now = process_one(*entry, now);
    }
    head_ = take();
    if (!head_) return {};
    return {.more = true, .next = head_->deadline};
  }
  // When it was done with it.
  TimePoint process_one(const Entry& entry, TimePoint now) noexcept {
    const bool waited = now > entry.deadline.value;
    if (waited && late_policy_ == LatePolicy::kDrop) {
      drop(entry, LateBecause::kItWaited, now);
      return now;
    }
    process_(entry.item);
    const TimePoint end = clock_.now();
    if (end <= entry.deadline.value) {
      add_one(in_time_);
      return end;
    }
    add_one(processed_late_);
    on_late_({.item = entry.item,
              .deadline = entry.deadline,
              .lateness = lateness(end, entry.deadline),
              .why = waited ? LateBecause::kItWaited : LateBecause::kProcessingTook,
              .processed = true});
    return end;
  }
  void drop(const Entry& entry, LateBecause why, TimePoint now) noexcept {
    add_one(dropped_);
    on_late_({.item = entry.item,
              .deadline = entry.deadline,
              .lateness = lateness(now, entry.deadline),
              .why = why,
              .processed = false});
  }
  [[nodiscard]] std::optional<Entry> take() noexcept {
    if (head_) return std::exchange(head_, std::nullopt);
    Entry oldest;
    if (ring_.pop_into(std::span(&oldest, 1), ring_.published()) == 0) return std::nullopt;
    return oldest;
  }
  void drop_rest() noexcept {
    closed_ = true;
    task_.stop();
    while (const auto entry = take()) drop(*entry, LateBecause::kClosed, clock_.now());
  }

  const Clock& clock_;
  const LatePolicy late_policy_;
  const std::size_t items_a_job_;
  trace::SpscRing<Entry> ring_;
  const std::function<void(const Item&)> process_;
  const std::function<void(const LateItem<Item>&)> on_late_;

  // The producer's.
  alignas(kCacheLine) Count pushed_{0};
  Count refused_{0};
  bool closed_ = false;
  // The look's, and drop_rest()'s once there are no more looks.
  alignas(kCacheLine) Count in_time_{0};
  Count processed_late_{0};
  Count dropped_{0};
  std::optional<Entry> head_;  // taken to know its deadline, not yet processed

  CalledTask task_;  // last: goes first
};

}  // namespace aegis::executor
