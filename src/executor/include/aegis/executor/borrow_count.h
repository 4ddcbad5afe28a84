// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/clock.h"
#include "aegis/base/time.h"
#include "aegis/executor/hybrid_wait.h"

namespace aegis::executor {

// One word on which a thread sleeps while it has a certain value: what is the operating system's in
// a borrow count.
class SleepWord {
 public:
  std::atomic<std::uint32_t> value{0};
  // Until woken, or until CLOCK_MONOTONIC reaches `until`; returns at once if the value is another.
  // May also return early without cause. A system call.
  void sleep_while(std::uint32_t expected, TimePoint until) noexcept;
  // By address: does not read the word, which may be gone. A system call.
  void wake() noexcept;
};

// How a borrow count sleeps; tests put a wrong one in its place.
struct BorrowProtocol {
  // The sleeper says so in the word that the last return changes.
  static constexpr bool kSaysItSleeps = true;
};

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
template <class Protocol = BorrowProtocol>
class BasicBorrowCount {
 public:
  BasicBorrowCount() = default;
  BasicBorrowCount(const BasicBorrowCount&) = delete;
  BasicBorrowCount& operator=(const BasicBorrowCount&) = delete;

  // Before a body goes to the scheduler.
  void lend() noexcept { word_.value.fetch_add(1, std::memory_order_relaxed); }
  // When it is gone, run or not: its last access.
  void take_back() noexcept {
    if (word_.value.fetch_sub(1, std::memory_order_acq_rel) == (kSleeper | 1U)) word_.wake();
  }
  [[nodiscard]] bool any() const noexcept {
    return (word_.value.load(std::memory_order_acquire) & ~kSleeper) != 0;
  }

  // How long a waiter spins before it sleeps: as long as a wake-up from sleep costs at worst on the
  // machines measured (2-25 µs), so that waiting never costs more than twice the best choice would
  // have (Karlin et al. 1991, competitive spinning).
  static constexpr Duration kSpin = Duration::microseconds(25);

  // Waits until none is lent, or until `until` on the clock, which is CLOCK_MONOTONIC's time line.
  // Whether none is. Not real-time when it sleeps.
  [[nodiscard]] bool wait_for_none(const Clock& clock, TimePoint until = TimePoint::max(),
                                   Duration spin = kSpin) noexcept {
    if (!any()) return true;
    const TimePoint now = clock.now();
    const bool spins_to_the_end = until <= now || until - now <= spin;
    if (spin_for_none(clock, spins_to_the_end ? until : now + spin)) return true;
    return !spins_to_the_end && sleep_for_none(clock, until);
  }

 private:
  static constexpr std::uint32_t kSleeper = 1U << 31U;

  [[nodiscard]] bool spin_for_none(const Clock& clock, TimePoint until) const noexcept {
    while (any()) {
      if (clock.now() >= until) return false;
      spin_pause();
    }
    return true;
  }
  // The flag stays up while the thread may sleep, and after a wait in vain: then it costs the last
  // return a wake-up of nobody.
  [[nodiscard]] bool sleep_for_none(const Clock& clock, TimePoint until) noexcept {
    constexpr std::uint32_t flag = Protocol::kSaysItSleeps ? kSleeper : 0;
    std::uint32_t word = word_.value.fetch_or(flag, std::memory_order_acq_rel) | flag;
    while ((word & ~kSleeper) != 0) {
      if (clock.now() >= until) return false;
      word_.sleep_while(word, until);
      word = word_.value.load(std::memory_order_acquire);
    }
    word_.value.fetch_and(~kSleeper, std::memory_order_relaxed);
    return true;
  }

  SleepWord word_;
};

// The one in use.
using BorrowCount = BasicBorrowCount<>;

}  // namespace aegis::executor
