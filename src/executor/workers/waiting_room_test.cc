// SPDX-License-Identifier: Apache-2.0
//
// Property: whoever has a task pinned and sleeps until it ends, is woken. The waiter's steps are
// those of the header; the twin looks before it listens, or rings without the pin.
#include "waiting_room.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

enum class Order : std::uint8_t { kListenThenLook, kLookThenListen };

// A task that is opened, started and ended again and again, and one who waits for it each time.
template <Order kOrder>
class Race {
 public:
  // Whether the waiter was still asleep `long_enough` after an end; stops at the first.
  bool oversleeps(Duration at_most, Duration long_enough) {
    const TimePoint end = clock_.now() + at_most;
    open();
    std::thread waiter([&] {
      const OneCpu pin(OneCpu::Which::kLast);
      for (std::int64_t i = 1; start_.join(i); ++i) {
        if (!wait_once(long_enough)) overslept_ = true;
        awake_.store(i, std::memory_order_release);
      }
    });
    const OneCpu pin(OneCpu::Which::kFirst);
    for (std::int64_t i = 1; !overslept_ && clock_.now() < end; ++i) {
      start_.begin();
      // Later each time: the end falls before, among and behind the waiter's steps.
      for (std::int64_t k = (i * 11) % 300; k > 0; --k) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
      }
      if (state_.end(Phase::kEnded).waiters) room_.ring(kSlot);
      while (awake_.load(std::memory_order_acquire) != i) std::this_thread::yield();
      open();
    }
    start_.end();
    waiter.join();
    return overslept_;
  }

 private:
  static constexpr SlotId kSlot = 5;

  void open() {
    const auto generation = state_.open(Phase::kQueued);
    ASSERT_TRUE(generation.has_value());
    generation_.store(*generation, std::memory_order_release);
    ASSERT_TRUE(state_.start());
  }
  // False: it slept to its limit although the task had ended.
  bool wait_once(Duration long_enough) {
    if (state_.pin(generation_.load(std::memory_order_acquire)) != SlotState::Pin::kPinned) {
      return true;
    }
    const TimePoint until = clock_.now() + long_enough;
    bool woken = true;
    while (woken) {
      std::uint32_t heard = 0;
      if (kOrder == Order::kListenThenLook) heard = room_.listen(kSlot);
      if (state_.has_ended()) break;
      if (kOrder == Order::kLookThenListen) heard = room_.listen(kSlot);
      room_.sleep(kSlot, heard, until);
      woken = clock_.now() < until;
    }
    state_.unpin();
    return woken;
  }

  const MonotonicClock clock_;
  WaitingRoom room_;
  SlotState state_;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<bool> overslept_{false};
  std::atomic<std::int64_t> awake_{0};
  RaceStart start_;
};

// What a stalled machine does to a sleeper is far below ten seconds.
TEST(WaitingRoomStress, whoever_waits_is_woken) {
  EXPECT_FALSE(Race<Order::kListenThenLook>().oversleeps(500_ms, 10_s));
}

TEST(WaitingRoomStress, catches_a_twin_that_looks_before_it_listens) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no race";
  EXPECT_TRUE(Race<Order::kLookThenListen>().oversleeps(20_s, 300_ms));
}

}  // namespace
}  // namespace aegis::executor
