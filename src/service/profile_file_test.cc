// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/profile_file.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/base/atomic_file.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using scheduler::Condition;
using scheduler::ConditionProfile;
using scheduler::ModelProfile;
using scheduler::Sample;
using scheduler::SegmentProfile;
using testing::HasSubstr;

// From `shortest` on in steps of 10 us; the third is excluded.
ConditionProfile measured(Condition condition, Duration shortest) {
  std::vector<Sample> raw;
  for (int i = 0; i < 30; ++i) raw.push_back({shortest + i * 10_us, i == 2});
  return summarise(condition, std::move(raw));
}

ModelProfile detector() {
  SegmentProfile segment{
      .conditions = {measured(Condition::kWarm, 4_ms), measured(Condition::kCold, 5_ms),
                     measured(Condition::kAfterIdle, 4_ms), measured(Condition::kAmongModels, 4_ms),
                     measured(Condition::kCacheAntagonist, 6_ms)},
      .wcet = {}};
  segment.wcet = wcet_of(segment.conditions, scheduler::CoRunners::kAny, 1.2);
  return {.identity = {.model = "detector",
                       .content = "00ff",
                       .backend = "onnxruntime",
                       .backend_version = "1.27.0",
                       .backend_settings = "default",
                       .batch = 1,
                       .cpu_model = "a \"quoted\" CPU",
                       .cpu_count = 2,
                       .lane_cpu = -1,
                       .isolation = "shared",
                       .smt = "none",
                       .kernel = "6.1",
                       .governor = "none",
                       .real_time = true,
                       .fifo_priority = 80},
          .margin = 1.2,
          .segments = {segment},
          .measured_unix_seconds = 1'700'000'000,
          .note = "said"};
}

class ProfileFile : public testing::Test {
 protected:
  void SetUp() override {
    // Tests of one fixture run at the same time: each has a file of its own.
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = std::filesystem::path(testing::TempDir()) / ("profile_" + name + ".json");
    text_ = text_of({detector()});
  }
  std::string text_of(const std::vector<ModelProfile>& profiles) const {
    EXPECT_TRUE(save_profiles(path_, profiles));
    return read_file(path_, 1 << 20).value();
  }
  // The file with the first `from` after `after` replaced.
  [[nodiscard]] std::string edited(const std::string& from, const std::string& to,
                                   const std::string& after = "") const {
    std::string text = text_;
    const auto at = text.find(from, text.find(after));
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }
  static void expect_refused(const std::string& text, const std::string& key,
                             const std::string& words = "") {
    const auto refused = parse_profiles(text, "p.json");
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().key, key) << refused.error().message();
    EXPECT_THAT(refused.error().problem, HasSubstr(words));
  }
  std::filesystem::path path_;
  std::string text_;
};

const std::string kWarm = "models[0].segments[0].conditions[0].";

