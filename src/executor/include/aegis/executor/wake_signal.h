// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/asymmetric_fence.h"
#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// One word on which one thread sleeps and others wake it: what is the operating system's in a wake
// signal.
class ParkingWord {
 public:
  // The sleeper says that it is about to sleep, or that it will not.
  void raise() noexcept { word_.store(kParked, std::memory_order_relaxed); }
  void lower() noexcept { word_.store(kAwake, std::memory_order_relaxed); }
  [[nodiscard]] bool raised() const noexcept {
    return word_.load(std::memory_order_relaxed) == kParked;
  }
  // Sleeps until woken or until CLOCK_MONOTONIC reaches `until`, unless the flag is down by now. A
  // system call.
  void sleep(TimePoint until) noexcept;
  // Takes the flag down and wakes the sleeper. A system call, made by the first of several callers
  // only.
  void wake() noexcept;

 private:
  static constexpr std::uint32_t kAwake = 0;
  static constexpr std::uint32_t kParked = 1;
  std::atomic<std::uint32_t> word_{kAwake};
};

// How one thread sleeps until others have left work for it, and how they avoid a system call when
// it does not sleep (an eventcount; Vyukov 2008). A wake-up costs its caller microseconds, so only
// a parked sleeper is woken.
//
//   sleeper                                   submitter
//     signal.announce();                        put the work where the sleeper looks
//     if (work visible) signal.withdraw();      signal.notify();
//     else signal.park(until);
//
// Why no wake-up is lost: each side writes (flag; work), then passes its half of a fence, then
// reads what the other wrote (work; flag). At least one of them sees the other's write
// (asymmetric_fence.h says why): either the sleeper finds the work, or the submitter finds the
// flag. A notify between announce and park takes the flag away, and the futex then refuses to
// sleep.
//
// `Fence` has `void light()` and `bool heavy()`. Submitters take the light side, since they are
// many and in a hurry; who is about to sleep has time for the heavy one.
//
// One sleeper; notify from any thread. Linux futex.
template <class Fence>
class BasicWakeSignal {
 public:
  // With a fence of the default kind, or this one. Awake.
  BasicWakeSignal() = default;
  explicit BasicWakeSignal(Fence fence) : fence_(fence) {}

  // Sleeper: from here on notify() wakes. Look for work once more before park(). Costs a system
  // call of 0.2 to 20 µs, and an interruption of the other CPUs of this process. If the kernel
  // refuses its barrier, the flag goes down again and park() returns at once: better awake than
  // asleep beside work.
  void announce() noexcept {
    word_.raise();
    if (!fence_.heavy()) [[unlikely]]
      word_.lower();
  }
  void withdraw() noexcept { word_.lower(); }

  // Sleeper: sleeps until notified or until CLOCK_MONOTONIC reaches `until` (TimePoint::max(): only
  // until notified). May also return early without cause. A system call.
  void park(TimePoint until) noexcept { word_.sleep(until); }

  // Submitter, after publishing its work. Real-time: one load when the sleeper is awake (about a
  // nanosecond; with a full fence about 5 ns where the kernel has no membarrier); otherwise a
  // system call, made by the first of several notifiers only.
  void notify() noexcept {
    fence_.light();
    if (word_.raised()) word_.wake();
  }

 private:
  // The fence lies beside the word: whoever reads the one has the other.
  alignas(kCacheLine) ParkingWord word_;
  [[no_unique_address]] const Fence fence_{};
};

// With the cheapest fence that works on this machine.
using WakeSignal = BasicWakeSignal<AsymmetricFence>;

}  // namespace aegis::executor
