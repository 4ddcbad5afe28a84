// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/simulated_trace.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "aegis/service/audit.h"
#include "aegis/service/export.h"
#include "aegis/theory/schedulability.h"
#include "aegis/trace/trace.h"

namespace aegis::service {
namespace {

using namespace time_literals;

theory::Task task(std::uint32_t id, const char* name, Duration wcet, Duration period,
                  Duration deadline) {
  return {.id = TaskId{id},
          .name = name,
          .segments = {{wcet, wcet}},
          .period = period,
          .deadline = {deadline}};
}

// B misses behind C:   C(0..30) B(30..45)   B due at 40 ms
Simulation refused_pair() {
  theory::TaskSet tasks{task(0, "B", 15_ms, 80_ms, 40_ms), task(1, "C", 30_ms, 200_ms, 100_ms)};
  const TimePoint later = TimePoint{} + 1_ns;
  return {.tasks = tasks,
          .jobs = {{TaskId{1}, TimePoint{}, TimePoint{}, {}}, {TaskId{0}, later, later, {}}},
          .options = {},
          .analysis = theory::analyse(tasks, {})};
}

std::string refusal(const Simulation& simulation) {
  trace::TraceCollector collector;
  const auto schedule = trace_simulation(simulation, collector);
  EXPECT_TRUE(collector.take().lanes.empty()) << "nothing is handed over";
  return schedule ? "recorded" : schedule.error().message();
}

TEST(SimulatedTrace, is_a_file_that_audit_passes_and_export_draws) {
  const std::filesystem::path file = testing::TempDir() + "aegis_simulated_trace_file.aegis";
  const std::filesystem::path drawn = file.string() + ".json";
  const auto schedule = trace_simulation(refused_pair(), file);
  ASSERT_TRUE(schedule) << schedule.error().message();
  EXPECT_TRUE(schedule->has_miss());
  const auto audited = audit_trace(file);
  ASSERT_TRUE(audited);
  EXPECT_EQ(audited->report.verdict, audit::Verdict::kPassed);
  EXPECT_EQ(audited->report.misses, 1U);
  const auto exported =
      export_trace({.trace = file, .format = ExportFormat::kPerfetto, .output = drawn});
  ASSERT_TRUE(exported);
  EXPECT_GT(exported->events, 10U);
  const auto trace = trace::read_trace(file);
  ASSERT_TRUE(trace && trace->footer);
  EXPECT_EQ(trace->footer->violations[static_cast<std::size_t>(trace::Assumption::kNotAdmitted)],
            1U);
  std::filesystem::remove(file);
  std::filesystem::remove(drawn);
}

TEST(SimulatedTrace, that_an_admission_vouches_for_is_failed_by_the_audit_when_it_misses) {
  Simulation simulation = refused_pair();
  simulation.analysis = {.verdict = theory::Verdict::kSchedulable};
  trace::TraceCollector collector;
  ASSERT_TRUE(trace_simulation(simulation, collector));
  EXPECT_EQ(audit::audit(collector.take()).verdict, audit::Verdict::kFailed);
}

TEST(SimulatedTrace, refuses_preemptive_simulations) {
  Simulation simulation = refused_pair();
  simulation.options.preemption = theory::Preemption::kPreemptive;
  EXPECT_NE(refusal(simulation).find("preemptive schedules can be drawn, not traced"),
            std::string::npos);
}

TEST(SimulatedTrace, refuses_arrivals_before_time_zero_and_jobs_of_no_task) {
  Simulation early = refused_pair();
  early.tasks[1].release_jitter = 1_ms;
  early.jobs[0].arrival = TimePoint{} - 1_ns;
  EXPECT_NE(refusal(early).find("arrives before it"), std::string::npos);
  Simulation foreign = refused_pair();
  foreign.jobs[0].task = TaskId{7};
  EXPECT_NE(refusal(foreign).find("of no task"), std::string::npos);
}

}  // namespace
}  // namespace aegis::service
