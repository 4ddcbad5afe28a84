// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/lane_driver.h"

namespace aegis::executor {

// Why a segment was asked to end early.
enum class Cancellation : std::uint8_t { kNone, kHang, kLimit, kAbort };

// The agreement between a lane and whoever may cancel its running segment: the watchdog and
// the end of the lane (abort, or a drain whose time is over).
//
//           lane: arm                     watcher: claim                watcher: cancel() done
//   idle ------------> limit (ns > 0) ------------------> cancelling ---------------------->
//   cancelled
//     ^                    | lane: disarm                     (lane waits here)                  |
//     lane: disarm
//     +--------------------+---------------------------------------------------------------------+
//
// Invariant: cancel() is only ever called between the arm and the disarm of one segment, so it
// never hits the next one: the watcher must win the word from `limit` first, and then the lane does
// not leave until the call has returned.
//
// A cancel may come between the arm and the driver's start, where it finds nothing to cancel. So a
// cancelled segment can be claimed again, from `cancelled`, until its disarm: who asks again
// cancels again. The first reason stands.
//
// Real-time: arm and disarm are one atomic operation each unless the segment is being cancelled.
class SegmentWatch {
 public:
  // Lane: a segment is about to start, to be cancelled if it lasts beyond `limit`, and what that
  // means: kHang or kLimit.
  void arm(TimePoint limit, Cancellation meaning = Cancellation::kHang) noexcept {
    meaning_ = meaning;
    state_.store(limit.ns(), std::memory_order_release);
  }

  // Lane: the segment is over.
  Cancellation disarm() noexcept {
    for (;;) {
      std::int64_t state = state_.load(std::memory_order_acquire);
      if (state != kCancelling &&
          state_.compare_exchange_strong(state, kIdle, std::memory_order_acq_rel)) {
        if (state == kOverdue) return meaning_;
        return state == kAborted ? Cancellation::kAbort : Cancellation::kNone;
      }
      spin_pause();
    }
  }

  // Watchdog, or the lane between two polls: cancels the running segment if its limit has passed,
  // and again one found overdue before. Returns whether this was the segment's first cancel.
  bool cancel_if_overdue(TimePoint now, LaneDriver& driver) noexcept {
    const std::int64_t state = state_.load(std::memory_order_acquire);
    if (state == kOverdue) return repeat(state, driver);
    return state > kIdle && now.ns() > state && cancel(state, kOverdue, driver);
  }
  // The end of the lane: cancels whatever runs, again if it was cancelled before. Returns whether
  // this was the segment's first cancel.
  bool cancel_any(LaneDriver& driver) noexcept {
    const std::int64_t state = state_.load(std::memory_order_acquire);
    if (state == kOverdue || state == kAborted) return repeat(state, driver);
    return state > kIdle && cancel(state, kAborted, driver);
  }

 private:
  static constexpr std::int64_t kIdle = 0;
  static constexpr std::int64_t kCancelling = -1;
  static constexpr std::int64_t kOverdue = -2;
  static constexpr std::int64_t kAborted = -3;

  bool repeat(std::int64_t outcome, LaneDriver& driver) noexcept {
    (void)cancel(outcome, outcome, driver);
    return false;
  }
  bool cancel(std::int64_t from, std::int64_t outcome, LaneDriver& driver) noexcept {
    if (!state_.compare_exchange_strong(from, kCancelling, std::memory_order_acq_rel)) return false;
    driver.cancel();
    state_.store(outcome, std::memory_order_release);
    return true;
  }

  alignas(kCacheLine) std::atomic<std::int64_t> state_{kIdle};
  Cancellation meaning_ = Cancellation::kHang;  // the lane's own
};

}  // namespace aegis::executor
