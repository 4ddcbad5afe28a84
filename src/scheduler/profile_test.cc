// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/profile.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

using namespace time_literals;

std::vector<Sample> hundred_microseconds() {
  std::vector<Sample> samples;
  for (int i = 1; i <= 100; ++i) samples.push_back({Duration::microseconds(i)});
  std::shuffle(samples.begin(), samples.end(), std::mt19937_64(3));
  return samples;
}

ConditionProfile constant(Condition condition, Duration execution) {
  return summarise(condition, std::vector<Sample>(10, {execution}));
}

SegmentProfile segment(Duration warm, Duration cold, Duration among, Duration cache,
                       Duration bandwidth) {
  return {.conditions = {constant(Condition::kWarm, warm), constant(Condition::kCold, cold),
                         constant(Condition::kAmongModels, among),
                         constant(Condition::kCacheAntagonist, cache),
                         constant(Condition::kBandwidthAntagonist, bandwidth)},
          .wcet = {}};
}

TEST(Summarise, percentiles_are_order_statistics_of_what_is_not_excluded) {
  std::vector<Sample> samples = hundred_microseconds();
  samples.push_back({1_s, true});
  const ConditionProfile profile = summarise(Condition::kCold, samples);
  EXPECT_EQ(profile.condition, Condition::kCold);
  EXPECT_EQ(profile.samples, 100U);
  EXPECT_EQ(profile.excluded, 1U);
  EXPECT_EQ(profile.min, 1_us);
  EXPECT_EQ(profile.p50, 50_us);
  EXPECT_EQ(profile.p99, 99_us);
  EXPECT_EQ(profile.p999, 100_us);
  EXPECT_EQ(profile.max, 100_us);
  EXPECT_EQ(profile.raw, samples) << "in the order of measurement";
}

TEST(Summarise, spread_of_equal_samples_is_zero) {
  EXPECT_EQ(constant(Condition::kWarm, 3_ms).cv, 0);
  EXPECT_DOUBLE_EQ(summarise(Condition::kWarm, {{1_ms}, {3_ms}}).cv, 0.5);
}

TEST(WcetOf, is_the_largest_that_counts_times_margin_rounded_up_to_a_microsecond) {
  const SegmentProfile measured = segment(100_us, 130_us, 110_us, 150_us, 120_us);
  EXPECT_EQ(wcet_of(measured.conditions, CoRunners::kAny, 1.2), 180_us);
  EXPECT_EQ(wcet_of(measured.conditions, CoRunners::kLane, 1.2), 156_us);
  EXPECT_EQ(wcet_of({constant(Condition::kWarm, 1'001_ns)}, CoRunners::kAny, 1.0), 2_us);
}

TEST(WcetOf, stands_on_the_worst_condition) {
  const SegmentProfile measured = segment(100_us, 130_us, 110_us, 150_us, 120_us);
  EXPECT_EQ(worst_condition(measured, CoRunners::kAny)->condition, Condition::kCacheAntagonist);
  EXPECT_EQ(worst_condition(measured, CoRunners::kLane)->condition, Condition::kCold);
  EXPECT_EQ(worst_condition({}, CoRunners::kAny), nullptr);
}

TEST(Factors, compare_sums_over_segments_under_one_condition) {
  const std::vector<SegmentProfile> both{segment(100_us, 130_us, 110_us, 220_us, 120_us),
                                         segment(100_us, 170_us, 90_us, 100_us, 280_us)};
  EXPECT_DOUBLE_EQ(contention_factor({both.data(), 1}).value_or(0), 2.0);
  EXPECT_DOUBLE_EQ(contention_factor(both).value_or(0), 2.0) << "bandwidth: 400 over 200 us";
  EXPECT_DOUBLE_EQ(cold_factor(both).value_or(0), 1.5);
}

TEST(Factors, are_not_made_up_where_nothing_was_measured) {
  const std::vector<SegmentProfile> alone{
      {.conditions = {constant(Condition::kWarm, 1_ms), constant(Condition::kAmongModels, 1_ms)},
       .wcet = 1_ms}};
  EXPECT_FALSE(contention_factor(alone));
  EXPECT_FALSE(cold_factor(alone));
}

TEST(Condition, names_are_read_back) {
  for (const Condition condition : kConditions) {
    EXPECT_EQ(condition_named(to_string(condition)), condition);
  }
  EXPECT_FALSE(condition_named("lukewarm"));
}

const ProfileIdentity kThen{.model = "detector",
                            .content = "ab",
                            .backend = "onnxruntime",
                            .backend_version = "1.24.3",
                            .backend_settings = "default",
                            .batch = 1,
                            .cpu_model = "X",
                            .cpu_count = 2,
                            .lane_cpu = 1,
                            .isolation = "isolated",
                            .smt = "off",
                            .kernel = "6.1",
                            .governor = "performance",
                            .real_time = true,
                            .fifo_priority = 80};

TEST(ProfileIdentity, names_each_member_that_differs_in_words) {
  EXPECT_TRUE(kThen.differences(kThen).empty());
  ProfileIdentity now = kThen;
  now.backend_version = "1.27.0";
  now.real_time = false;
  now.co_runners = CoRunners::kLane;
  EXPECT_EQ(
      kThen.differences(now),
      (std::vector<std::string>{"version of the backend (backend_version): 1.24.3, now 1.27.0",
                                "real-time class granted (real_time): yes, now no",
                                "what may run beside the lane (co_runners): any, now lane"}));
}

TEST(ProfileIdentity, no_member_is_forgotten) {
  const auto differing = [](auto change) {
    ProfileIdentity now = kThen;
    change(now);
    return kThen.differences(now);
  };
  const std::vector<std::vector<std::string>> each{
      differing([](ProfileIdentity& now) { now.model = "tracker"; }),
      differing([](ProfileIdentity& now) { now.content = "cd"; }),
      differing([](ProfileIdentity& now) { now.backend = "mock"; }),
      differing([](ProfileIdentity& now) { now.backend_version = "2"; }),
      differing([](ProfileIdentity& now) { now.backend_settings = "threads=2"; }),
      differing([](ProfileIdentity& now) { now.batch = 2; }),
      differing([](ProfileIdentity& now) { now.cpu_model = "Y"; }),
      differing([](ProfileIdentity& now) { now.cpu_count = 4; }),
      differing([](ProfileIdentity& now) { now.lane_cpu = 0; }),
      differing([](ProfileIdentity& now) { now.isolation = "shared"; }),
      differing([](ProfileIdentity& now) { now.smt = "on"; }),
      differing([](ProfileIdentity& now) { now.kernel = "6.2"; }),
      differing([](ProfileIdentity& now) { now.governor = "powersave"; }),
      differing([](ProfileIdentity& now) { now.real_time = false; }),
      differing([](ProfileIdentity& now) { now.fifo_priority = 70; }),
      differing([](ProfileIdentity& now) { now.co_runners = CoRunners::kLane; }),
      differing([](ProfileIdentity& now) { now.method = 1; })};
  EXPECT_THAT(each, testing::Each(testing::SizeIs(1)));
}

}  // namespace
}  // namespace aegis::scheduler
