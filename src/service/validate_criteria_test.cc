// SPDX-License-Identifier: Apache-2.0
#include "validate_criteria.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using testing::HasSubstr;
using theory::policy::Policy;
using enum CriterionStatus;

constexpr std::uint32_t kJobs = 1000;

// A run on a good machine: 2,500 jobs, 2 us of overhead a segment of 2 ms.
ScenarioRun good_run(const std::string& name) {
  ScenarioRun run{.result = {.name = name,
                             .admitted = true,
                             .jobs = 2500,
                             .decisions = 2500,
                             .reconstructed = 2500,
                             .audit = "passed"}};
  run.report.elapsed = 10_s;
  run.report.admitted = true;
  run.report.real_time = true;
  for (const char* model : {"a", "b"}) {
    run.report.models.push_back({.name = model,
                                 .jobs = 1250,
                                 .completed = 1250,
                                 .execution_cv = 0.02,
                                 .execution_p50 = 2_ms});
  }
  run.report.lanes.push_back({.name = "lane0",
                              .time = {.dispatch = 2_ms, .execute = 5_s, .complete = 3_ms},
                              .segments = 2500});
  return run;
}

ScenarioRun losing_run(const std::string& name) {
  ScenarioRun run = good_run(name);
  run.result.admitted = run.report.admitted = false;
  run.result.misses = 100;
  run.report.models[0].misses = 100;
  return run;
}

// Everything as it should be.
ValidationFindings good_findings() {
  return {.theory = {.sets = 200,
                     .edf = {0.99, 0.98},
                     .rate_monotonic = {0.92, 0.80},
                     .fifo = {0.32, 0.08},
                     .simulated = 3000,
                     .missed = 0},
          .example = {.run = good_run("1"), .answers_right = true},
          .two_models = good_run("2"),
          .real_models = true,
          .threads = std::nullopt,
          .coming_and_going = {.result = good_run("3").result, .arena_followed = true},
          .any_workload = good_run("4"),
          .edf = good_run("edf"),
          .rate_monotonic = losing_run("rm"),
          .fifo = losing_run("fifo"),
          .memory = MemoryFindings{.default_arenas = 40U << 20,
                                   .isolated_plans = 15U << 20,
                                   .largest = 5U << 20,
                                   .shared_arena = 5U << 20},
          .thread_hand_over = 3_us};
}

Criterion judged(const ValidationFindings& findings, const std::string& id) {
  for (const Criterion& criterion : judge(findings, kJobs)) {
    if (criterion.id == id) return criterion;
  }
  ADD_FAILURE() << "no criterion " << id;
  return {};
}

TEST(ValidateCriteria, all_are_met_by_a_good_machine) {
  for (const Criterion& criterion : judge(good_findings(), kJobs)) {
    EXPECT_EQ(criterion.status, kMet)
        << criterion.id << ": " << criterion.measured << "; " << criterion.obstacle;
    EXPECT_FALSE(criterion.how_to_read.empty());
  }
}

TEST(ValidateCriteria, a_miss_that_nothing_excuses_is_missed) {
  ValidationFindings findings = good_findings();
  findings.any_workload.result.misses = 1;
  EXPECT_EQ(judged(findings, "admission").status, kMissed);
  findings = good_findings();
  findings.theory.missed = 1;
  EXPECT_EQ(judged(findings, "admission").status, kMissed);
  findings = good_findings();
  findings.example.answers_right = false;
  EXPECT_EQ(judged(findings, "admission").status, kMissed);
}

TEST(ValidateCriteria, a_machine_that_takes_the_processor_away_proves_nothing) {
  ValidationFindings findings = good_findings();
  findings.two_models.result.misses = findings.two_models.result.misses_in_lost_supply = 100;
  EXPECT_EQ(judged(findings, "admission").status, kMet) << "100 of 12,500";
  findings.edf.result.misses = findings.edf.result.misses_in_lost_supply = 500;
  const Criterion admission = judged(findings, "admission");
  EXPECT_EQ(admission.status, kNotMeasured);
  EXPECT_THAT(admission.obstacle, HasSubstr("took the processor away from 600 of"));
  EXPECT_EQ(judged(findings, "edf").status, kNotMeasured);
}

TEST(ValidateCriteria, without_a_real_time_class_deadlines_are_not_judged) {
  ValidationFindings findings = good_findings();
  for (ScenarioRun* run : {&findings.example.run, &findings.two_models, &findings.edf}) {
    run->report.real_time = false;
    run->report.real_time_note = "refused";
  }
  EXPECT_EQ(judged(findings, "admission").status, kNotMeasured);
  EXPECT_THAT(judged(findings, "admission").obstacle, HasSubstr("no real-time class"));
  EXPECT_EQ(judged(findings, "edf").status, kNotMeasured);
}

