// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/schedulability.h"

#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/fifo_response_time.h"
#include "aegis/theory/incremental_admission.h"
#include "aegis/theory/np_edf_demand.h"
#include "aegis/theory/np_edf_response_time.h"
#include "aegis/theory/np_fp_response_time.h"
#include "aegis/theory/preemptive_edf_demand.h"
#include "aegis/theory/preemptive_fp_response_time.h"
#include "aegis/theory/utilization_bounds.h"
#include "aegis/theory/witness.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;
using testing::HasSubstr;

TEST(Schedulability, the_running_example_under_every_policy) {
  const TaskSet tasks = example::running_example();
  const auto verdict = [&](Policy policy, Preemption preemption) {
    return analyse(tasks, by(policy, preemption)).verdict;
  };
  const auto np = Preemption::kNonPreemptive, p = Preemption::kPreemptive;
  EXPECT_EQ(verdict(Policy::kEdf, p), Verdict::kSchedulable);
  EXPECT_EQ(verdict(Policy::kDeadlineMonotonic, p), Verdict::kSchedulable);
  EXPECT_EQ(verdict(Policy::kRateMonotonic, p), Verdict::kSchedulable);
  EXPECT_EQ(verdict(Policy::kDeadlineMonotonic, np), Verdict::kUnschedulable);
  EXPECT_EQ(verdict(Policy::kRateMonotonic, np), Verdict::kUnschedulable);
  EXPECT_EQ(verdict(Policy::kStaticPriority, np), Verdict::kUnschedulable);
  EXPECT_EQ(verdict(Policy::kFifo, np), Verdict::kUnschedulable);
  EXPECT_EQ(verdict(Policy::kFifo, p), Verdict::kUnschedulable);
}

TEST(Schedulability, deadline_monotonic_response_times_of_the_running_example) {
  const Analysis preemptive =
      analyse(example::running_example(), by(Policy::kDeadlineMonotonic, Preemption::kPreemptive));
  EXPECT_EQ(preemptive.tasks[0].response_time, 35_ms);
  EXPECT_EQ(preemptive.tasks[1].response_time, 15_ms);
  EXPECT_EQ(preemptive.tasks[2].response_time, 65_ms);
  const Analysis segments =
      analyse(example::running_example_with_c_in(2), by(Policy::kDeadlineMonotonic));
  EXPECT_EQ(segments.verdict, Verdict::kSchedulable);
  EXPECT_EQ(segments.tasks[1].response_time, 35_ms);
  EXPECT_EQ(segments.tasks[0].response_time, 50_ms);
  EXPECT_EQ(segments.tasks[0].blocking_tolerance, 15_ms);
  const Analysis refused = analyse(example::running_example(), by(Policy::kDeadlineMonotonic));
  EXPECT_THAT(refused.reason,
              HasSubstr("may respond after 65 ms > 50 ms, 30 ms of them held back by C"));
}

TEST(Schedulability, fifo_makes_all_wait_for_all) {
  const TaskSet tasks = example::running_example();
  const Analysis analysis = analyse_fifo_response_time(tasks, Blocking::closed());
  for (const TaskBound& bound : analysis.tasks) EXPECT_EQ(bound.response_time, 65_ms);
  EXPECT_EQ(analysis.failure->task, TaskId{0});
  EXPECT_TRUE(witness(tasks, by(Policy::kFifo), analysis));
  EXPECT_EQ(
      analyse_fifo_response_time(example::running_example_without_c(), Blocking::closed()).verdict,
      Verdict::kSchedulable);
}

//   B's second segment, begun just before     A, released with C, ends at 8
//   BBBB C C C A
//
// Later arrivals of A, once B's own job is due, respond within 5 at most.
TEST(Schedulability, an_edf_response_may_be_longest_where_another_segment_still_blocks) {
  TaskSet tasks = example::set({{1, 19, 15}, {6, 15, 21}, {1, 3, 5}});
  tasks[1].segments = {{2_ns, 2_ns}, {4_ns, 4_ns}};
  const Analysis analysis = analyse(tasks, by(Policy::kEdf));
  EXPECT_EQ(analysis.verdict, Verdict::kSchedulable);
  EXPECT_EQ(analysis.tasks[0].response_time, 8_ns);
}

