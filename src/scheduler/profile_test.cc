// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/profile.h"

#include <random>

#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

using namespace time_literals;

std::vector<Duration> hundred_microseconds() {
  std::vector<Duration> samples;
  for (int i = 1; i <= 100; ++i) samples.push_back(Duration::microseconds(i));
  std::shuffle(samples.begin(), samples.end(), std::mt19937_64(3));
  return samples;
}

TEST(Summarise, percentiles_are_order_statistics) {
  auto samples = hundred_microseconds();
  const SegmentProfile profile = summarise(samples, 7, 1.2);
  EXPECT_EQ(profile.samples, 100U);
  EXPECT_EQ(profile.excluded, 7U);
  EXPECT_EQ(profile.min, 1_us);
  EXPECT_EQ(profile.p50, 50_us);
  EXPECT_EQ(profile.p99, 99_us);
  EXPECT_EQ(profile.p999, 100_us);
  EXPECT_EQ(profile.max, 100_us);
}

TEST(Summarise, wcet_is_max_times_margin_rounded_up_to_a_microsecond) {
  auto samples = hundred_microseconds();
  EXPECT_EQ(summarise(samples, 0, 1.2).wcet, 120_us);
  std::vector<Duration> one{Duration::nanoseconds(1'001)};
  EXPECT_EQ(summarise(one, 0, 1.0).wcet, 2_us);
}

TEST(Summarise, spread_of_equal_samples_is_zero) {
  std::vector<Duration> equal(50, 3_ms);
  EXPECT_EQ(summarise(equal, 0, 1.2).cv, 0);
  std::vector<Duration> two{1_ms, 3_ms};
  EXPECT_DOUBLE_EQ(summarise(two, 0, 1.2).cv, 0.5);
}

TEST(ProfileIdentity, names_each_member_that_differs) {
  const ProfileIdentity then{.model = "detector",
                             .content = "ab",
                             .backend = "onnxruntime",
                             .backend_version = "1.24.3",
                             .batch = 1,
                             .cpu_model = "X",
                             .kernel = "6.1",
                             .governor = "performance",
                             .real_time = true};
  EXPECT_TRUE(then.differences(then).empty());
  ProfileIdentity now = then;
  now.backend_version = "1.27.0";
  now.real_time = false;
  EXPECT_EQ(then.differences(now), (std::vector<std::string>{"backend_version: 1.24.3, now 1.27.0",
                                                             "real_time: yes, now no"}));
}

}  // namespace
}  // namespace aegis::scheduler