TEST(ValidateCriteria, a_scenario_cut_short_is_not_judged) {
  ValidationFindings findings = good_findings();
  findings.example.run.result.jobs = 20;
  const Criterion admission = judged(findings, "admission");
  EXPECT_EQ(admission.status, kNotMeasured);
  EXPECT_EQ(admission.obstacle, "1: 20 jobs instead of 2000");
}

TEST(ValidateCriteria, a_scenario_that_did_not_run_is_no_audit_passed) {
  ValidationFindings findings = good_findings();
  findings.any_workload.result = {.name = "4"};
  const Criterion explained = judged(findings, "explainability");
  EXPECT_EQ(explained.status, kNotMeasured);
  EXPECT_EQ(explained.obstacle, "did not run: 4");
  findings.two_models.result.audit = "failed";
  EXPECT_EQ(judged(findings, "explainability").status, kMissed);
  findings = good_findings();
  findings.edf.result.reconstructed -= 1;
  EXPECT_EQ(judged(findings, "explainability").status, kMissed);
}

TEST(ValidateCriteria, determinism_needs_two_models_of_a_millisecond) {
  ValidationFindings findings = good_findings();
  findings.two_models.report.models[1].execution_cv = 0.06;
  EXPECT_EQ(judged(findings, "determinism").status, kMissed);
  findings.two_models.report.models[1].execution_p50 = 100_us;
  EXPECT_EQ(judged(findings, "determinism").status, kNotMeasured);
  findings.real_models = false;
  findings.models_obstacle = "fewer than two models take a millisecond";
  EXPECT_EQ(judged(findings, "determinism").obstacle, findings.models_obstacle);
}

TEST(ValidateCriteria, memory_is_judged_where_it_can_be_saved) {
  ValidationFindings findings = good_findings();
  findings.memory->shared_arena = 10U << 20;
  EXPECT_EQ(judged(findings, "memory").status, kMissed);
  findings.memory->largest = findings.memory->shared_arena = 14U << 20;
  EXPECT_EQ(judged(findings, "memory").status, kNotMeasured);
  EXPECT_THAT(judged(findings, "memory").obstacle, HasSubstr("the largest alone has 93.3 %"));
  findings = good_findings();
  findings.memory->unplanned_allocations = 1;
  EXPECT_EQ(judged(findings, "memory").status, kMissed);
  findings = good_findings();
  findings.coming_and_going.leaks = 1;
  EXPECT_EQ(judged(findings, "memory").status, kMissed);
}

TEST(ValidateCriteria, overhead_is_that_of_the_worst_scenario) {
  ValidationFindings findings = good_findings();
  findings.edf.report.lanes[0].time.dispatch = 60_ms;
  const Criterion overhead = judged(findings, "overhead");
  EXPECT_EQ(overhead.status, kMissed);
  EXPECT_THAT(overhead.measured, HasSubstr("segments of edf"));
}

// What scenario "three orders" rests on, in exact time: at 95 to 100 % of the WCETs, RM and FIFO
// miss from a synchronous start, and EDF is admitted with the workload's overheads.
TEST(ThreeOrders, miss_under_rm_and_fifo_and_hold_under_edf) {
  for (const std::int64_t percent : {95, 96, 97, 98, 99, 100}) {
    theory::TaskSet tasks;
    theory::TaskSet bounds;
    for (const ScenarioModel& model : three_orders()) {
      theory::Task task{.id = TaskId{static_cast<std::uint32_t>(tasks.size())},
                        .name = model.name,
                        .period = model.period,
                        .deadline = {model.deadline}};
      for (const Duration wcet : model.wcets) task.segments.push_back({wcet, {}});
      bounds.push_back(task);
      for (theory::Segment& segment : task.segments) {
        segment.wcet = Duration::nanoseconds(segment.wcet.ns() / 100 * percent);
      }
      tasks.push_back(task);
    }
    const theory::Overheads overheads{
        .release = 150_us, .dispatch = 30_us, .completion = 30_us, .clock_error = 1_us};
    EXPECT_EQ(theory::analyse(bounds, {.policy = Policy::kEdf, .overheads = overheads}).verdict,
              theory::Verdict::kSchedulable);
    for (const Policy policy : {Policy::kRateMonotonic, Policy::kFifo, Policy::kEdf}) {
      const auto schedule = theory::simulate(tasks, theory::synchronous_arrivals(tasks, 280_ms),
                                             {.policy = policy, .overload_rules = false});
      ASSERT_TRUE(schedule);
      EXPECT_EQ(schedule->has_miss(), policy != Policy::kEdf)
          << percent << " % under " << theory::policy::to_string(policy);
    }
  }
}

TEST(ValidationWorkload, takes_any_path) {
  const std::string text = render_workload(
      {{.name = "m0", .file = "/tmp/o'dd \"one\"\\.onnx", .period = 1_s, .deadline = 1_s}});
  EXPECT_THAT(text, HasSubstr(R"(path = "/tmp/o'dd \"one\"\\.onnx")"));
}

}  // namespace
}  // namespace aegis::service
