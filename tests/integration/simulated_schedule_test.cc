// SPDX-License-Identifier: Apache-2.0
//
// The simulator and the audit share no code: the simulator orders jobs by theory/policy, the audit
// restates each ordering. On thousands of random schedules they agree, decision for decision; and
// watching a schedule does not change it.

#include <random>

#include <gtest/gtest.h>

#include "aegis/audit/audit.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"
#include "aegis/trace/trace.h"

#include "simulated_trace.h"

namespace aegis::integration {
namespace {

using namespace time_literals;
using theory::TaskSet;
using theory::policy::Policy;

TaskSet random_set(std::mt19937_64& random) {
  TaskSet tasks;
  const auto count = static_cast<std::uint32_t>(2 + random() % 5);
  for (std::uint32_t i = 0; i < count; ++i) {
    theory::Task task;
    task.id = TaskId{i};
    task.name = "t" + std::to_string(i);
    task.period = Duration::milliseconds(static_cast<std::int64_t>(5 + random() % 60));
    task.deadline = {Duration::milliseconds(static_cast<std::int64_t>(5 + random() % 60))};
    task.priority = {static_cast<std::int64_t>(random() % 4)};
    task.overload = {theory::OverloadRule::kQueue, 1000};
    for (auto segments = 1 + random() % 3; segments > 0; --segments) {
      task.segments.push_back(
          {.wcet = Duration::microseconds(static_cast<std::int64_t>(100 + random() % 4000)),
           .bcet = {}});
    }
    tasks.push_back(task);
  }
  return tasks;
}

class SimulatedSchedule : public testing::TestWithParam<Policy> {};

TEST_P(SimulatedSchedule, is_reconstructed_by_the_audit_and_unchanged_by_watching) {
  std::mt19937_64 random(2026);
  std::uint64_t decisions = 0;
  for (int round = 0; round < 200; ++round) {
    const TaskSet tasks = random_set(random);
    const auto jobs = theory::random_arrivals(tasks, 300_ms, {.seed = random()});
    const theory::SimulationOptions options{.policy = GetParam()};

    trace::Recorder recorder({.events_per_ring = 1U << 14});
    SimulatedTrace watching(tasks, GetParam(), /*admitted=*/false, recorder);
    const auto watched = theory::simulate(tasks, jobs, options, &watching);
    const auto alone = theory::simulate(tasks, jobs, options);
    ASSERT_TRUE(watched && alone);
    ASSERT_EQ(watched->jobs.size(), alone->jobs.size());
    for (std::size_t i = 0; i < alone->jobs.size(); ++i) {
      ASSERT_EQ(watched->jobs[i].id, alone->jobs[i].id);
      ASSERT_EQ(watched->jobs[i].start, alone->jobs[i].start);
      ASSERT_EQ(watched->jobs[i].completion, alone->jobs[i].completion);
    }

    trace::TraceCollector collector;
    recorder.drain(collector);
    const trace::Trace trace = collector.take();
    const audit::AuditReport report = audit::audit(trace);
    ASSERT_EQ(report.verdict, audit::Verdict::kPassed) << audit::to_text(trace, report);
    ASSERT_EQ(report.reconstructed, report.decisions);
    decisions += report.decisions;
  }
  EXPECT_GT(decisions, 10'000U);
}

TEST_P(SimulatedSchedule, verdicts_do_not_depend_on_a_trace) {
  // Analyses take no recorder at all; what is shown here is that a simulated witness of the verdict
  // is the same.
  std::mt19937_64 random(7);
  for (int round = 0; round < 100; ++round) {
    const TaskSet tasks = random_set(random);
    const theory::Analysis analysis = theory::analyse(tasks, {.policy = GetParam()});
    trace::Recorder recorder({.events_per_ring = 1U << 14});
    SimulatedTrace watching(tasks, GetParam(), true, recorder);
    const auto jobs = theory::synchronous_arrivals(tasks, 200_ms);
    const auto schedule = theory::simulate(tasks, jobs, {.policy = GetParam()}, &watching);
    ASSERT_TRUE(schedule);
    if (analysis.verdict == theory::Verdict::kSchedulable) {
      EXPECT_FALSE(schedule->has_miss());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPolicy, SimulatedSchedule,
                         testing::Values(Policy::kEdf, Policy::kRateMonotonic,
                                         Policy::kDeadlineMonotonic, Policy::kStaticPriority,
                                         Policy::kFifo),
                         [](const auto& instance) {
                           return std::string(theory::policy::to_string(instance.param));
                         });

}  // namespace
}  // namespace aegis::integration
