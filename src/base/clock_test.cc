// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/clock.h"

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