// A may arrive a tick before B and after it: late by a tick, it may or may not be.
TEST(Schedulability, fifo_refuses_by_more_than_a_tick_and_without_jitter_only) {
  const auto verdict = [](const TaskSet& tasks) {
    return analyse_fifo_response_time(tasks, Blocking::closed()).verdict;
  };
  EXPECT_EQ(verdict(example::set({{3, 10, 6}, {3, 10, 10}})), Verdict::kSchedulable);
  EXPECT_EQ(verdict(example::set({{3, 10, 5}, {3, 10, 10}})), Verdict::kUnknown);
  EXPECT_EQ(verdict(example::set({{3, 10, 4}, {3, 10, 10}})), Verdict::kUnschedulable);
  EXPECT_EQ(verdict(example::set({{3, 10, 4}, {3, 10, 10, 1}})), Verdict::kUnknown);
}

TEST(Schedulability, equal_priorities_are_counted_against_each_other) {
  TaskSet tasks = example::set({{10, 100, 15}, {10, 100, 30}}, 1_ms);
  for (Task& task : tasks) task.priority = {1};
  const Analysis analysis = analyse(tasks, by(Policy::kStaticPriority));
  EXPECT_EQ(analysis.verdict, Verdict::kUnknown);
  EXPECT_THAT(analysis.reason, HasSubstr("equal priorities"));
}

TEST(Schedulability, more_than_the_whole_lane_is_refused_by_every_policy) {
  const TaskSet tasks = example::set({{3, 5, 5}, {3, 5, 6}}, 1_ms);
  for (const Policy policy : {Policy::kEdf, Policy::kDeadlineMonotonic, Policy::kFifo}) {
    for (const Preemption p : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
      const Analysis analysis = analyse(tasks, by(policy, p));
      EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
      EXPECT_FALSE(analysis.reason.empty());
    }
  }
}

TEST(Schedulability, a_job_that_outlives_its_overload_rule_is_not_admitted) {
  TaskSet tasks = example::set({{26, 70, 200}, {62, 100, 200}}, 1_ms);
  const auto options = by(Policy::kStaticPriority, Preemption::kPreemptive);
  EXPECT_EQ(analyse(tasks, options).verdict, Verdict::kSchedulable);
  tasks[1].overload = {OverloadRule::kQueue, 1};
  EXPECT_EQ(analyse(tasks, options).verdict, Verdict::kSchedulable);
  tasks[1].overload = {OverloadRule::kSkip, 0};
  const Analysis analysis = analyse(tasks, options);
  EXPECT_EQ(analysis.verdict, Verdict::kUnknown);
  EXPECT_THAT(analysis.reason, HasSubstr("B may take 118 ms, and after 100 ms"));
}

// With D a segment of 16 would be borne; without a later job dropped at 10, one of 6, and under EDF
// no more than the best effort that is declared.
TEST(Schedulability, a_tolerance_is_one_under_which_no_job_is_dropped) {
  TaskSet tasks = example::set({{4, 10, 20}}, 1_ms);
  for (const Policy policy : {Policy::kStaticPriority, Policy::kEdf}) {
    auto options = by(policy);
    const auto tolerance = [&] { return analyse(tasks, options).tasks[0].blocking_tolerance; };
    tasks[0].overload = {OverloadRule::kQueue, 1};
    EXPECT_EQ(tolerance(), 16_ms);
    tasks[0].overload = {OverloadRule::kSkip, 0};
    EXPECT_EQ(tolerance(), policy == Policy::kEdf ? 0_ms : 6_ms);
    options.blocking.best_effort = 5_ms;
    EXPECT_EQ(tolerance(), policy == Policy::kEdf ? 5_ms : 6_ms);
    options.blocking.best_effort = 7_ms;
    EXPECT_EQ(analyse(tasks, options).verdict, Verdict::kUnknown);
    EXPECT_EQ(tolerance(), std::nullopt);
  }
}

