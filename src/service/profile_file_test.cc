// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/profile_file.h"

#include <random>

#include <gtest/gtest.h>

#include "aegis/base/atomic_file.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using scheduler::ModelProfile;

ModelProfile detector() {
  return {.identity = {.model = "detector",
                       .content = "00ff",
                       .backend = "onnxruntime",
                       .backend_version = "1.27.0",
                       .batch = 1,
                       .cpu_model = "a \"quoted\" CPU",
                       .kernel = "6.1",
                       .governor = "none",
                       .real_time = true},
          .margin = 1.2,
          .segments = {{.samples = 300,
                        .excluded = 2,
                        .min = 1_ms,
                        .p50 = 2_ms,
                        .p99 = 3_ms,
                        .p999 = 4_ms,
                        .max = 5_ms,
                        .cv = 0.02,
                        .wcet = 6_ms}},
          .measured_unix_seconds = 1'700'000'000};
}

class ProfileFile : public testing::Test {
 protected:
  void SetUp() override {
    // Tests of one fixture run at the same time: each has a file of its own.
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = std::filesystem::path(testing::TempDir()) / ("profile_" + name + ".json");
    ASSERT_TRUE(save_profiles(path_, {detector()}));
    text_ = read_file(path_, 1 << 20).value();
  }
  std::filesystem::path path_;
  std::string text_;
};

TEST_F(ProfileFile, reads_back_what_was_written) {
  const auto profiles = load_profiles(path_);
  ASSERT_TRUE(profiles) << profiles.error().message();
  ASSERT_EQ(profiles->size(), 1U);
  const ModelProfile& read = profiles->front();
  EXPECT_TRUE(read.identity.differences(detector().identity).empty());
  EXPECT_EQ(read.margin, 1.2);
  EXPECT_EQ(read.measured_unix_seconds, 1'700'000'000);
  ASSERT_EQ(read.segments.size(), 1U);
  EXPECT_EQ(read.segments[0].samples, 300U);
  EXPECT_EQ(read.segments[0].excluded, 2U);
  EXPECT_EQ(read.segments[0].p999, 4_ms);
  EXPECT_EQ(read.segments[0].max, 5_ms);
  EXPECT_EQ(read.segments[0].wcet, 6_ms);
}

TEST_F(ProfileFile, refuses_by_the_name_of_the_member) {
  const auto expect_refused = [&](const std::string& from, const std::string& to,
                                  const std::string& key) {
    std::string text = text_;
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto refused = parse_profiles(text, "p.json");
    ASSERT_FALSE(refused) << to;
    EXPECT_EQ(refused.error().key, key);
  };
  expect_refused("\"schema\": 1", "\"schema\": 2", "schema");
  expect_refused("\"kernel\"", "\"colonel\"", "models[0].identity.kernel");
  expect_refused("\"samples\": 300", "\"samples\": 0", "models[0].segments[0].samples");
  expect_refused("\"samples\": 300", "\"samples\": -1", "models[0].segments[0].samples");
  expect_refused("\"wcet_ns\": 6000000", "\"wcet_ns\": 4999999", "models[0].segments[0].wcet_ns");
  expect_refused("\"batch\": 1", "\"batch\": 4294967296", "models[0].identity.batch");
  expect_refused("\"real_time\": true", "\"real_time\": 1", "models[0].identity.real_time");
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
