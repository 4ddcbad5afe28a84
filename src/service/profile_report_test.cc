// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aegis/service/profile.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using scheduler::Condition;
using scheduler::ConditionProfile;
using scheduler::CoRunners;
using scheduler::Sample;
using scheduler::SegmentProfile;
using testing::HasSubstr;

ConditionProfile constant(Condition condition, Duration execution) {
  return summarise(condition, {{execution}, {execution}, {1_s, true}});
}

// Two segments: the first is slowest beside a cache antagonist, the second cold.
ProfileReport report(CoRunners co_runners) {
  std::vector<SegmentProfile> segments{
      {.conditions = {constant(Condition::kWarm, 1_ms), constant(Condition::kCold, 2_ms),
                      constant(Condition::kAmongModels, 2_ms),
                      constant(Condition::kCacheAntagonist, 3_ms)},
       .wcet = {}},
      {.conditions = {constant(Condition::kWarm, 1_ms), constant(Condition::kCold, 4_ms),
                      constant(Condition::kAmongModels, 2_ms),
                      constant(Condition::kCacheAntagonist, 3_ms)},
       .wcet = {}}};
  for (SegmentProfile& segment : segments) {
    segment.wcet = wcet_of(segment.conditions, co_runners, 1.2);
  }
  return {.profiles = {{.identity = {.model = "detector", .co_runners = co_runners},
                        .margin = 1.2,
                        .segments = std::move(segments)}},
          .written_to = "robot.profile.json",
          .note = "",
          .took = 9_s};
}

TEST(ProfileReport, text_tells_the_worst_condition_and_both_factors) {
  const std::string text = to_text(report(CoRunners::kAny));
  EXPECT_THAT(text,
              HasSubstr("cache_antagonist     3 ms     3 ms  2.00       1.50  0.0 %  3.600 ms"));
  EXPECT_THAT(text, HasSubstr("cold     4 ms     4 ms  4.00       1.50  0.0 %  4.800 ms"));
  EXPECT_THAT(text, HasSubstr("16 samples in 9 s; 8 left out, the longest 1 s,"));
  EXPECT_THAT(text, HasSubstr("pressed on caches and memory"));
}

TEST(ProfileReport, contention_is_told_also_where_it_does_not_count) {
  const std::string text = to_text(report(CoRunners::kLane));
  EXPECT_THAT(text, HasSubstr("cold     2 ms     2 ms  2.00       1.50"));
  EXPECT_THAT(text, HasSubstr("you vouch"));
}

TEST(ProfileReport, json_has_every_condition_and_no_raw_samples) {
  const auto json = nlohmann::json::parse(to_json(report(CoRunners::kAny)));
  const auto& model = json["models"][0];
  EXPECT_EQ(model["co_runners"], "any");
  EXPECT_DOUBLE_EQ(model["contention_factor"].get<double>(), 1.5);
  EXPECT_DOUBLE_EQ(model["cold_factor"].get<double>(), 3.0);
  const auto& segment = model["segments"][0];
  EXPECT_EQ(segment["worst_condition"], "cache_antagonist");
  EXPECT_EQ(segment["conditions"].size(), 4U);
  EXPECT_EQ(segment["conditions"][1]["condition"], "cold");
  EXPECT_EQ(segment["conditions"][1]["p50_ns"], 2'000'000);
  EXPECT_EQ(segment["conditions"][1]["longest_excluded_ns"], 1'000'000'000);
  EXPECT_FALSE(segment["conditions"][1].contains("raw"));
}

TEST(ProfileReport, nothing_left_out_is_said_as_such) {
  ProfileReport whole = report(CoRunners::kAny);
  for (SegmentProfile& segment : whole.profiles[0].segments) {
    for (ConditionProfile& measured : segment.conditions) {
      measured = summarise(measured.condition, {{1_ms}});
    }
  }
  EXPECT_THAT(to_text(whole), HasSubstr("8 samples in 9 s; none left out.\n"));
  const auto json = nlohmann::json::parse(to_json(whole));
  EXPECT_TRUE(json["models"][0]["segments"][0]["conditions"][0]["longest_excluded_ns"].is_null());
}

TEST(ProfileReport, json_of_a_path_that_is_no_utf8_is_json_all_the_same) {
  ProfileReport odd = report(CoRunners::kAny);
  odd.written_to = "r\xff.profile.json";
  const auto json = nlohmann::json::parse(to_json(odd));
  EXPECT_EQ(json["written_to"], "r\xEF\xBF\xBD.profile.json") << "U+FFFD in its place";
}

TEST(ProfileReport, what_was_not_measured_is_not_made_up) {
  ProfileReport alone = report(CoRunners::kAny);
  for (SegmentProfile& segment : alone.profiles[0].segments) segment.conditions.pop_back();
  alone.note = "contention could not be measured: this process may use one CPU only";
  EXPECT_THAT(to_text(alone), HasSubstr("Note: contention could not be measured"));
  EXPECT_THAT(to_text(alone), HasSubstr("while nothing else loads"));
  const auto json = nlohmann::json::parse(to_json(alone));
  EXPECT_TRUE(json["models"][0]["contention_factor"].is_null());
}

}  // namespace
}  // namespace aegis::service
