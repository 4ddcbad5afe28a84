// SPDX-License-Identifier: Apache-2.0
//
// The simulator and the audit share no code: the simulator orders jobs by theory/policy, the audit
// restates each ordering. On thousands of random schedules they agree, decision for decision; and
// watching a schedule does not change it.

#include <random>

#include <gtest/gtest.h>

#include "aegis/audit/audit.h"
#include "aegis/service/simulated_trace.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"
#include "aegis/trace/trace.h"

namespace aegis::integration {
namespace {

using namespace time_literals;
using theory::TaskSet;
using theory::policy::Policy;

// What of a behaviour a lane can record; every kind is drawn with the same seeds.
struct Kind {
  std::int64_t largest_jitter_ms = 0;
  bool drops = false;
  theory::Overheads overheads = {};
  theory::Supply supply = {};
};

TaskSet random_set(std::mt19937_64& random, const Kind& kind) {
  const auto ms = [&](std::uint64_t from, std::uint64_t range) {
    return Duration::milliseconds(static_cast<std::int64_t>(from + random() % range));
  };
  TaskSet tasks;
  const auto count = static_cast<std::uint32_t>(2 + random() % 5);
  for (std::uint32_t i = 0; i < count; ++i) {
    theory::Task task;
    task.id = TaskId{i};
    task.name = "t" + std::to_string(i);
    task.period = ms(5, 60);
    task.deadline = {ms(5, 60)};
    task.release_jitter = ms(0, static_cast<std::uint64_t>(kind.largest_jitter_ms) + 1);
    task.priority = {static_cast<std::int64_t>(random() % 4)};
    task.overload = {theory::OverloadRule::kQueue, 1000};
    if (kind.drops && i % 2 == 0) task.overload = {theory::OverloadRule::kSkip, 0};
    if (kind.drops && i % 3 == 0) task.overload = {theory::OverloadRule::kQueue, 1};
    for (auto segments = 1 + random() % 3; segments > 0; --segments) {
      task.segments.push_back(
          {.wcet = Duration::microseconds(static_cast<std::int64_t>(100 + random() % 4000)),
           .bcet = {}});
    }
    tasks.push_back(task);
  }
  return tasks;
}

trace::Trace traced(const service::Simulation& simulation, theory::Schedule& schedule) {
  trace::TraceCollector collector;
  const auto watched = service::trace_simulation(simulation, collector);
  EXPECT_TRUE(watched) << (watched ? "" : watched.error().message());
  if (watched) schedule = *watched;
  return collector.take();
}

class SimulatedSchedule : public testing::TestWithParam<Policy> {
 protected:
  // Returns how many decisions were made again, and counts what happened in `seen`.
  void audit_random_schedules(const Kind& kind) {
    std::mt19937_64 random(2026);
    for (int round = 0; round < 200; ++round) {
      const TaskSet tasks = random_set(random, kind);
      const auto jobs = theory::random_arrivals(tasks, 300_ms, {.seed = random()});
      const theory::SimulationOptions options{
          .policy = GetParam(),
          .overheads = kind.overheads,
          .outages = theory::random_outages(kind.supply, 300_ms, random())};
      theory::Schedule watched;
      const trace::Trace trace = traced({tasks, jobs, options, {}, kind.supply}, watched);
      expect_same(watched, *theory::simulate(tasks, jobs, options));
      const audit::AuditReport report = audit::audit(trace);
      ASSERT_EQ(report.verdict, audit::Verdict::kPassed) << audit::to_text(trace, report);
      ASSERT_EQ(report.reconstructed, report.decisions);
      ASSERT_EQ(report.jobs, jobs.size());
      decisions_ += report.decisions;
      count(watched, report);
    }
  }
  std::uint64_t decisions_ = 0, late_ = 0, dropped_ = 0, delayed_ = 0;

 private:
  static void expect_same(const theory::Schedule& a, const theory::Schedule& b) {
    ASSERT_EQ(a.jobs.size(), b.jobs.size());
    for (std::size_t i = 0; i < a.jobs.size(); ++i) {
      ASSERT_EQ(a.jobs[i].id, b.jobs[i].id);
      ASSERT_EQ(a.jobs[i].start, b.jobs[i].start);
      ASSERT_EQ(a.jobs[i].completion, b.jobs[i].completion);
    }
  }
  void count(const theory::Schedule& schedule, const audit::AuditReport& report) {
    std::uint64_t missed = 0;
    for (const theory::JobRecord& job : schedule.jobs) {
      if (job.missed()) ++missed;
      if (job.missed() && !job.dropped()) ++late_;
      if (job.dropped()) ++dropped_;
      if (job.release > job.arrival) ++delayed_;
    }
    ASSERT_EQ(report.misses, missed);
  }
};

TEST_P(SimulatedSchedule, is_reconstructed_by_the_audit_and_unchanged_by_watching) {
  audit_random_schedules({});
  EXPECT_GT(decisions_, 10'000U);
  EXPECT_GT(late_, 20U);
}

TEST_P(SimulatedSchedule, is_reconstructed_with_release_jitter) {
  audit_random_schedules({.largest_jitter_ms = 40});
  EXPECT_GT(delayed_, 1'000U);
}

TEST_P(SimulatedSchedule, is_reconstructed_with_dropped_jobs) {
  audit_random_schedules({.largest_jitter_ms = 40, .drops = true});
  EXPECT_GT(dropped_, 100U);
}

TEST_P(SimulatedSchedule, is_reconstructed_with_overheads_around_the_segments) {
  audit_random_schedules(
      {.largest_jitter_ms = 5,
       .drops = true,
       .overheads = {.release = 200_us, .dispatch = 300_us, .completion = 1_ms}});
  EXPECT_GT(decisions_, 10'000U);
}

TEST_P(SimulatedSchedule, is_reconstructed_with_lost_supply) {
  audit_random_schedules({.largest_jitter_ms = 5,
                          .drops = true,
                          .overheads = {.release = 200_us, .dispatch = 300_us, .completion = 1_ms},
                          .supply = {2_ms, 9_ms}});
  EXPECT_GT(decisions_, 10'000U);
}

// The bounds stand in the trace, so that the audit holds every response against them.
TEST_P(SimulatedSchedule, of_an_admitted_set_keeps_its_bounds_under_audit) {
  std::mt19937_64 random(7);
  std::uint64_t admitted = 0;
  for (int round = 0; round < 100; ++round) {
    const TaskSet tasks = random_set(random, {.largest_jitter_ms = 2});
    const theory::Analysis analysis = theory::analyse(tasks, {.policy = GetParam()});
    if (analysis.verdict != theory::Verdict::kSchedulable) continue;
    ++admitted;
    theory::Schedule schedule;
    const trace::Trace trace = traced({tasks,
                                       theory::random_arrivals(tasks, 200_ms, {.seed = random()}),
                                       {.policy = GetParam()},
                                       analysis},
                                      schedule);
    EXPECT_FALSE(schedule.has_miss());
    const audit::AuditReport report = audit::audit(trace);
    ASSERT_EQ(report.verdict, audit::Verdict::kPassed) << audit::to_text(trace, report);
    const auto checked = report.checks[static_cast<std::size_t>(audit::Rule::kResponseBound)];
    ASSERT_EQ(checked, schedule.jobs.size());
  }
  EXPECT_GT(admitted, 5U);
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