TEST_F(ProfileFile, reads_back_what_was_written) {
  const auto profiles = load_profiles(path_);
  ASSERT_TRUE(profiles) << profiles.error().message();
  ASSERT_EQ(profiles->size(), 1U);
  const ModelProfile& read = profiles->front();
  EXPECT_TRUE(read.identity.differences(detector().identity).empty());
  EXPECT_EQ(read.margin, 1.2);
  EXPECT_EQ(read.measured_unix_seconds, 1'700'000'000);
  EXPECT_EQ(read.note, "said");
  ASSERT_EQ(read.segments.size(), 1U);
  EXPECT_EQ(read.segments[0].wcet, 7'548_us) << "(6 ms + 29 x 10 us) x 1.2";
  ASSERT_EQ(read.segments[0].conditions.size(), 5U);
  const ConditionProfile& cold = *read.segments[0].under(Condition::kCold);
  const ConditionProfile expected = measured(Condition::kCold, 5_ms);
  EXPECT_EQ(cold.samples, 29U);
  EXPECT_EQ(cold.excluded, 1U);
  EXPECT_EQ(cold.p999, expected.p999);
  EXPECT_EQ(cold.cv, expected.cv);
  EXPECT_EQ(cold.raw, expected.raw);
}

TEST_F(ProfileFile, refuses_by_the_name_of_the_member) {
  expect_refused(edited("\"kernel\"", "\"colonel\""), "models[0].identity.kernel");
  expect_refused(edited("\"samples\": 29", "\"samples\": 0"), kWarm + "samples");
  expect_refused(edited("\"samples\": 29", "\"samples\": -1"), kWarm + "samples");
  expect_refused(edited("\"samples\": 29", "\"samples\": 2000000"), kWarm + "samples", "at most");
  expect_refused(edited("\"excluded\": 1", "\"excluded\": 9999999"), kWarm + "excluded");
  expect_refused(edited("\"batch\": 1", "\"batch\": 4294967296"), "models[0].identity.batch");
  expect_refused(edited("\"real_time\": true", "\"real_time\": 1"), "models[0].identity.real_time");
  expect_refused(edited("\"co_runners\": \"any\"", "\"co_runners\": \"some\""),
                 "models[0].identity.co_runners", "\"lane\"");
  expect_refused(edited("\"warm\"", "\"lukewarm\""), kWarm + "condition");
  expect_refused(edited("\"margin\": 1.2", "\"margin\": 0.5"), "models[0].margin");
  expect_refused(edited("\"margin\": 1.2", "\"margin\": 11"), "models[0].margin");
  expect_refused(edited("\"kernel\": \"6.1", "\"kernel\": \"6\\n1"), "models[0].identity.kernel",
                 "one line");
  expect_refused(edited("\"wcet_ns\": 7548000", "\"wcet_ns\": 3600000000001"),
                 "models[0].segments[0].wcet_ns", "1 h");
}

TEST_F(ProfileFile, refuses_what_json_has_no_number_for) {
  for (const char* number : {"NaN", "nan", "Infinity", "1e999", "-1e999"}) {
    EXPECT_FALSE(
        parse_profiles(edited("\"margin\": 1.2", std::string("\"margin\": ") + number), "p.json"))
        << number;
  }
}

TEST_F(ProfileFile, refuses_other_schemas_with_what_to_do) {
  expect_refused(edited("\"schema\": 2", "\"schema\": 1"), "schema", "aegisrt profile");
  expect_refused(edited("\"schema\": 2", "\"schema\": 3"), "schema", "newer");
}

TEST_F(ProfileFile, refuses_what_it_does_not_know) {
  expect_refused(edited("\"schema\": 2", "\"schema\": 2, \"colour\": 1"), "colour", "unknown");
  expect_refused(edited("\"margin\"", "\"colour\": 1, \"margin\""), "models[0].colour");
  expect_refused(edited("\"batch\"", "\"colour\": 1, \"batch\""), "models[0].identity.colour");
  expect_refused(edited("\"cv\"", "\"a\\u001bb\": 1, \"cv\""), kWarm + "a\\x1bb");
}

TEST_F(ProfileFile, refuses_a_model_twice) {
  expect_refused(text_of({detector(), detector()}), "models[1].identity.model");
}

TEST_F(ProfileFile, refuses_figures_that_its_samples_do_not_bear_out) {
  expect_refused(edited("\"max_ns\": 4290000", "\"max_ns\": 4200000"), kWarm + "max_ns", "4290000");
  expect_refused(edited("\"p50_ns\": ", "\"p50_ns\": 1"), kWarm + "p50_ns");
  expect_refused(edited("\"cv\": 0.0", "\"cv\": 0.1"), kWarm + "cv");
  expect_refused(edited("\"samples\": 29", "\"samples\": 28"), kWarm + "raw");
  expect_refused(edited("\"excluded\": 1", "\"excluded\": 2"), kWarm + "raw");
  expect_refused(edited("\"raw\": \"", "\"raw\": \"AAAA"), kWarm + "raw");
}

TEST_F(ProfileFile, refuses_a_wcet_that_does_not_follow) {
  for (const char* wcet : {"\"wcet_ns\": 7547000", "\"wcet_ns\": 7549000"}) {
    expect_refused(edited("\"wcet_ns\": 7548000", wcet), "models[0].segments[0].wcet_ns",
                   "7548000");
  }
  // The same samples, when nothing but the lane may run: cold is the worst then.
  expect_refused(edited("\"co_runners\": \"any\"", "\"co_runners\": \"lane\""),
                 "models[0].segments[0].wcet_ns", "6348000");
}

TEST_F(ProfileFile, refuses_conditions_twice_or_missing) {
  ModelProfile profile = detector();
  auto& conditions = profile.segments[0].conditions;
  conditions.push_back(conditions.back());
  expect_refused(text_of({profile}), "models[0].segments[0].conditions[5].condition");
  conditions.erase(conditions.begin() + 1);
  conditions.pop_back();
  expect_refused(text_of({profile}), "models[0].segments[0].conditions", "\"cold\"");
}

TEST_F(ProfileFile, never_crashes_on_mutated_text) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = text_;
    for (std::uint64_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 20);
      } else {
        text[at] = static_cast<char>(random());
      }
      if (text.empty()) text = "{";
    }
    const auto read = parse_profiles(text, "p.json");
    if (!read) {
      EXPECT_EQ(read.error().message().find('\n'), std::string::npos);
    }
  }
}

TEST(DefaultProfilePath, stands_beside_the_workload) {
  EXPECT_EQ(default_profile_path("a/robot.toml"), "a/robot.profile.json");
}

}  // namespace
}  // namespace aegis::service
