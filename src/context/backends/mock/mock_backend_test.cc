// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/mock_backend.h"

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "conformance/bound_model.h"

namespace aegis::context {
namespace {

using namespace time_literals;
using conformance::BoundModel;

class Mock : public ::testing::Test {
 protected:
  ManualClock clock_;
  MockBackend backend_ = MockBackend::advancing(clock_);

  BoundModel load(const Options& options) {
    auto model = backend_.load({.name = "model", .options = options});
    check(model.has_value(), "the mock loads");
    BoundModel bound(std::move(*model));
    check(bound.bind().has_value(), "the mock binds");
    return bound;
  }
  Duration time_of_job(BoundModel& bound) {
    const TimePoint start = clock_.now();
    check(bound.run_job().has_value(), "the job runs");
    return clock_.now() - start;
  }
};

TEST_F(Mock, takes_exactly_its_time_on_a_manual_clock) {
  BoundModel c = load({{"segments", "10ms,10ms,10ms"}});
  EXPECT_EQ(time_of_job(c), 30_ms);
  BoundModel asynchronous = load({{"segments", "10ms,5ms"}, {"polls", "7"}});
  EXPECT_EQ(time_of_job(asynchronous), 15_ms);
}

TEST_F(Mock, draws_times_between_shortest_and_longest_the_same_for_the_same_seed) {
  const Options options{{"segments", "20ms"}, {"shortest", "10ms"}, {"seed", "5"}};
  BoundModel one = load(options);
  BoundModel two = load(options);
  std::set<std::int64_t> times;
  for (int job = 0; job < 100; ++job) {
    const Duration time = time_of_job(one);
    EXPECT_GE(time, 10_ms);
    EXPECT_LE(time, 20_ms);
    EXPECT_EQ(time_of_job(two), time);
    times.insert(time.ns());
  }
  EXPECT_GT(times.size(), 90U);
}

TEST_F(Mock, a_slow_cancel_takes_its_time_to_obey) {
  BoundModel bound = load(
      {{"segments", "10ms"}, {"polls", "1"}, {"cancel_delay", "3ms"}, {"faults", "hang at poll"}});
  ASSERT_TRUE(bound.model().start_segment(0));
  EXPECT_EQ(bound.model().poll().value(), Progress::kRunning);
  bound.model().cancel();
  const TimePoint cancelled = clock_.now();
  EXPECT_EQ(bound.finish_segment().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(clock_.now() - cancelled, 3_ms);
}

TEST_F(Mock, a_hang_ends_at_its_safety_limit_as_a_permanent_timeout) {
  for (const char* polls : {"0", "1"}) {
    for (const char* faults : {"hang at poll", "hang at start"}) {
      BoundModel bound = load({{"hang_limit", "100us"}, {"polls", polls}, {"faults", faults}});
      const Status end = bound.run_job();
      ASSERT_FALSE(end);
      EXPECT_EQ(end.error().code, ErrorCode::kTimeout);
      EXPECT_EQ(end.error().category, ErrorCategory::kPermanent);
    }
  }
}

TEST_F(Mock, faults_hit_their_job_and_segment_only) {
  BoundModel bound =
      load({{"segments", "1ms,1ms"}, {"faults", "transient at start of segment 1 of job 2"}});
  for (std::uint64_t job = 0; job < 5; ++job) EXPECT_EQ(bound.run_job().has_value(), job != 2);
}

TEST_F(Mock, faults_at_load_are_the_loads_error) {
  const auto load_with = [&](const char* faults) {
    return backend_.load(
        {.name = "model", .options = {{"faults", faults}, {"hang_limit", "100us"}}});
  };
  EXPECT_EQ(load_with("transient at load").error().category, ErrorCategory::kTransient);
  EXPECT_EQ(load_with("fatal at load").error().category, ErrorCategory::kFatal);
  EXPECT_EQ(load_with("hang at load").error().code, ErrorCode::kTimeout);
}

TEST_F(Mock, refuses_more_memory_than_its_budget) {
  const auto model = backend_.load(
      {.name = "model", .budget = {.memory_bytes = 99}, .options = {{"memory_bytes", "100"}}});
  EXPECT_EQ(model.error().code, ErrorCode::kResourceExhausted);
}

TEST(MockDeathTest, crashes_when_told_to) {
  EXPECT_DEATH(
      {
        MockBackend backend = MockBackend::spinning();
        (void)backend.load({.name = "model", .options = {{"faults", "crash at load"}}});
      },
      "");
}

TEST(SpinningMock, lasts_until_its_clock_says_so) {
  const MonotonicClock clock;
  MockBackend backend = MockBackend::spinning(clock);
  auto model = backend.load({.name = "model", .options = {{"segments", "200us,100us"}}});
  ASSERT_TRUE(model);
  BoundModel bound(std::move(*model));
  ASSERT_TRUE(bound.bind());
  const TimePoint start = clock.now();
  ASSERT_TRUE(bound.run_job());
  EXPECT_GE(clock.now() - start, 300_us);
}

}  // namespace
}  // namespace aegis::context
