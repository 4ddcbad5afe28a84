// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// How one thread sleeps until others have left work for it, and how they avoid a system call when
// it does not sleep (an eventcount; Vyukov 2008). A wake-up costs its caller microseconds, so only
// a parked sleeper is woken.
//
//   sleeper                                   submitter
//     signal.announce();                        put the work where the sleeper looks
//     if (work visible) signal.withdraw();      signal.notify();
//     else signal.park(until);
//
// Why no wake-up is lost: each side writes (flag; work), then passes a full fence, then reads what
// the other wrote (work; flag). At least one of them sees the other's write: either the sleeper
// finds the work, or the submitter finds the flag. A notify between announce and park takes the
// flag away, and the futex then refuses to sleep.
//
// One sleeper; notify from any thread. Linux futex.
class WakeSignal {
 public:
  // Sleeper: from here on notify() wakes. Look for work once more before park().
  void announce() noexcept {
    state_.store(kParked, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  void withdraw() noexcept { state_.store(kAwake, std::memory_order_relaxed); }

  // Sleeper: sleeps until notified or until CLOCK_MONOTONIC reaches `until` (TimePoint::max(): only
  // until notified). May also return early without cause. A system call.
  void park(TimePoint until) noexcept;

  // Submitter, after publishing its work. Real-time: one fence and one load when the sleeper is
  // awake (about 10 ns); otherwise a system call, made by the first of several notifiers only.
  void notify() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (state_.load(std::memory_order_seq_cst) == kParked) wake();
  }

 private:
  static constexpr std::uint32_t kAwake = 0;
  static constexpr std::uint32_t kParked = 1;
  void wake() noexcept;

  alignas(kCacheLine) std::atomic<std::uint32_t> state_{kAwake};
};

}  // namespace aegis::executor
