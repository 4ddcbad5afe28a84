// SPDX-License-Identifier: Apache-2.0
//
// What a lane tells of latencies, first stepped in virtual time, then with its thread.
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/executor/lane.h"

#include "virtual_lane.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr TimePoint at(Duration since_start) {
  return TimePoint{} + since_start;
}

// ---- a machine without a thread ----

// A and B are released together; B waits for A, and its two segments are one execution.
//
//   A |--2--|
//   B       |-3-|-3-|
TEST(LaneLatencies, a_job_queues_executes_and_responds) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.task == TaskId{0} ? 2_ms : 3_ms;
  };
  auto tasks = lane.add_together(
      {lane_task({0, {2_ms}, 100_ms, 50_ms}), lane_task({1, {3_ms, 3_ms}, 100_ms, 100_ms})});
  lane.run_until(at(50_ms));
  const JobLatencies b = tasks[1].get().monitor->latencies();
  EXPECT_EQ(b.queueing.max, 2_ms);
  EXPECT_EQ(b.execution.max, 6_ms);
  EXPECT_EQ(b.response.max, 8_ms);
  EXPECT_EQ(b.wake_up.count, 0U) << "nobody slept";
  EXPECT_EQ(tasks[1].get().monitor->counters().completed, 1U);
}

// B runs between A's segments: A's execution is its own time only.
TEST(LaneLatencies, what_runs_between_the_segments_of_a_job_is_not_its_execution) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 4_ms; };
  LaneTask b = lane_task({1, {4_ms}, 100_ms, 10_ms});
  b.model.offset = 1_ms;
  auto tasks = lane.add_together({lane_task({0, {4_ms, 4_ms}, 100_ms, 90_ms}), b});
  lane.run_until(at(50_ms));
  const JobLatencies a = tasks[0].get().monitor->latencies();
  EXPECT_EQ(a.execution.max, 8_ms);
  EXPECT_EQ(a.response.max, 12_ms);
}

TEST(LaneLatencies, each_end_is_counted_once_as_the_lane_counts_it) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.sequence % 7 == 0 ? 9_ms : 1_ms;
  };
  lane.driver.failure = [](JobId job, std::uint32_t) -> std::optional<Error> {
    if (job.sequence % 5 == 3) return Error::transient(ErrorCode::kBackend, "try again");
    return std::nullopt;
  };
  TaskState& task = lane.add(lane_task({0, {1_ms}, 2_ms, 2_ms}));
  lane.run_until(at(500_ms));
  const JobCounters jobs = task.monitor->counters();
  const TaskStatistics told = task.statistics();
  EXPECT_EQ(jobs.completed, told.completed);
  EXPECT_EQ(jobs.failed, told.failed);
  EXPECT_EQ(jobs.refused, told.refused);
  EXPECT_EQ(jobs.overruns, told.overruns);
  EXPECT_GT(jobs.failed, 0U);
  EXPECT_GT(jobs.refused, 0U);
  EXPECT_EQ(jobs.missed_because(MissCause::kSkipped), jobs.refused);
}

// A overruns; A itself and B behind it are late by no more than that.
TEST(LaneLatencies, a_miss_has_the_cause_that_its_busy_period_shows) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.task == TaskId{0} ? 9_ms : 1_ms;
  };
  auto tasks = lane.add_together(
      {lane_task({0, {2_ms}, 100_ms, 5_ms}), lane_task({1, {1_ms}, 100_ms, 6_ms})});
  lane.run_until(at(50_ms));
  for (const auto& task : tasks) {
    EXPECT_EQ(task.get().monitor->counters().missed_because(MissCause::kOverrun), 1U);
    EXPECT_EQ(task.get().monitor->counters().missed, 1U);
  }
}

TEST(LaneLatencies, a_late_timer_makes_a_late_release) {
  VirtualLane lane;
  TaskState& task = lane.add(lane_task({0, {1_ms}, 10_ms, 2_ms}));
  lane.run_until(at(9_ms));
  lane.core->waited({.slept = true, .late = 5_ms});
  lane.clock.set(at(15_ms));
  lane.run_until(at(18_ms));
  EXPECT_EQ(task.monitor->counters().missed_because(MissCause::kLateRelease), 1U);
  EXPECT_EQ(task.monitor->latencies().wake_up.max, 5_ms) << "what the arrival waited";
  EXPECT_EQ(lane.core->losses().windows, 1U);
}

