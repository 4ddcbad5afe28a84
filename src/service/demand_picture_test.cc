// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/demand_picture.h"

#include <gtest/gtest.h>

#include "pictured_example.h"
#include "svg_reading.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using testing::HasSubstr;
using theory::policy::Policy;

std::string pictured(const theory::TaskSet& tasks, const theory::AnalysisOptions& options,
                     theory::Supply supply = {}) {
  const theory::Analysis analysis = theory::analyse(tasks, options);
  const auto picture = demand_picture({tasks, options, supply, analysis},
                                      {.title = "title", .sentence = analysis.reason});
  EXPECT_TRUE(picture) << (picture ? "" : picture.error().message());
  if (!picture) return "";
  EXPECT_EQ(test::why_malformed(*picture), "");
  return *picture;
}

TEST(DemandPicture, of_the_refused_example_is_the_one_in_testdata) {
  test::expect_golden("running_example_demand.svg", pictured(test::running_example(), {}));
}

TEST(DemandPicture, marks_the_interval_that_is_too_short_with_its_numbers) {
  const std::string picture = pictured(test::running_example(), {});
  EXPECT_THAT(picture, HasSubstr("t = 40 ms: 15 ms + 30 ms = 45 ms &gt; 40 ms, 5 ms too much"));
  EXPECT_THAT(picture, HasSubstr("no longer interval matters: 100 ms"));
  EXPECT_EQ(test::count_of(picture, "class=\"mark\""), 1U);
  EXPECT_EQ(test::count_of(picture, "class=\"blocking\""), 2U) << "band and legend";
}

TEST(DemandPicture, of_an_accepted_set_marks_the_tightest_interval) {
  const std::string picture = pictured(test::running_example_with_c_halved(), {});
  EXPECT_THAT(picture, HasSubstr("t = 50 ms: 35 ms + 15 ms = 50 ms ≤ 50 ms"));
  EXPECT_EQ(test::count_of(picture, "class=\"mark\""), 0U);
  EXPECT_EQ(test::count_of(picture, "class=\"fits\""), 1U);
}

TEST(DemandPicture, of_a_preemptive_lane_has_no_blocking) {
  const std::string picture =
      pictured(test::running_example(), {.preemption = theory::Preemption::kPreemptive});
  EXPECT_EQ(test::count_of(picture, "class=\"blocking\""), 0U);
}

TEST(DemandPicture, by_fixed_priorities_shows_when_the_job_is_done_and_due) {
  const std::string picture =
      pictured(test::running_example(), {.policy = Policy::kDeadlineMonotonic});
  EXPECT_THAT(picture, HasSubstr("A: done after 65 ms, due after 50 ms (15 ms late)"));
  EXPECT_EQ(test::count_of(picture, "late deadline"), 1U);
}

TEST(DemandPicture, shows_what_the_supply_loses) {
  const std::string picture = pictured(test::running_example(), {}, {2_ms, 10_ms});
  EXPECT_THAT(picture, HasSubstr("supply: 2 ms lost in any 10 ms"));
  EXPECT_THAT(picture, HasSubstr("t = 40 ms: 15 ms + 30 ms = 45 ms &gt; 32 ms"));
}

TEST(DemandPicture, has_a_legible_part_of_a_long_test) {
  theory::TaskSet tasks = test::running_example();
  tasks[2].deadline = {2_s};
  tasks[2].period = 2_s;
  const std::string picture = pictured(tasks, {});
  EXPECT_THAT(picture, HasSubstr("no longer interval matters: 2 s →"));
}

TEST(DemandPicture, survives_names_that_are_not_meant_for_xml) {
  theory::TaskSet tasks = test::running_example();
  for (theory::Task& task : tasks) task.name = test::kHostileName;
  EXPECT_EQ(pictured(tasks, {}).find("<script"), std::string::npos);
  EXPECT_EQ(pictured(tasks, {.policy = Policy::kRateMonotonic}).find("<script"), std::string::npos);
}

}  // namespace
}  // namespace aegis::service
