// SPDX-License-Identifier: Apache-2.0
#include "latency_monitor.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "supply_windows.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr TimePoint at(Duration since_start) {
  return TimePoint{} + since_start;
}

JobRecord completed_in(Duration execution, Duration lost = 0_ns) {
  return {.arrival = at(1_ms), .start = at(1_ms), .end = at(1_ms) + execution, .lost = lost};
}

//   arrival 10 us     start 13 us            end 20 us
//      |---queueing 3---|-----execution 7------|
//      |--------------response 10--------------|
TEST(LatencyMonitor, splits_a_job_into_queueing_execution_and_response) {
  const auto monitor = std::make_unique<LatencyMonitor>(std::nullopt);
  monitor->record_job({.arrival = at(10_us), .start = at(13_us), .end = at(20_us)});
  monitor->record_wake_up(2_us);
  const JobLatencies latencies = monitor->latencies();
  EXPECT_EQ(latencies.queueing.max, 3_us);
  EXPECT_EQ(latencies.execution.max, 7_us);
  EXPECT_EQ(latencies.response.max, 10_us);
  EXPECT_EQ(latencies.wake_up.max, 2_us);
  EXPECT_EQ(monitor->counters().completed, 1U);
}

TEST(LatencyMonitor, each_job_counts_once_and_misses_by_cause) {
  const auto monitor = std::make_unique<LatencyMonitor>(std::nullopt);
  monitor->record_job(completed_in(1_us));
  JobRecord late = completed_in(9_us);
  late.missed = MissCause::kLostSupply;
  monitor->record_job(late);
  JobRecord thrown = completed_in(5_us);
  thrown.outcome = JobEnd::kFailed;
  monitor->record_job(thrown);
  JobRecord withdrawn{.arrival = at(1_us), .end = at(2_us), .outcome = JobEnd::kCancelled};
  withdrawn.started = false;
  monitor->record_job(withdrawn);
  JobRecord skipped{.arrival = at(1_us), .end = at(1_us), .outcome = JobEnd::kRefused};
  skipped.started = false;
  skipped.missed = MissCause::kSkipped;
  monitor->record_job(skipped);

  const JobCounters jobs = monitor->counters();
  EXPECT_EQ(jobs.completed, 2U);
  EXPECT_EQ(jobs.failed, 1U);
  EXPECT_EQ(jobs.cancelled, 1U);
  EXPECT_EQ(jobs.refused, 1U);
  EXPECT_EQ(jobs.ended(), 5U);
  EXPECT_EQ(jobs.missed, 2U);
  EXPECT_EQ(jobs.missed_because(MissCause::kLostSupply), 1U);
  EXPECT_EQ(jobs.missed_because(MissCause::kSkipped), 1U);
  EXPECT_EQ(monitor->queueing().count(), 3U);  // of those that started
  EXPECT_EQ(monitor->response().count(), 2U);  // of those that completed
}

TEST(LatencyMonitor, tells_an_overrun_and_a_budget_exceeded) {
  const auto monitor = std::make_unique<LatencyMonitor>(5_us);
  JobRecord job{.arrival = at(10_us), .start = at(15_us), .end = at(25_us)};
  job.declared_wcet = 10_us;
  JobFindings found = monitor->record_job(job);
  EXPECT_FALSE(found.overrun);  // exactly the bound keeps it
  EXPECT_FALSE(found.over_latency_budget);
  job.start = job.start + 1_ns;
  job.end = job.end + 2_ns;
  found = monitor->record_job(job);
  EXPECT_TRUE(found.overrun);
  EXPECT_TRUE(found.over_latency_budget);
  EXPECT_EQ(monitor->counters().overruns, 1U);
  EXPECT_EQ(monitor->counters().over_latency_budget, 1U);
}

TEST(LatencyMonitor, a_clock_that_goes_back_is_counted_not_believed) {
  const auto monitor = std::make_unique<LatencyMonitor>(5_us);
  monitor->record_job({.arrival = at(10_us), .start = at(9_us), .end = at(8_us)});
  EXPECT_EQ(monitor->latencies().response.negative, 1U);
  EXPECT_EQ(monitor->latencies().response.max, 0_ns);
}

TEST(WcetEstimate, is_nothing_before_a_hundred_samples_then_the_maximum_with_a_margin) {
  const auto monitor = std::make_unique<LatencyMonitor>(std::nullopt);
  for (int i = 0; i < 99; ++i) monitor->record_job(completed_in(100_us));
  EXPECT_FALSE(monitor->estimate_wcet().has_value());
  monitor->record_job(completed_in(200_us));
  const auto estimate = monitor->estimate_wcet();
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->observed_maximum, 200_us);
  EXPECT_EQ(estimate->estimate, 240_us + 1_ns);
  EXPECT_EQ(estimate->samples, 100U);
}

