// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/mock_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::context {
namespace {

using namespace time_literals;
using ::testing::HasSubstr;

TEST(MockScript, reads_task_c_of_the_running_example) {
  const auto script = parse_mock_script({{"segments", "10ms, 10ms,10ms"}});
  ASSERT_TRUE(script);
  ASSERT_EQ(script->segments.size(), 3U);
  EXPECT_EQ(script->segments[2].shortest, 10_ms);
  EXPECT_EQ(script->segments[2].longest, 10_ms);
}

TEST(MockScript, reads_every_option) {
  const auto script = parse_mock_script({{"segments", "2ms,3ms"},
                                         {"shortest", "1ms,2ms"},
                                         {"seed", "7"},
                                         {"polls", "4"},
                                         {"cancel_delay", "5us"},
                                         {"hang_limit", "1s"},
                                         {"memory_bytes", "1048576"},
                                         {"input_bytes", "3"},
                                         {"output_bytes", "5"},
                                         {"faults", ""}});
  ASSERT_TRUE(script) << script.error().message();
  EXPECT_EQ(script->segments[1].shortest, 2_ms);
  EXPECT_EQ(script->seed, 7U);
  EXPECT_EQ(script->polls, 4U);
  EXPECT_EQ(script->cancel_delay, 5_us);
  EXPECT_EQ(script->hang_limit, 1_s);
  EXPECT_EQ(script->memory_bytes, 1048576U);
  EXPECT_EQ(script->input_bytes, 3U);
  EXPECT_EQ(script->output_bytes, 5U);
}

TEST(MockScript, reads_faults_as_they_are_said) {
  const auto script = parse_mock_script(
      {{"segments", "1ms,1ms"},
       {"faults", "fatal at poll of segment 1 of job 3; hang at start; crash at load"}});
  ASSERT_TRUE(script) << script.error().message();
  ASSERT_EQ(script->faults.size(), 3U);
  EXPECT_EQ(script->faults[0].what, MockFault::What::kFatal);
  EXPECT_EQ(script->faults[0].where, MockFault::Where::kPoll);
  EXPECT_EQ(script->faults[0].segment, 1U);
  EXPECT_EQ(script->faults[0].job, 3U);
  EXPECT_EQ(script->faults[1].what, MockFault::What::kHang);
  EXPECT_EQ(script->faults[1].job, std::nullopt);
  EXPECT_EQ(script->faults[2].where, MockFault::Where::kLoad);
}

TEST(MockScript, options_change_single_fields_of_the_base) {
  const auto script = parse_mock_script({{"seed", "2"}}, {.seed = 1, .polls = 9});
  ASSERT_TRUE(script);
  EXPECT_EQ(script->seed, 2U);
  EXPECT_EQ(script->polls, 9U);
}

TEST(MockScript, an_unknown_option_is_answered_with_those_there_are) {
  const auto script = parse_mock_script({{"segmets", "10ms"}});
  EXPECT_THAT(script.error().message(),
              HasSubstr("unknown option: 'segmets'; known: segments, shortest"));
}

TEST(MockScript, every_refusal_names_its_option) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"segments", "10"},
      {"segments", ""},
      {"segments", "10ms,-1ms"},
      {"shortest", "1ms,1ms"},
      {"seed", "-1"},
      {"polls", "4294967296"},
      {"cancel_delay", "x"},
      {"input_bytes", "4294967297"},
      {"faults", "fatal"},
      {"faults", "fatal at poll of segment x"},
      {"faults", "fatal at noon"},
      {"faults", "boredom at poll"},
      {"faults", "fatal at poll of planet 3"}};
  for (const auto& [key, value] : cases) {
    const auto script = parse_mock_script({{key, value}});
    ASSERT_FALSE(script) << key << " = " << value;
    EXPECT_THAT(script.error().message(), HasSubstr(key)) << value;
  }
}

TEST(MockScript, refuses_what_cannot_be_played) {
  EXPECT_FALSE(parse_mock_script({{"segments", "1ms"}, {"shortest", "2ms"}}));
  EXPECT_FALSE(parse_mock_script({{"input_bytes", "0"}}));
  EXPECT_FALSE(parse_mock_script({{"faults", "fatal at poll of segment 1"}}));
  EXPECT_FALSE(parse_mock_script({{"faults", "wrong_output at start"}}));
  EXPECT_FALSE(parse_mock_script({}, {.segments = {}}));
}

}  // namespace
}  // namespace aegis::context
