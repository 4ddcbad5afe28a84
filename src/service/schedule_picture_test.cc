// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/schedule_picture.h"

#include <gtest/gtest.h>

#include "pictured_example.h"
#include "svg_reading.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using testing::HasSubstr;
using testing::Not;
using theory::PlannedJob;
using theory::TaskSet;

DrawnSchedule simulated(const TaskSet& tasks, const std::vector<PlannedJob>& jobs,
                        const theory::SimulationOptions& options = {}) {
  StretchRecording recording;
  const auto schedule = theory::simulate(tasks, jobs, options, &recording);
  EXPECT_TRUE(schedule) << (schedule ? "" : schedule.error().message());
  return {.tasks = tasks,
          .policy = options.policy,
          .schedule = schedule ? *schedule : theory::Schedule{},
          .stretches = recording.stretches(),
          .outages = recording.outages()};
}

std::string pictured(const DrawnSchedule& drawn, const SchedulePictureOptions& options = {}) {
  const std::string picture = schedule_picture(drawn, options);
  EXPECT_EQ(test::why_malformed(picture), "");
  EXPECT_EQ(schedule_picture(drawn, options), picture) << "the same bytes again";
  return picture;
}

PlannedJob job(std::uint32_t task, Duration arrival, Duration jitter = 0_ms) {
  const TimePoint at = TimePoint{} + arrival;
  return {TaskId{task}, at, at + jitter, {}};
}

// C(0..30) B(30..45) A(45..65): B is due at 40, A at 50.
DrawnSchedule late_running_example(SchedulePictureOptions& options) {
  const TaskSet tasks = test::running_example();
  options = {.title = "unschedulable by edf, non-preemptive",
             .sentence = theory::analyse(tasks, {}).reason};
  return simulated(tasks, {job(2, 0_ms), job(0, 1_ns), job(1, 1_ns)});
}

TEST(SchedulePicture, of_the_late_running_example_is_the_one_in_testdata) {
  SchedulePictureOptions options;
  const DrawnSchedule drawn = late_running_example(options);
  test::expect_golden("running_example_schedule.svg", pictured(drawn, options));
}

TEST(SchedulePicture, says_when_the_missed_job_was_due_and_what_blocks_it) {
  SchedulePictureOptions options;
  const DrawnSchedule drawn = late_running_example(options);
  const std::string picture = pictured(drawn, options);
  EXPECT_THAT(picture, HasSubstr("due 40 ms, done 45 ms (5 ms late)"));
  EXPECT_THAT(picture, HasSubstr("due 50 ms, done 65 ms (15 ms late)"));
  EXPECT_THAT(picture, HasSubstr("in 40 ms, jobs due need 15 ms and C, started just before"));
  EXPECT_EQ(test::count_of(picture, "class=\"blocks\""), 1U);
  EXPECT_EQ(test::count_of(picture, "late deadline"), 2U);
}

// C ends the moment B is released; B is late by itself.
TEST(SchedulePicture, hatches_nothing_where_nobody_waited) {
  const TaskSet tasks{test::drawn_task(0, "B", 45, 80, 40), test::drawn_task(1, "C", 30, 200, 200)};
  const std::string idle_enough = pictured(simulated(tasks, {job(1, 0_ms), job(0, 30_ms)}));
  EXPECT_EQ(test::count_of(idle_enough, "class=\"blocks\""), 0U);
  EXPECT_EQ(test::count_of(idle_enough, "class=\"missed\""), 2U) << "the box and the legend";
  const std::string waits = pictured(simulated(tasks, {job(1, 0_ms), job(0, 29_ms)}));
  EXPECT_EQ(test::count_of(waits, "class=\"blocks\""), 1U);
}

TEST(SchedulePicture, counts_from_the_origin) {
  DrawnSchedule drawn = simulated({test::drawn_task(0, "A", 30, 100, 10)}, {job(0, 700_ms)});
  EXPECT_THAT(pictured(drawn), HasSubstr("due 710 ms, done 730 ms"));
  EXPECT_THAT(pictured(drawn, {.origin = TimePoint{} + 700_ms}),
              HasSubstr("due 10 ms, done 30 ms"));
}

TEST(SchedulePicture, keeps_a_thin_row_for_a_task_without_a_job) {
  const TaskSet tasks = test::running_example();
  const std::string picture = pictured(simulated(tasks, {job(1, 0_ms)}));
  EXPECT_EQ(test::count_of(picture, "class=\"name end\""), 1U);
  EXPECT_EQ(test::count_of(picture, "class=\"note end\""), 2U);
}

TEST(SchedulePicture, has_a_box_a_segment_and_arrows_a_job) {
  const TaskSet tasks = test::running_example_with_c_halved();
  const DrawnSchedule drawn = simulated(tasks, theory::synchronous_arrivals(tasks, 400_ms));
  const std::string picture = pictured(drawn);
  ASSERT_EQ(drawn.schedule.jobs.size(), 11U);
  EXPECT_EQ(test::count_of(picture, "class=\"box\""), 4U + 5U + 2U * 2U);
  EXPECT_EQ(test::count_of(picture, "thin release"), 11U);
  EXPECT_EQ(test::count_of(picture, "thin deadline"), 11U);
  EXPECT_EQ(test::count_of(picture, "class=\"missed\""), 0U);
  EXPECT_THAT(picture, Not(HasSubstr("drawn:")));
  EXPECT_THAT(picture, Not(HasSubstr("holds the lane")));
}

