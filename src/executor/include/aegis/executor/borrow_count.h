// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/clock.h"
#include "aegis/base/time.h"

namespace aegis::executor {

// How many task bodies still refer to an object that lives in somebody's frame. Whoever owns the
// object waits for none before it goes, so a body never refers to what is no more.
//
//   owner                                   worker
//     count.lend();                           body runs, or is dropped without running
//     scheduler.schedule(body)                destructor of the body: count.take_back()
//     ...
//     count.wait_for_none(...)
//
// Invariants
//   1. What a body wrote before take_back() is visible to who then finds none.
//   2. take_back() is a body's last access to the object: it wakes by address, without reading.
//   3. No wake-up is lost: the sleeper raises its flag in the same word that take_back() changes,
//      and the kernel refuses to sleep on a word that has changed since.
//
// lend, take_back, any: any thread, real-time, one atomic step; take_back makes a system call if
// the owner sleeps. One thread at a time waits.
class BorrowCount {
 public:
  BorrowCount() = default;
  BorrowCount(const BorrowCount&) = delete;
  BorrowCount& operator=(const BorrowCount&) = delete;

  void lend() noexcept { word_.fetch_add(1, std::memory_order_relaxed); }
  void take_back() noexcept {
    if (word_.fetch_sub(1, std::memory_order_acq_rel) == (kSleeper | 1U)) wake();
  }
  [[nodiscard]] bool any() const noexcept {
    return (word_.load(std::memory_order_acquire) & ~kSleeper) != 0;
  }

  // How long a waiter spins before it sleeps: as long as a wake-up from sleep costs at worst on the
  // machines measured (2-25 µs), so that waiting never costs more than twice the best choice would
  // have (Karlin et al. 1991, competitive spinning).
  static constexpr Duration kSpin = Duration::microseconds(25);

  // Waits until none is lent, or until `until` on the clock, which is CLOCK_MONOTONIC's time line.
  // Whether none is. Not real-time when it sleeps.
  [[nodiscard]] bool wait_for_none(const Clock& clock, TimePoint until = TimePoint::max(),
                                   Duration spin = kSpin) noexcept;

 private:
  static constexpr std::uint32_t kSleeper = 1U << 31U;
  [[nodiscard]] bool spin_for_none(const Clock& clock, TimePoint until) const noexcept;
  void wake() noexcept;

  std::atomic<std::uint32_t> word_{0};
};

}  // namespace aegis::executor