TEST(LaneLatencies, a_flood_is_counted_whole) {
  VirtualLane lane;
  LaneTask task = lane_task({0, {1_ms}, 1_ns, 1_s});
  task.periodic = false;
  task.inbox_capacity = 2;
  TaskState& state = lane.add(task);
  for (int i = 0; i < 1000; ++i) lane.submit(state);
  lane.run_for(10_ms);
  EXPECT_EQ(state.monitor->counters().refused, state.statistics().refused);
  EXPECT_GT(state.monitor->counters().refused, 900U);
}

// ---- with a thread ----

// Does nothing, at once.
class EmptyDriver final : public LaneDriver {
 public:
  Status start_segment(JobId, std::uint32_t, std::uint64_t) noexcept override { return ok(); }
  Result<SegmentState> poll() noexcept override { return SegmentState::kDone; }
  void cancel() noexcept override {}
};

struct SmallLane {
  SmallLane() {
    LaneConfig config = lane_configuration();
    config.fifo_priority = std::nullopt;
    config.wait.shallow_idle = false;
    lane = Lane::create(config, driver, clock, nullptr).value();
  }
  void run_until_completed(std::uint64_t jobs) const {
    while (completed() < jobs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  [[nodiscard]] std::uint64_t completed() const {
    return lane->latencies().workers.front().jobs.completed;
  }
  MonotonicClock clock;
  EmptyDriver driver;
  std::unique_ptr<Lane> lane;
};

LaneTask named(std::uint32_t id, const std::string& name) {
  LaneTask task = lane_task({id, {50_ms}, 2_ms, 1_s});
  task.model.name = name;
  return task;
}

TEST(LaneLatencies, a_lane_is_one_worker_and_a_name_one_kind) {
  SmallLane run;
  EXPECT_TRUE(run.lane->latencies().workers.empty()) << "not before it runs";
  ASSERT_TRUE(run.lane->start());
  ASSERT_TRUE(run.lane->add_together({named(0, "camera"), named(1, "camera"), named(2, "plan")}));
  run.run_until_completed(30);
  ASSERT_TRUE(run.lane->drain(1_s));
  const LatencyStats stats = run.lane->latencies();
  ASSERT_EQ(stats.workers.size(), 1U);
  ASSERT_EQ(stats.kinds.size(), 2U);
  const WorkerStats& worker = stats.workers.front();
  std::uint64_t jobs = 0;
  for (const TaskStatistics& task : run.lane->counters()) jobs += task.completed;
  EXPECT_EQ(worker.jobs.completed, jobs);
  EXPECT_EQ(worker.jobs.completed, stats.kinds[0].jobs.completed + stats.kinds[1].jobs.completed);
  EXPECT_EQ(stats.kinds[0].name, "camera");
  EXPECT_EQ(stats.kinds[0].declared_wcet, 50_ms);
  EXPECT_GT(worker.latencies.wake_up.count, 0U);
  EXPECT_GT(worker.time.sleeping, 0_ns);
  EXPECT_EQ(worker.scheduling_class, "SCHED_OTHER");
  EXPECT_GT(worker.usage.voluntary_switches, 0U) << "it has slept";
  EXPECT_EQ(run.lane->latencies().taken, stats.taken) << "its time has ended with it";
}

TEST(LaneLatencies, what_a_removed_task_did_stays_in_the_sums) {
  SmallLane run;
  ASSERT_TRUE(run.lane->start());
  ASSERT_TRUE(run.lane->add(named(0, "camera")));
  run.run_until_completed(5);
  ASSERT_TRUE(run.lane->remove(TaskId{0}));
  const std::uint64_t before = run.completed();
  EXPECT_GE(before, 5U);
  EXPECT_TRUE(run.lane->latencies().kinds.empty());
  ASSERT_TRUE(run.lane->add(named(1, "camera")));
  run.run_until_completed(before + 5);
  ASSERT_TRUE(run.lane->abort());
  const LatencyStats stats = run.lane->latencies();
  ASSERT_EQ(stats.kinds.size(), 1U);
  EXPECT_EQ(stats.kinds.front().jobs.completed + before, stats.workers.front().jobs.completed);
}

}  // namespace
}  // namespace aegis::executor