TEST(SchedulePicture, joins_the_parts_of_a_segment_that_nobody_interrupted) {
  const TaskSet tasks = test::running_example();
  const theory::SimulationOptions preemptive{.preemption = theory::Preemption::kPreemptive};
  // B comes while A runs and waits for it: one box; A comes while C runs and interrupts it: two.
  const DrawnSchedule waits = simulated(tasks, {job(0, 0_ms), job(1, 30_ms)}, preemptive);
  EXPECT_EQ(test::count_of(pictured(waits), "class=\"box\""), 2U);
  const DrawnSchedule yields = simulated(tasks, {job(2, 0_ms), job(0, 10_ms)}, preemptive);
  EXPECT_EQ(test::count_of(pictured(yields), "class=\"box\""), 3U);
}

TEST(SchedulePicture, tells_arrival_from_release) {
  TaskSet tasks = test::running_example();
  tasks[0].release_jitter = 10_ms;
  const std::string picture = pictured(simulated(tasks, {job(0, 0_ms, 10_ms), job(1, 0_ms)}));
  EXPECT_EQ(test::count_of(picture, "ring arrival"), 1U);
  EXPECT_THAT(picture, HasSubstr("arrival, before its release"));
}

TEST(SchedulePicture, crosses_out_dropped_jobs) {
  TaskSet tasks{test::drawn_task(0, "A", 30, 20, 100)};
  tasks[0].overload = {theory::OverloadRule::kSkip, 0};
  const DrawnSchedule drawn = simulated(tasks, {job(0, 0_ms), job(0, 20_ms), job(0, 40_ms)});
  const std::string picture = pictured(drawn);
  EXPECT_EQ(test::count_of(picture, "late dropped"), 1U);
  EXPECT_THAT(picture, HasSubstr("dropped at 20 ms"));
  EXPECT_EQ(test::count_of(picture, "thin deadline"), 1U) << "the dropped job's is not drawn";
}

TEST(SchedulePicture, lays_outages_over_all_rows) {
  const TaskSet tasks = test::running_example();
  const std::string picture =
      pictured(simulated(tasks, theory::synchronous_arrivals(tasks, 200_ms),
                         {.outages = {{TimePoint{} + 10_ms, 5_ms}, {TimePoint{} + 900_ms, 5_ms}}}));
  EXPECT_EQ(test::count_of(picture, "class=\"outage\""), 2U) << "the one in view and the legend";
}

TEST(SchedulePicture, of_a_long_schedule_shows_the_part_around_the_miss) {
  const TaskSet tasks = test::running_example();
  std::vector<PlannedJob> jobs;
  for (int i = 0; i < 100; ++i) jobs.push_back(job(1, i * 80_ms));
  jobs.push_back(job(2, 4000_ms - 1_ns));  // just before the job of B at 4 s
  const std::string picture = pictured(simulated(tasks, jobs), {.most_jobs = 10});
  EXPECT_THAT(picture, HasSubstr("10 of 101 jobs, around the first miss"));
  EXPECT_THAT(picture, HasSubstr("(5 ms late)"));
  EXPECT_THAT(picture, HasSubstr("due 4.040 s, done 4.045 s"));
  EXPECT_EQ(test::count_of(picture, "class=\"blocks\""), 1U);
  EXPECT_LE(test::count_of(picture, "class=\"box\""), 11U);
}

TEST(SchedulePicture, of_a_long_backlog_shows_the_end_of_it) {
  const TaskSet tasks{test::drawn_task(0, "A", 10, 10, 500), test::drawn_task(1, "B", 1, 40, 500)};
  const DrawnSchedule drawn = simulated(tasks, theory::synchronous_arrivals(tasks, 40_s));
  ASSERT_TRUE(drawn.schedule.has_miss());
  const std::string picture = pictured(drawn, {.most_jobs = 20});
  EXPECT_LE(test::count_of(picture, "thin release"), 20U);
  EXPECT_THAT(picture, HasSubstr(" late)"));
}

TEST(SchedulePicture, of_a_long_schedule_without_a_miss_shows_its_beginning) {
  const TaskSet tasks = test::running_example_with_c_halved();
  const DrawnSchedule drawn = simulated(tasks, theory::synchronous_arrivals(tasks, 10_s));
  const std::string picture = pictured(drawn, {.most_jobs = 12});
  EXPECT_THAT(picture, HasSubstr("drawn: 0 to"));
  EXPECT_THAT(picture, HasSubstr(" of 275 jobs"));
  EXPECT_LE(test::count_of(picture, "thin release"), 12U);
  EXPECT_GE(test::count_of(picture, "thin release"), 10U);
  EXPECT_THAT(picture, Not(HasSubstr("around")));
}

TEST(SchedulePicture, gives_every_digit_of_a_miss_by_a_tick) {
  const TaskSet tasks{test::drawn_task(0, "A", 20, 100, 40), test::drawn_task(1, "B", 20, 100, 99)};
  std::vector<PlannedJob> jobs{job(0, 1_ns), job(1, 0_ms)};
  TaskSet tight = tasks;
  tight[0].deadline = {40_ms - 2_ns};
  EXPECT_THAT(pictured(simulated(tight, jobs)), HasSubstr("(1 ns late)"));
}

TEST(SchedulePicture, survives_names_that_are_not_meant_for_xml) {
  TaskSet tasks = test::running_example();
  for (theory::Task& task : tasks) task.name = test::kHostileName;
  const std::string picture =
      pictured(simulated(tasks, theory::synchronous_arrivals(tasks, 100_ms)),
               {.title = test::kHostileName, .sentence = test::kHostileName});
  EXPECT_THAT(picture, Not(HasSubstr("<script")));
  EXPECT_THAT(picture, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(picture, HasSubstr("…")) << "shortened";
}

TEST(SchedulePicture, of_nothing_says_so) {
  EXPECT_THAT(pictured({}), HasSubstr("no job arrives"));
}

}  // namespace
}  // namespace aegis::service