TEST(WcetEstimate, leaves_out_what_lost_supply_while_that_is_rare) {
  const auto monitor = std::make_unique<LatencyMonitor>(std::nullopt);
  for (int i = 0; i < 399; ++i) monitor->record_job(completed_in(100_us));
  monitor->record_job(completed_in(9_ms, 8_ms));
  EXPECT_EQ(monitor->estimate_wcet()->observed_maximum, 100_us);
  EXPECT_EQ(monitor->estimate_wcet()->samples, 399U);
  monitor->record_job(completed_in(7_ms, 6_ms));  // two in 401 are
  EXPECT_EQ(monitor->estimate_wcet()->observed_maximum, 100_us + 0_ns);
  monitor->record_job(completed_in(6_ms, 5_ms));  // three are not
  EXPECT_EQ(monitor->estimate_wcet()->observed_maximum, 9_ms);
  EXPECT_EQ(monitor->estimate_wcet()->samples, 402U);
}

// Two workers ran the same jobs that one might have run alone.
TEST(KindStats, puts_together_what_several_workers_saw) {
  const auto alone = std::make_unique<LatencyMonitor>(2_us);
  const auto first = std::make_unique<LatencyMonitor>(2_us);
  const auto second = std::make_unique<LatencyMonitor>(2_us);
  for (int i = 0; i < 150; ++i) {
    JobRecord job{.arrival = at(0_us), .start = at(i * 1_us), .end = at(i * 3_us)};
    job.declared_wcet = 200_us;
    if (i % 10 == 0) job.missed = MissCause::kBlocking;
    if (i % 7 == 0) job.outcome = JobEnd::kFailed;
    if (i % 5 == 0) job.lost = 1_us;
    alone->record_job(job);
    (i % 3 == 0 ? first : second)->record_job(job);
  }
  const LatencyMonitor* const one[] = {alone.get()};
  const LatencyMonitor* const two[] = {first.get(), second.get()};
  LatencyStats expected;
  expected.kinds.push_back(kind_stats("fusion", 200_us, one));
  LatencyStats together;
  together.kinds.push_back(kind_stats("fusion", 200_us, two));
  EXPECT_EQ(json_text(together), json_text(expected));
  EXPECT_EQ(together.kinds[0].name, "fusion");
  EXPECT_EQ(together.kinds[0].jobs.ended(), 150U);
  EXPECT_EQ(together.kinds[0].jobs.missed, 15U);
  EXPECT_EQ(together.kinds[0].wcet_estimate->observed_maximum, 298_us);
  EXPECT_EQ(kind_stats("nobody", std::nullopt, {}).jobs.ended(), 0U);
}

TEST(SupplyWindows, counts_gaps_beyond_the_threshold) {
  SupplyWindows windows;
  EXPECT_FALSE(windows.note(20_us, 20_us));
  EXPECT_TRUE(windows.note(30_us, 20_us));
  EXPECT_TRUE(windows.note(2_ms, 20_us));
  EXPECT_TRUE(windows.note(1_ms, 20_us));
  const LostSupply lost = windows.read();
  EXPECT_EQ(lost.windows, 3U);
  EXPECT_EQ(lost.total, 3030_us);
  EXPECT_EQ(lost.largest, 2_ms);
  EXPECT_EQ(windows.total(), lost.total);
}

// Readers beside a worker: counters only grow, and misses are always the sum of their causes.
TEST(LatencyMonitorStress, is_read_while_a_worker_records) {
  const auto monitor = std::make_unique<LatencyMonitor>(std::nullopt);
  constexpr std::uint64_t kJobs = 50'000;
  std::thread worker([&] {
    for (std::uint64_t i = 0; i < kJobs; ++i) {
      JobRecord job = completed_in(Duration::nanoseconds(static_cast<std::int64_t>(i)));
      if (i % 2 == 0) job.missed = static_cast<MissCause>(i / 2 % kMissCauseCount);
      monitor->record_job(job);
    }
  });
  std::uint64_t last = 0;
  while (last < kJobs) {
    const JobCounters jobs = monitor->counters();
    EXPECT_GE(jobs.completed, last);
    EXPECT_GE(monitor->counters().missed, jobs.missed);
    EXPECT_LE(monitor->latencies().response.count, kJobs);
    last = jobs.completed;
  }
  worker.join();
  EXPECT_EQ(monitor->counters().missed, kJobs / 2);
}

}  // namespace
}  // namespace aegis::executor
