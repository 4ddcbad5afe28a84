// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_edf_demand.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/demand_bound.h"
#include "aegis/theory/preemptive_edf_demand.h"
#include "aegis/theory/schedulability.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;
using testing::HasSubstr;

TEST(DemandBound, of_the_running_example) {
  const TaskSet tasks = example::running_example();
  const auto dbf = [&](Duration t) { return demand_bound(tasks, t); };
  EXPECT_EQ(dbf(39_ms), 0_ms);
  EXPECT_EQ(dbf(40_ms), 15_ms);
  EXPECT_EQ(dbf(50_ms), 35_ms);
  EXPECT_EQ(dbf(100_ms), 65_ms);
  EXPECT_EQ(dbf(200_ms), 115_ms);
  EXPECT_EQ(request_bound(tasks, 1_ns), 65_ms);
  EXPECT_EQ(request_bound(tasks, 80_ms), 65_ms);
  EXPECT_EQ(request_bound(tasks, 81_ms), 80_ms);
}

TEST(NpEdfDemand, admits_the_running_example_without_c) {
  const TaskSet tasks = example::running_example_without_c();
  const Analysis analysis = analyse(tasks, by(Policy::kEdf));
  EXPECT_EQ(analysis.verdict, Verdict::kSchedulable);
  EXPECT_EQ(analysis.tasks[0].response_time, 35_ms);
  EXPECT_EQ(analysis.tasks[1].response_time, 35_ms);
  EXPECT_EQ(analysis.tasks[1].slack, 5_ms);
  EXPECT_EQ(analysis.tasks[1].blocking, 20_ms);
  EXPECT_EQ(analysis.tasks[0].blocking, 0_ms);
  EXPECT_THAT(analysis.reason, HasSubstr("the tightest is B: 35 ms of 40 ms"));
  EXPECT_EQ(blocking_tolerance(tasks), 15_ms);
}

TEST(NpEdfDemand, refuses_the_running_example_with_c) {
  const Analysis analysis = analyse(example::running_example(), by(Policy::kEdf));
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
  ASSERT_TRUE(analysis.failure);
  EXPECT_EQ(analysis.failure->interval, 40_ms);
  EXPECT_EQ(analysis.failure->demand, 15_ms);
  EXPECT_EQ(analysis.failure->blocking, 30_ms);
  EXPECT_EQ(analysis.failure->blocker, TaskId{2});
  EXPECT_EQ(analysis.failure->task, TaskId{1});
  EXPECT_EQ(analysis.reason,
            "in 40 ms, jobs due need 15 ms and C, started just before, holds the lane 30 ms: "
            "45 ms > 40 ms");
}

TEST(NpEdfDemand, admits_c_in_two_segments_with_nothing_to_spare) {
  const TaskSet tasks = example::running_example_with_c_in(2);
  const Analysis analysis = analyse(tasks, by(Policy::kEdf));
  EXPECT_EQ(analysis.verdict, Verdict::kSchedulable);
  EXPECT_EQ(analysis.tasks[0].response_time, 50_ms);
  EXPECT_EQ(analysis.tasks[0].slack, 0_ms);
  EXPECT_EQ(blocking_tolerance(tasks), 15_ms);
  AnalysisOptions with_overheads = by(Policy::kEdf);
  with_overheads.overheads.dispatch = 10_us;
  EXPECT_EQ(analyse(tasks, with_overheads).verdict, Verdict::kUnschedulable);
  const Analysis thirds = analyse(example::running_example_with_c_in(3), with_overheads);
  EXPECT_EQ(thirds.verdict, Verdict::kSchedulable);
  EXPECT_GT(*thirds.tasks[0].slack, 4_ms);
}

TEST(NpEdfDemand, knows_the_longest_segment_c_may_have) {
  const auto longest = longest_admissible_segments(example::running_example());
  ASSERT_EQ(longest.size(), 3U);
  EXPECT_EQ(longest[2], 15_ms);
  EXPECT_EQ(longest[1], Duration::max()) << "no deadline is shorter than B's";
  EXPECT_EQ(longest[0], 25_ms) << "t = 40: 40 - 15";
}

TEST(NpEdfDemand, decides_exactly_at_full_utilisation) {
  // 1/3 + 1/3 + 1/3 with equal deadlines, so that nothing blocks.
  const TaskSet full = example::set({{1, 3, 3}, {1, 3, 3}, {1, 3, 3}}, 1_ms);
  EXPECT_EQ(analyse(full, by(Policy::kEdf)).verdict, Verdict::kSchedulable);
  TaskSet above = full;
  above[0].period = 3_ms - 1_ns;
  EXPECT_EQ(analyse(above, by(Policy::kEdf)).verdict, Verdict::kUnschedulable);
  EXPECT_THAT(analyse(above, by(Policy::kEdf)).reason, HasSubstr("exceeds 1"));
  EXPECT_EQ(blocking_tolerance(above), std::nullopt);
}

