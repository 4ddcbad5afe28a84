// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/time.h"

#include <type_traits>

#include <gtest/gtest.h>

#include "aegis/base/ids.h"

namespace aegis {
namespace {

using namespace time_literals;

TEST(Duration, arithmetic_is_exact_in_nanoseconds) {
  EXPECT_EQ((20_ms + 15_us - 1_ns).ns(), 20'014'999);
  EXPECT_EQ(3 * 7_ms, 21_ms);
  EXPECT_EQ(100_ms / 30_ms, 3);
  EXPECT_EQ(100_ms % 30_ms, 10_ms);
  EXPECT_LT(-1_ns, Duration::zero());
}

TEST(Duration, checked_arithmetic_reports_overflow) {
  EXPECT_EQ(Duration::checked_add(Duration::max(), 1_ns), std::nullopt);
  EXPECT_EQ(Duration::checked_multiply(Duration::max(), 2), std::nullopt);
  EXPECT_EQ(Duration::checked_multiply(2_ms, 3), 6_ms);
}

TEST(DurationDeathTest, overflow_of_plain_arithmetic_ends_the_process) {
  EXPECT_DEATH((void)(Duration::max() + 1_ns), "Duration does not overflow");
  EXPECT_DEATH((void)Duration::seconds(10'000'000'000), "Duration does not overflow");
}

TEST(Deadline, absolute_is_release_plus_relative) {
  const TimePoint release = TimePoint::from_ns(1'000);
  const AbsoluteDeadline deadline = release + RelativeDeadline{500_ns};
  EXPECT_EQ(deadline.value, TimePoint::from_ns(1'500));
  EXPECT_EQ(lateness(TimePoint::from_ns(1'400), deadline), -100_ns);
}

// The wrong construction must not compile.
template <class A, class B>
concept Comparable = requires(A a, B b) { a == b; };
static_assert(!Comparable<TaskId, LaneId>);
static_assert(!std::is_convertible_v<RelativeDeadline, AbsoluteDeadline>);
static_assert(!std::is_convertible_v<std::int64_t, Duration>);
static_assert(!std::is_convertible_v<Duration, TimePoint>);

TEST(Ids, start_invalid_and_hash_apart) {
  EXPECT_FALSE(TaskId{}.valid());
  EXPECT_TRUE(TaskId{0}.valid());
  EXPECT_NE(std::hash<JobId>{}(JobId{TaskId{1}, 2}), std::hash<JobId>{}(JobId{TaskId{2}, 1}));
}

}  // namespace
}  // namespace aegis
