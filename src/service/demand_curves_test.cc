// SPDX-License-Identifier: Apache-2.0
#include "demand_curves.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace aegis::service {
namespace {

using namespace time_literals;
using theory::Preemption;
using theory::TaskSet;
using theory::Verdict;
using theory::policy::Policy;

theory::Task task(std::uint32_t id, std::int64_t wcet, std::int64_t period, std::int64_t deadline) {
  return {.id = TaskId{id},
          .name = std::string(1, static_cast<char>('A' + id)),
          .segments = {{wcet * 1_ms, wcet * 1_ms}},
          .period = period * 1_ms,
          .deadline = {deadline * 1_ms},
          .priority = {id},
          .overload = {theory::OverloadRule::kQueue, 1'000}};
}

// Small sets with everything that bends a curve: jitter, segments, deadlines beyond periods.
TaskSet random_set(std::mt19937_64& random) {
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  TaskSet tasks;
  const auto count = static_cast<std::uint32_t>(between(1, 5));
  for (std::uint32_t id = 0; id < count; ++id) {
    const std::int64_t period = between(4, 40);
    tasks.push_back(task(id, between(1, std::max<std::int64_t>(1, period / count)), period,
                         between(2, 2 * period)));
    if (between(0, 1) == 1) tasks.back().release_jitter = between(0, period) * 1_ms;
    if (between(0, 1) == 1) {
      tasks.back().segments.push_back({between(1, 2) * 1_ms, 0_ms});
      tasks.back().segments.front().bcet = tasks.back().segments.front().wcet / 2;
    }
  }
  return tasks;
}

DrawnDemand analysed(const TaskSet& tasks, const theory::AnalysisOptions& options) {
  return {tasks, options, {}, theory::analyse(tasks, options)};
}

class EveryLane : public testing::TestWithParam<Preemption> {};

TEST_P(EveryLane, marks_the_interval_that_the_analysis_refuses_by_edf) {
  std::mt19937_64 random(1);
  int refused = 0, accepted = 0;
  for (int round = 0; round < 2'000; ++round) {
    const auto drawn = analysed(random_set(random), {.preemption = GetParam()});
    const auto curves = demand_curves(drawn);
    if (!curves) {
      EXPECT_FALSE(drawn.analysis.failure) << curves.error().message();
      continue;
    }
    ASSERT_EQ(curves->fits(), drawn.analysis.verdict == Verdict::kSchedulable) << round;
    if (curves->fits()) {
      ++accepted;
      continue;
    }
    ++refused;
    ASSERT_TRUE(drawn.analysis.failure);
    EXPECT_EQ(curves->mark.t, drawn.analysis.failure->interval);
    EXPECT_EQ(curves->mark.demand, drawn.analysis.failure->demand);
    EXPECT_EQ(curves->mark.blocking, drawn.analysis.failure->blocking);
    EXPECT_LT(curves->mark.t, curves->end);
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 100);
}

TEST_P(EveryLane, meets_the_response_time_of_the_analysis_by_fixed_priorities) {
  std::mt19937_64 random(2);
  int refused = 0, accepted = 0;
  for (int round = 0; round < 2'000; ++round) {
    for (const Policy policy : {Policy::kDeadlineMonotonic, Policy::kStaticPriority}) {
      const auto drawn = analysed(random_set(random), {.policy = policy, .preemption = GetParam()});
      const auto curves = demand_curves(drawn);
      if (!curves) continue;
      const auto bound = std::ranges::find_if(drawn.analysis.tasks, [&](const auto& of) {
        return drawn.tasks[of.task.value].name == curves->task;
      });
      ASSERT_NE(bound, drawn.analysis.tasks.end());
      ASSERT_EQ(curves->limit - curves->mark.t, bound->slack) << round;
      ASSERT_EQ(curves->work(), curves->mark.t) << "served at full speed";
      if (drawn.analysis.failure) {
        EXPECT_EQ(bound->task, drawn.analysis.failure->task);
      }
      ++(curves->fits() ? accepted : refused);
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 100);
}

INSTANTIATE_TEST_SUITE_P(DemandCurves, EveryLane,
                         testing::Values(Preemption::kNonPreemptive, Preemption::kPreemptive),
                         [](const auto& instance) {
                           return instance.param == Preemption::kPreemptive ? "preemptive"
                                                                            : "between_segments";
                         });

TaskSet running_example() {
  return {task(0, 20, 100, 50), task(1, 15, 80, 40), task(2, 30, 200, 100)};
}

TEST(DemandCurves, are_the_running_example_s) {
  const auto curves = demand_curves(analysed(running_example(), {}));
  ASSERT_TRUE(curves);
  EXPECT_FALSE(curves->fits());
  EXPECT_EQ(curves->mark.t, 40_ms);
  EXPECT_EQ(curves->work(), 45_ms);
  EXPECT_EQ(curves->horizon, 100_ms);
  std::vector<std::array<std::int64_t, 3>> steps;
  for (const auto& step : curves->steps) {
    steps.push_back({step.t / 1_ms, step.demand / 1_ms, step.blocking / 1_ms});
  }
  EXPECT_EQ(steps, (std::vector<std::array<std::int64_t, 3>>{
                       {0, 0, 0}, {40, 15, 30}, {50, 35, 30}, {100, 65, 0}}));
}

// C's second segment, 25 ms, begins 5 ms after C's arrival at the least, so that C is due
// within 95.
TEST(DemandCurves, let_a_later_segment_block_for_less_long) {
  TaskSet tasks = running_example();
  tasks[2].segments = {{5_ms, 5_ms}, {25_ms, 25_ms}};
  const auto curves = demand_curves(analysed(tasks, {.blocking = theory::Blocking::closed()}));
  ASSERT_TRUE(curves);
  std::vector<std::pair<std::int64_t, std::int64_t>> falls;
  for (const auto& step : curves->steps) {
    if (step.t >= 50_ms) falls.emplace_back(step.t / 1_ms, step.blocking / 1_ms);
  }
  EXPECT_EQ(falls,
            (std::vector<std::pair<std::int64_t, std::int64_t>>{{50, 25}, {95, 5}, {100, 0}}));
}

// 10 ms of work, 2 of any 10 ms lost: the second outage comes before it is done.
TEST(DemandCurves, count_on_the_supply_that_is_left) {
  DrawnDemand drawn = analysed({task(0, 10, 40, 14)}, {});
  drawn.supply = {2_ms, 10_ms};
  const auto by_edf = demand_curves(drawn);
  ASSERT_TRUE(by_edf);
  EXPECT_EQ(by_edf->limit, 10_ms);
  EXPECT_TRUE(by_edf->fits());
  drawn.options.policy = Policy::kStaticPriority;
  const auto by_priority = demand_curves(drawn);
  ASSERT_TRUE(by_priority);
  EXPECT_EQ(by_priority->mark.t, 14_ms);
  drawn.tasks[0].deadline = {13_ms};
  drawn.options.policy = Policy::kEdf;
  const auto too_late = demand_curves(drawn);
  ASSERT_TRUE(too_late);
  EXPECT_FALSE(too_late->fits());
}

std::string refusal(const DrawnDemand& drawn) {
  const auto curves = demand_curves(drawn);
  return curves ? "drawn" : curves.error().message();
}

TEST(DemandCurves, say_why_there_is_no_picture) {
  const TaskSet beyond{task(0, 20, 30, 30), task(1, 20, 40, 40)};
  EXPECT_NE(refusal(analysed(beyond, {})).find("exceeds 1"), std::string::npos);
  EXPECT_NE(refusal({beyond,
                     {.policy = Policy::kStaticPriority},
                     {},
                     {.failure = theory::Failure{.task = TaskId{1}}}})
                .find("never ends"),
            std::string::npos);
  EXPECT_NE(refusal(analysed(running_example(), {.policy = Policy::kFifo})).find("fifo"),
            std::string::npos);
  EXPECT_NE(refusal(analysed(running_example(), {.overheads = {.clock_error = 40_ms}}))
                .find("leave nothing of a deadline"),
            std::string::npos);
  EXPECT_NE(refusal(analysed({}, {})), "drawn");
  DrawnDemand no_supply = analysed(running_example(), {});
  no_supply.supply = {10_ms, 10_ms};
  EXPECT_NE(refusal(no_supply), "drawn");
}

// At the limits of what validate() admits nothing overflows, whatever is drawn.
TEST(DemandCurves, survive_absurd_sets) {
  const Duration huge = theory::kLargestSum / 8;
  TaskSet tasks = running_example();
  tasks[0].period = huge;
  tasks[1].deadline = {huge};
  tasks[2].release_jitter = huge;
  for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic}) {
    for (const theory::Supply supply : {theory::Supply{}, theory::Supply{huge - 1_ns, huge}}) {
      const DrawnDemand drawn{tasks, {.policy = policy}, supply, {}};
      const auto picture = demand_picture(drawn, {});
      if (picture) continue;
      EXPECT_EQ(picture.error().message().find("no picture"), 0U) << picture.error().message();
    }
  }
}

}  // namespace
}  // namespace aegis::service