// In floating point ten tenths add up to 0.9999999999999999, also with a period one part in 10^16
// shorter; 9 + 18 + 1 parts of 28 to 1.0000000000000002.
TEST(NpEdfDemand, decides_exactly_where_floating_point_would_not) {
  const Duration tick = Duration::nanoseconds(1'000'000'000'000'000);
  TaskSet tenths = example::set(std::vector<example::Numbers>(10, {1, 10, 10}), tick);
  EXPECT_EQ(analyse(tenths, by(Policy::kEdf)).verdict, Verdict::kSchedulable);
  tenths[0].period -= 1_ns;
  EXPECT_THAT(analyse(tenths, by(Policy::kEdf)).reason, HasSubstr("exceeds 1"));
  const TaskSet parts = example::set({{9, 28, 28}, {18, 28, 28}, {1, 28, 28}}, 1_ms);
  EXPECT_EQ(analyse(parts, by(Policy::kEdf)).verdict, Verdict::kSchedulable);
}

TEST(NpEdfDemand, says_unknown_with_reason_beyond_its_limit_of_points) {
  // 1/2 + 1/4 + 1/8 ...: never more than thirty ticks of slack until the longest deadline.
  std::vector<example::Numbers> dense;
  for (std::int64_t period = 2; period <= 1LL << 30; period *= 2)
    dense.push_back({1, period, period});
  const Analysis limited = analyse_preemptive_edf_demand(example::set(dense));
  EXPECT_EQ(limited.verdict, Verdict::kUnknown);
  EXPECT_THAT(limited.reason, HasSubstr("limit of 10,000,000"));
}

TEST(NpEdfDemand, takes_few_points_where_a_walk_would_take_half_a_billion) {
  const TaskSet apart = example::set({{1, 2, 2}, {400'000'000, 1'000'000'000, 900'000'000}});
  EXPECT_EQ(analyse_preemptive_edf_demand(apart).verdict, Verdict::kSchedulable);
}

TEST(NpEdfDemand, a_job_released_after_its_deadline_is_refused) {
  const TaskSet tasks = example::set({{1, 10, 4, 5}}, 1_ms);
  EXPECT_EQ(analyse(tasks, by(Policy::kEdf)).verdict, Verdict::kUnschedulable);
  EXPECT_EQ(analyse(tasks, by(Policy::kDeadlineMonotonic)).verdict, Verdict::kUnschedulable);
}

TEST(NpEdfDemand, offsets_make_a_refusal_unknown_but_not_an_acceptance) {
  TaskSet tasks = example::running_example();
  tasks[2].offset = 10_ms;
  for (const Policy policy : {Policy::kEdf, Policy::kDeadlineMonotonic}) {
    const Analysis analysis = analyse(tasks, by(policy));
    EXPECT_EQ(analysis.verdict, Verdict::kUnknown);
    EXPECT_THAT(analysis.reason, HasSubstr("offsets"));
  }
  tasks.pop_back();
  tasks[0].offset = 3_ms;
  EXPECT_EQ(analyse(tasks, by(Policy::kEdf)).verdict, Verdict::kSchedulable);
  tasks[0].deadline.value = 19_ms;
  EXPECT_EQ(analyse(tasks, by(Policy::kEdf, Preemption::kPreemptive)).verdict, Verdict::kUnknown);
}

// The definition, word for word, at every t of two hyperperiods (840 ticks at most) and more.
struct Naive {
  bool schedulable = true;
  Duration tolerance = Duration::max();
};

Duration naive_blocking(const TaskSet& tasks, Duration t, Blocking blocking) {
  Duration longest;
  for (const Task& task : tasks) {
    Duration before;
    for (const Segment& segment : task.segments) {
      const bool later = task.deadline.value - std::max(task.release_jitter, before) > t;
      if (later) longest = std::max(longest, blocking.of(segment.wcet));
      before += segment.bcet;
    }
  }
  return longest;
}

Naive naive_demand_test(const TaskSet& tasks, Blocking blocking) {
  Naive answer{.schedulable = utilisation(tasks) <= Rational(1)};
  for (Duration t = -50_ns; answer.schedulable && t < 2'000_ns; t += 1_ns) {
    const Duration demand = demand_bound(tasks, t);
    if (demand == 0_ns) continue;
    answer.schedulable = demand + naive_blocking(tasks, t, blocking) <= t;
    answer.tolerance = std::min(answer.tolerance, t - demand);
  }
  return answer;
}

TEST(NpEdfDemand, agrees_with_its_definition_checked_at_every_t) {
  example::RandomSets sets(51);
  int schedulable = 0;
  for (int i = 0; i < 400; ++i) {
    const TaskSet tasks = sets.next({.longest_period = 8,
                                     .largest_jitter = std::int64_t{i % 3} * 4,
                                     .deadlines_beyond_periods = i % 2 == 0,
                                     .segments = i % 5 == 0});
    const Naive naive = naive_demand_test(tasks, Blocking::closed());
    const Analysis analysis = analyse_np_edf_demand(tasks, Blocking::closed());
    ASSERT_EQ(analysis.verdict == Verdict::kSchedulable, naive.schedulable) << analysis.reason;
    if (!naive.schedulable) continue;
    ++schedulable;
    EXPECT_EQ(blocking_tolerance(tasks), naive.tolerance);
  }
  EXPECT_GT(schedulable, 80);
}

}  // namespace
}  // namespace aegis::theory
