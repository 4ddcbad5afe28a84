// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/wake_signal.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr Duration kForever = Duration::seconds(3600);

TEST(WakeSignal, a_notification_between_announcing_and_parking_is_not_lost) {
  WakeSignal signal;
  signal.announce();
  signal.notify();
  signal.park(TimePoint::max());  // returns at once, or this test never ends
}

TEST(WakeSignal, parks_until_the_instant_when_nobody_notifies) {
  const MonotonicClock clock;
  WakeSignal signal;
  const TimePoint until = clock.now() + 2_ms;
  signal.announce();
  signal.park(until);
  EXPECT_GE(clock.now(), until);
}

struct RefusedFence {
  static void light() noexcept {}
  [[nodiscard]] static bool heavy() noexcept { return false; }
};

TEST(WakeSignal, does_not_sleep_when_the_kernel_refuses_its_barrier) {
  BasicWakeSignal<RefusedFence> signal;
  signal.announce();
  signal.park(TimePoint::max());  // returns at once, or this test never ends
}

// One submitter hands over numbered work one by one, and only ever continues when the sleeper has
// seen it; the sleeper parks whenever it finds none. A lost wake-up would leave both waiting:
// counted as a park that ran into its limit although there was work.
template <class Signal>
int count_lost_wake_ups(int rounds, Duration limit) {
  const MonotonicClock clock;
  Signal signal;
  std::atomic<int> work{0};
  std::atomic<int> seen{0};
  std::thread submitter([&] {
    for (int i = 1; i <= rounds; ++i) {
      work.store(i, std::memory_order_release);
      signal.notify();
      while (seen.load(std::memory_order_acquire) < i) std::this_thread::yield();
    }
  });
  int lost = 0;
  for (int i = 1; i <= rounds; ++i) {
    while (work.load(std::memory_order_acquire) < i) {
      signal.announce();
      if (work.load(std::memory_order_acquire) >= i) {
        signal.withdraw();
        break;
      }
      const TimePoint until = clock.now() + limit;
      signal.park(until);
      if (clock.now() >= until && work.load(std::memory_order_acquire) >= i) ++lost;
    }
    seen.store(i, std::memory_order_release);
  }
  submitter.join();
  return lost;
}

TEST(WakeSignalStress, loses_no_wake_up) {
  EXPECT_EQ(count_lost_wake_ups<WakeSignal>(5'000, kForever), 0);
}

// The wrong twin raises its flag only when it goes to sleep, after the last look for work: work
// that comes in between finds no flag and wakes nobody.
class LateFlag {
 public:
  void announce() noexcept { notified_before_ = notified_; }
  void withdraw() noexcept {}
  void park(TimePoint until) noexcept {
    while (notified_ == notified_before_)
      std::this_thread::yield();  // preempted at the worst place
    signal_.announce();
    signal_.park(until);
  }
  void notify() noexcept {
    signal_.notify();
    ++notified_;
  }

 private:
  std::atomic<int> notified_{0};
  int notified_before_ = 0;
  WakeSignal signal_;
};

TEST(WakeSignalStress, catches_a_twin_that_raises_its_flag_too_late) {
  EXPECT_GT(count_lost_wake_ups<LateFlag>(50, 1_ms), 0);
}

// The wrong twin that only hardware breaks: both sides take the light fence, so that the store of
// each may still wait in its store buffer when it reads.
struct LightOnBothSides {
  static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
  [[nodiscard]] static bool heavy() noexcept {
    light();
    return true;
  }
};

// Rounds until a sleep ended by its limit beside visible work, or until `at_most` is over; true if
// one did. Both sides begin a round at the same instant.
template <class Signal>
bool loses_a_wake_up(Duration limit, Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  Signal signal;
  RaceStart start;
  alignas(kCacheLine) std::atomic<std::int64_t> work{0};
  std::thread submitter([&] {
    const OneCpu pin(OneCpu::Which::kLast);
    for (std::int64_t i = 1; start.join(i); ++i) {
      work.store(i, std::memory_order_release);
      signal.notify();
    }
  });
  const OneCpu pin(OneCpu::Which::kFirst);
  bool lost = false;
  for (std::int64_t i = 1; !lost && clock.now() < end; ++i) {
    start.begin();
    signal.announce();
    if (work.load(std::memory_order_acquire) >= i) {
      signal.withdraw();
      continue;
    }
    const TimePoint until = clock.now() + limit;
    signal.park(until);
    lost = clock.now() >= until && work.load(std::memory_order_acquire) >= i;
  }
  start.end();
  submitter.join();
  return lost;
}

TEST(WakeSignalStress, loses_no_wake_up_when_both_sides_race) {
  EXPECT_FALSE(loses_a_wake_up<WakeSignal>(20_s, 500_ms));
}

TEST(WakeSignalStress, catches_a_twin_whose_sleeper_takes_the_light_fence) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no reordering";
  EXPECT_TRUE(loses_a_wake_up<BasicWakeSignal<LightOnBothSides>>(100_ms, 20_s));
}

}  // namespace
}  // namespace aegis::executor