// B's busy period has 10^15 jobs, beyond any limit, but the first is late.
TEST(Schedulability, refuses_by_the_first_late_job_where_not_all_can_be_seen) {
  const TaskSet tasks = example::set(
      {{72'000'000'001, 3'600'000'000'001, 3'600'000'000'001}, {1, 2, 5, 8'000'000'000'000'000}});
  const Analysis analysis = analyse(tasks, by(Policy::kStaticPriority));
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
  ASSERT_EQ(analysis.tasks.size(), 2U);
  EXPECT_EQ(analysis.tasks[1].response_time, std::nullopt);
  ASSERT_TRUE(analysis.failure);
  EXPECT_EQ(analysis.failure->task, tasks[1].id);
  EXPECT_EQ(judge(tasks, by(Policy::kStaticPriority)), analysis.verdict);
}

// Eight tasks that leave 10^-8 of the lane idle, each bounded by its deadline only.
TEST(Schedulability, names_few_of_many_tasks_whose_search_was_given_up) {
  TaskSet tasks;
  for (std::int64_t i = 0; i < 8; ++i) {
    const std::int64_t wcet = 12'500'000 + 17 * i;
    tasks.push_back(
        example::task(static_cast<std::uint32_t>(i), {wcet, 8 * wcet + 1, 50'000'000'000}, 1_ns));
  }
  const Analysis analysis = analyse(tasks, by(Policy::kEdf));
  EXPECT_EQ(analysis.verdict, Verdict::kSchedulable);
  EXPECT_EQ(analysis.tasks[7].response_time, 50_s);
  EXPECT_THAT(analysis.reason, HasSubstr("given up for A, B, C, D, E and 3 more"));
}

TEST(Schedulability, refuses_a_blocking_that_is_none) {
  const TaskSet tasks = example::running_example();
  const TaskSet longest = example::set({{1, 1, 1}}, kLargestSum / 4);
  for (const Policy policy : {Policy::kEdf, Policy::kFifo, Policy::kDeadlineMonotonic}) {
    for (const auto& [best_effort, tick, problem] :
         {std::tuple{-1_ns, 1_ns, "negative"}, std::tuple{Duration::max(), 1_ns, "36 years"},
          std::tuple{1_ns, 0_ns, "tick"}}) {
      auto options = by(policy);
      options.blocking.best_effort = best_effort;
      options.blocking.tick = tick;
      const Analysis analysis = analyse(tasks, options);
      EXPECT_EQ(analysis.verdict, Verdict::kUnknown);
      EXPECT_THAT(analysis.reason, HasSubstr(problem));
      EXPECT_EQ(judge(tasks, options), Verdict::kUnknown);
      EXPECT_EQ(ProvenSet(options).add(tasks[0]), Verdict::kUnknown);
    }
    auto options = by(policy);
    options.blocking.best_effort = kLargestSum;
    EXPECT_NE(analyse(longest, options).verdict, Verdict::kSchedulable);
    EXPECT_NE(judge(longest, options), Verdict::kSchedulable);
  }
}

TEST(Schedulability, answers_bad_input_in_words_and_never_aborts) {
  const auto reason = [](const TaskSet& tasks, const AnalysisOptions& options) {
    const Analysis analysis = analyse(tasks, options);
    EXPECT_EQ(analysis.verdict, Verdict::kUnknown);
    return analysis.reason;
  };
  TaskSet tasks = example::running_example();
  AnalysisOptions options;
  options.overheads.release = -1_ns;
  EXPECT_THAT(reason(tasks, options), HasSubstr("overhead"));
  options.overheads = {.dispatch = Duration::max()};
  options.preemption = Preemption::kPreemptive;
  EXPECT_THAT(reason(tasks, options), HasSubstr("overhead"));
  options.overheads = {.dispatch = kLargestSum};
  options.preemption = Preemption::kNonPreemptive;
  EXPECT_THAT(reason(tasks, options), HasSubstr("36 years"));
  tasks[0].period = -1_ms;
  EXPECT_THAT(reason(tasks, {}), HasSubstr("period"));
  EXPECT_THAT(reason({}, {}), HasSubstr("empty"));
  for (const auto& analysis :
       {analyse_np_edf_demand({}, {}), analyse_preemptive_edf_demand({}),
        analyse_np_edf_response_time({}, {}), analyse_preemptive_edf_response_time({}),
        analyse_fifo_response_time({}, {}), analyse_liu_layland_bound({}),
        analyse_np_fp_response_time({}, Policy::kRateMonotonic, {}),
        analyse_preemptive_fp_response_time({}, Policy::kRateMonotonic)}) {
    EXPECT_EQ(analysis.verdict, Verdict::kUnknown);
  }
  EXPECT_EQ(blocking_tolerance({}), std::nullopt);
  EXPECT_TRUE(longest_admissible_segments({}).empty());
}

TEST(Schedulability, the_verdict_alone_is_the_verdict_of_the_analysis) {
  constexpr example::Kind kKinds[] = {
      {.most_tasks = 6, .longest_period = 40},
      {.most_tasks = 6, .longest_period = 40, .largest_jitter = 50, .segments = true},
      {.deadlines_beyond_periods = true, .segments = true},
  };
  example::RandomSets sets(61);
  for (int round = 0; round < 1'000; ++round) {
    TaskSet tasks = sets.next(kKinds[round % 3]);
    if (round % 7 == 0) tasks[0].offset = 0_ns;
    if (round % 5 == 0) tasks[0].overload = {};
    for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                Policy::kStaticPriority, Policy::kFifo}) {
      AnalysisOptions options = by(policy, static_cast<Preemption>(round % 2));
      if (round % 3 == 0) options.supply = {1_ns, sets.between(3, 30) * 1_ns};
      if (round % 4 == 0) options.overheads.dispatch = 1_ns;
      ASSERT_EQ(judge(tasks, options), analyse(tasks, options).verdict)
          << round << " " << to_string(policy);
    }
  }
}

// X arrives a tick after the others, so that Y, due as it, goes first; Z's long segment began
// before.
//
//     Z |===|===|===|===|
//     Y  ^              |===|===|
//     X      ^                  |===|      6 after its arrival; together with Y it goes first: 5
TEST(Schedulability, the_worst_job_under_edf_arrives_later_and_is_blocked_all_the_same) {
  TaskSet tasks = example::set({{1, 6, 3}, {2, 6, 4}, {6, 13, 11}});
  tasks[2].segments = {{2_ns, 2_ns}, {4_ns, 4_ns}};
  const Analysis analysis = analyse_np_edf_response_time(tasks, Blocking::closed());
  EXPECT_EQ(analysis.tasks[0].response_time, 6_ns);
}

TEST(Schedulability, a_deadline_within_the_clock_error_is_refused) {
  AnalysisOptions options;
  options.overheads.clock_error = 45_ms;
  const Analysis analysis = analyse(example::running_example(), options);
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
  EXPECT_THAT(analysis.reason, HasSubstr("B's deadline of 40 ms"));
}

TEST(Schedulability, survives_numbers_at_the_limits) {
  const Duration year = Duration::seconds(365L * 86'400);
  const TaskSet tasks = example::set({{1, 3, 3}, {1, 4, 2, 1}}, year);
  for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kFifo}) {
    for (const Preemption p : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
      EXPECT_FALSE(analyse(tasks, by(policy, p)).reason.empty());
    }
  }
}

TEST(Schedulability, fixed_priority_analyses_need_fixed_priorities) {
  const TaskSet tasks = example::running_example();
  EXPECT_EQ(analyse_np_fp_response_time(tasks, Policy::kEdf, {}).verdict, Verdict::kUnknown);
  EXPECT_TRUE(preemptive_successive_responses(tasks, TaskId{9}, Policy::kRateMonotonic).empty());
  EXPECT_TRUE(np_successive_responses(tasks, TaskId{9}, Policy::kRateMonotonic, {}).empty());
}

}  // namespace
}  // namespace aegis::theory
