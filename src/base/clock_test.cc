// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/clock.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace aegis {
namespace {

using namespace time_literals;

TEST(MonotonicClock, never_goes_back) {
  const MonotonicClock clock;
  TimePoint last = clock.now();
  for (int i = 0; i < 100'000; ++i) {
    const TimePoint now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(ThreadCpuClock, does_not_count_sleep) {
  const ThreadCpuClock cpu;
  const MonotonicClock wall;
  const TimePoint cpu_before = cpu.now();
  const TimePoint wall_before = wall.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_GE(wall.now() - wall_before, 20_ms);
  EXPECT_LT(cpu.now() - cpu_before, wall.now() - wall_before);
}

TEST(ManualClock, moves_only_when_told) {
  ManualClock clock(TimePoint::from_ns(5));
  EXPECT_EQ(clock.now().ns(), 5);
  clock.advance(10_ns);
  EXPECT_EQ(clock.now().ns(), 15);
}

TEST(ManualClockDeathTest, going_back_ends_the_process) {
  ManualClock clock(TimePoint::from_ns(5));
  EXPECT_DEATH(clock.set(TimePoint::from_ns(4)), "never goes back");
}

}  // namespace
}  // namespace aegis
