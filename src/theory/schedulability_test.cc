// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/schedulability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/certificate.h"
#include "aegis/theory/demand_bound.h"
#include "aegis/theory/fifo_response_time.h"
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
using policy::Policy;
using testing::HasSubstr;

AnalysisOptions by(Policy policy, Preemption preemption = Preemption::kNonPreemptive) {
  return {.policy = policy, .preemption = preemption};
}

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

TEST(NpEdfDemand, says_unknown_with_reason_beyond_its_limit_of_points) {
  // The deadlines of a 2 ns task before the first deadline of a task 10^9 times as slow.
  const TaskSet dense = example::set({{1, 2, 2}, {400'000'000, 1'000'000'000, 900'000'000}});
  const Analysis limited = analyse_preemptive_edf_demand(dense);
  EXPECT_EQ(limited.verdict, Verdict::kUnknown);
  EXPECT_THAT(limited.reason, HasSubstr("4,000,000"));
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

TEST(Schedulability, a_deadline_within_the_clock_error_is_refused) {
  AnalysisOptions options;
  options.overheads.clock_error = 45_ms;
  const Analysis analysis = analyse(example::running_example(), options);
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
  EXPECT_THAT(analysis.reason, HasSubstr("B's deadline of 40 ms"));
}

TEST(Schedulability, survives_numbers_at_the_limits) {
  const Duration year = Duration::seconds(365 * 86'400);
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

TEST(UtilizationBounds, the_hyperbola_admits_what_liu_and_layland_do_not) {
  const TaskSet tasks = example::set({{1, 2, 2}, {1, 3, 3}});
  EXPECT_EQ(analyse_liu_layland_bound(tasks).verdict, Verdict::kUnknown);
  EXPECT_EQ(analyse_hyperbolic_bound(tasks).verdict, Verdict::kSchedulable);
  EXPECT_EQ(to_string(analyse_hyperbolic_bound(tasks).verdict), "schedulable");
}

TEST(UtilizationBounds, decide_exactly_at_the_bound) {
  const TaskSet at = example::set({{1, 1, 1}});
  EXPECT_EQ(analyse_liu_layland_bound(at).verdict, Verdict::kSchedulable);
  EXPECT_EQ(analyse_hyperbolic_bound(at).verdict, Verdict::kSchedulable);
  const TaskSet above = example::set({{1'000'001, 1'000'000, 1'000'000}});
  EXPECT_EQ(analyse_liu_layland_bound(above).verdict, Verdict::kUnschedulable);
}

TEST(UtilizationBounds, do_not_apply_to_constrained_deadlines_or_jitter) {
  EXPECT_THAT(analyse_liu_layland_bound(example::running_example()).reason, HasSubstr("deadline"));
  EXPECT_THAT(analyse_hyperbolic_bound(example::set({{1, 10, 10, 1}})).reason, HasSubstr("jitter"));
}

TEST(UtilizationBounds, never_admit_what_the_exact_analysis_refuses) {
  example::RandomSets sets(41);
  for (int i = 0; i < 2'000; ++i) {
    TaskSet tasks = sets.next({});
    for (Task& task : tasks) task.deadline.value = task.period;
    const bool layland = analyse_liu_layland_bound(tasks).verdict == Verdict::kSchedulable;
    const bool hyperbola = analyse_hyperbolic_bound(tasks).verdict == Verdict::kSchedulable;
    EXPECT_LE(layland, hyperbola);
    if (hyperbola) {
      EXPECT_EQ(analyse_preemptive_fp_response_time(tasks, Policy::kRateMonotonic).verdict,
                Verdict::kSchedulable);
    }
  }
}

TEST(Certificate, states_what_was_proved_and_under_which_assumptions) {
  const TaskSet tasks = example::running_example_with_c_in(2);
  AnalysisOptions options = by(Policy::kEdf);
  const Certificate certificate = *certify(tasks, options, analyse(tasks, options));
  EXPECT_EQ(certificate.tasks[0].name, "A");
  EXPECT_EQ(certificate.tasks[0].response_time, 50_ms);
  EXPECT_EQ(certificate.tasks[0].slack, 0_ms);
  EXPECT_EQ(certificate.best_effort_tolerance(), 15_ms);
  EXPECT_EQ(certificate.fingerprint, fingerprint(tasks, options));
  EXPECT_THAT(certificate.assumptions,
              testing::Contains("no segment executes longer than its WCET"));
  EXPECT_THAT(certificate.theorem, HasSubstr("Jeffay"));
}

TEST(Certificate, is_not_given_to_what_was_not_proved) {
  const TaskSet tasks = example::running_example();
  const AnalysisOptions options;
  EXPECT_FALSE(certify(tasks, options, analyse(tasks, options)));
  const Analysis smaller = analyse(example::running_example_without_c(), options);
  EXPECT_FALSE(certify(tasks, options, smaller));
  TaskSet others = example::running_example_without_c();
  others[1].id = TaskId{8};
  EXPECT_EQ(certify(others, options, smaller).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(Certificate{}.best_effort_tolerance(), 0_ms);
}

TEST(Certificate, its_fingerprint_changes_with_every_field_and_stays_between_versions) {
  const TaskSet tasks = example::running_example();
  const std::uint64_t original = fingerprint(tasks, {});
  const auto changed = [&](const std::function<void(TaskSet&, AnalysisOptions&)>& change) {
    TaskSet copy = tasks;
    AnalysisOptions options;
    change(copy, options);
    return fingerprint(copy, options);
  };
  std::vector<std::uint64_t> all = {
      original,
      changed([](auto& t, auto&) { t[0].name = "a"; }),
      changed([](auto& t, auto&) { t[0].segments[0].wcet += 1_ns; }),
      changed([](auto& t, auto&) { t[0].segments[0].bcet -= 1_ns; }),
      changed([](auto& t, auto&) { t[0].period += 1_ns; }),
      changed([](auto& t, auto&) { t[0].deadline.value += 1_ns; }),
      changed([](auto& t, auto&) { t[0].release_jitter += 1_ns; }),
      changed([](auto& t, auto&) { t[0].offset = 0_ns; }),
      changed([](auto& t, auto&) { t[0].priority = {-1}; }),
      changed([](auto& t, auto&) { t[0].overload.rule = OverloadRule::kReject; }),
      changed([](auto& t, auto&) { t[0].overload.queue_depth = 2; }),
      changed([](auto& t, auto&) { t[0].batch = 2; }),
      changed([](auto& t, auto&) {
        t[0].stages = {{.name = "", .segments = {{1_ns, 1_ns}}, .predecessors = {}}};
      }),
      changed([](auto& t, auto&) {
        t[0].stages = {{.name = "", .segments = {{1_ns, 1_ns}}, .predecessors = {0}}};
      }),
      changed([](auto& t, auto&) { std::swap(t[0], t[1]); }),
      changed([](auto&, auto& o) { o.policy = Policy::kFifo; }),
      changed([](auto&, auto& o) { o.preemption = Preemption::kPreemptive; }),
      changed([](auto&, auto& o) { o.blocking = Blocking::started_before(1_ns); }),
      changed([](auto&, auto& o) { o.overheads.release = 1_ns; }),
      changed([](auto&, auto& o) { o.overheads.dispatch = 1_ns; }),
  };
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST(Witness, of_the_running_example_is_c_just_before_b) {
  const TaskSet tasks = example::running_example();
  const AnalysisOptions options;
  const auto jobs = witness(tasks, options, analyse(tasks, options));
  ASSERT_TRUE(jobs);
  EXPECT_EQ(jobs->front().task, TaskId{2});
  EXPECT_TRUE(allowed_by(tasks, *jobs));
  EXPECT_EQ(witness(tasks, options, {}), std::nullopt);
}

}  // namespace
}  // namespace aegis::theory
