// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lane_core.h"
#include "virtual_lane.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using testing::ElementsAre;
using trace::Assumption;
using trace::EventType;

TimePoint at(Duration since_start) {
  return TimePoint{} + since_start;
}

std::uint64_t bits_of(const trace::Event& miss) {
  return static_cast<std::uint64_t>(miss.payload[2]);
}

// ---- faults ----

TEST(LaneCoreFaults, a_transient_error_costs_one_job_and_the_lane_goes_on) {
  VirtualLane lane;
  lane.driver.failure = [](JobId job, std::uint32_t) -> std::optional<Error> {
    if (job.task == TaskId{1}) return Error::transient(ErrorCode::kBackend, "try again");
    return std::nullopt;
  };
  auto tasks = lane.add_together(
      {lane_task({0, {1_ms}, 10_ms, 10_ms}), lane_task({1, {1_ms}, 10_ms, 10_ms})});
  lane.run_until(at(15_ms));
  EXPECT_EQ(tasks[0].get().completed.value(), 2);
  EXPECT_EQ(tasks[1].get().failed_jobs.value(), 2);  // it is tried again
  for (const auto& miss : lane.events(EventType::kMissed))
    EXPECT_EQ(bits_of(miss), bit(Assumption::kFault));
}

TEST(LaneCoreFaults, a_permanent_error_closes_the_task_and_drops_its_waiting_jobs) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 5_ms; };
  lane.driver.failure = [](JobId job, std::uint32_t) -> std::optional<Error> {
    if (job.sequence == 1) return Error::permanent(ErrorCode::kBackend, "bad input");
    return std::nullopt;
  };
  auto task = lane_task({0, {5_ms}, 2_ms, 50_ms});
  task.model.overload = {theory::OverloadRule::kQueue, 2};
  TaskState& state = lane.add(task);
  lane.run_until(at(12_ms));
  EXPECT_TRUE(state.failed);
  EXPECT_EQ(state.completed.value(), 1);
  EXPECT_EQ(state.failed_jobs.value(), 1);
  EXPECT_EQ(lane.driver.ran.size(), 2U);
  EXPECT_EQ(lane.events(EventType::kContextFailed).size(), 1U);
  for (const auto& refused : lane.events(EventType::kRefused)) {
    EXPECT_EQ(refused.payload[0], as_payload(trace::RefusalReason::kContextFailed));
  }
  EXPECT_GE(state.refused.value(), 2);  // one waited, the others came later
}

TEST(LaneCoreFaults, a_fatal_error_stops_only_its_task) {
  VirtualLane lane;
  lane.driver.failure = [](JobId job, std::uint32_t) -> std::optional<Error> {
    if (job.task == TaskId{1})
      return Error::fatal(ErrorCode::kBackend, "context lost").with_native(700);
    return std::nullopt;
  };
  auto tasks = lane.add_together(
      {lane_task({0, {1_ms}, 10_ms, 10_ms}), lane_task({1, {1_ms}, 10_ms, 10_ms})});
  lane.run_until(at(35_ms));
  EXPECT_EQ(tasks[0].get().completed.value(), 4);
  EXPECT_EQ(tasks[1].get().failed_jobs.value(), 1);
  EXPECT_EQ(tasks[1].get().refused.value(), 3);
  EXPECT_EQ(lane.events(EventType::kContextFailed).at(0).payload[1], 700);
  for (const auto& miss : lane.events(EventType::kMissed)) {
    EXPECT_EQ(bits_of(miss) & bit(Assumption::kFault), bit(Assumption::kFault));
  }
}

TEST(LaneCoreFaults, a_hanging_segment_is_cancelled_and_its_context_closed) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 150_ms; };
  lane.driver.during_segment = [&] {
    lane.core->watch().cancel_if_overdue(lane.clock.now(), lane.driver);
  };
  TaskState& task = lane.add(lane_task({0, {1_ms}, 200_ms, 200_ms}));
  lane.run_until(at(150_ms));
  EXPECT_EQ(task.failed_jobs.value(), 1);
  EXPECT_TRUE(task.failed);
  EXPECT_EQ(lane.events(EventType::kSegmentEnd).at(0).payload[3],
            as_payload(trace::SegmentOutcome::kCancelled));
  EXPECT_EQ(lane.events(EventType::kContextFailed).size(), 1U);
}

TEST(LaneCoreFaults, a_segment_is_not_hung_within_a_hundred_milliseconds) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 100_ms; };
  lane.driver.during_segment = [&] {
    EXPECT_FALSE(lane.core->watch().cancel_if_overdue(lane.clock.now(), lane.driver));
  };
  TaskState& task = lane.add(lane_task({0, {1_ms}, 200_ms, 200_ms}));
  lane.run_until(at(150_ms));
  EXPECT_EQ(task.completed.value(), 1);
}

// Who bounds a segment at its limit has charged that much to the proof: it costs the job, no more.
TEST(LaneCoreFaults, a_segment_beyond_its_limit_costs_its_job_and_not_its_task) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) { return job.sequence == 0 ? 5_ms : 1_ms; };
  lane.driver.during_segment = [&] {
    lane.core->watch().cancel_if_overdue(lane.clock.now(), lane.driver);
  };
  LaneTask limited = lane_task({0, {1_ms}, 20_ms, 20_ms});
  limited.limits = {4_ms};
  TaskState& task = lane.add(limited);
  lane.run_until(at(50_ms));
  EXPECT_EQ(task.failed_jobs.value(), 1);
  EXPECT_EQ(task.completed.value(), 2);
  EXPECT_FALSE(task.failed);
  EXPECT_TRUE(lane.driver.hung_tasks.empty());
  EXPECT_TRUE(lane.events(EventType::kContextFailed).empty());
}

// Where the lane polls, it looks itself: exactly at the limit, without a watchdog.
TEST(LaneCoreFaults, a_device_segment_is_cancelled_by_the_lane_that_polls_it) {
  VirtualLane lane;
  lane.driver.polls_a_segment = 1000;
  LaneTask limited = lane_task({0, {1_ms}, 1_s, 1_s});
  limited.limits = {4_ms};
  lane.add(limited);
  while (!lane.driver.cancelled) {
    ASSERT_LE(lane.clock.now(), at(5_ms));
    EXPECT_EQ(lane.core->step().kind, LaneStep::Kind::kRunning);
    lane.clock.advance(500_us);
  }
  EXPECT_EQ(lane.clock.now(), at(5_ms)) << "looked at 4.5 ms, the first look beyond the limit";
}

TEST(LaneCoreFaults, the_driver_hears_of_a_hang_and_of_nothing_else) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.task == TaskId{0} ? 150_ms : 1_ms;
  };
  lane.driver.during_segment = [&] {
    lane.core->watch().cancel_if_overdue(lane.clock.now(), lane.driver);
  };
  lane.driver.failure = [](JobId job, std::uint32_t) -> std::optional<Error> {
    if (job.task != TaskId{1}) return std::nullopt;
    return Error::permanent(ErrorCode::kBackend, "broken");
  };
  lane.add(lane_task({0, {1_ms}, 1_s, 1_s}));
  lane.add(lane_task({1, {1_ms}, 1_s, 1_s}));
  lane.run_until(at(200_ms));
  EXPECT_EQ(lane.driver.hung_tasks, std::vector{TaskId{0}});
}

TEST(LaneCoreFaults, what_a_callback_throws_is_counted_and_stays_with_its_task) {
  VirtualLane lane;
  int heard = 0;
  LaneTask throwing = lane_task({0, {1_ms}, 10_ms, 10_ms});
  throwing.on_job_end = [](const JobReport&) { throw std::runtime_error("the user's bug"); };
  LaneTask listening = lane_task({1, {1_ms}, 10_ms, 10_ms});
  listening.on_job_end = [&](const JobReport&) { ++heard; };
  TaskState& bad = lane.add(throwing);
  lane.add(listening);
  lane.run_until(at(15_ms));
  EXPECT_EQ(lane.reports.deliver(), 4U);
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(bad.counters().callbacks_failed, 2U);
}

// ---- changes and the end ----

TEST(LaneCoreChanges, a_busy_period_can_be_told_to_be_over) {
  VirtualLane lane;
  EXPECT_EQ(lane.core->busy_changes(), 0U);
  lane.driver.during_segment = [&] { EXPECT_EQ(lane.core->busy_changes() % 2, 1U); };
  lane.add(lane_task({0, {1_ms}, 10_ms, 10_ms}));
  lane.run_until(at(15_ms));
  EXPECT_EQ(lane.core->busy_changes(), 4U);
}

TEST(LaneCoreChanges, a_removed_task_finishes_its_started_job_and_drops_the_rest) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 5_ms; };
  auto task = lane_task({0, {5_ms, 5_ms}, 6_ms, 50_ms});
  task.model.overload = {theory::OverloadRule::kQueue, 3};
  TaskState& state = lane.add(task);
  (void)lane.core->step();  // its first segment, 0 to 5
  (void)lane.core->step();  // its second, 5 to 10: the next job arrived at 6
  (void)lane.core->step();  // the next one's first, 10 to 15: another arrived at 12
  lane.core->remove(state);
  EXPECT_FALSE(state.retired);
  lane.run_until(at(100_ms));
  EXPECT_TRUE(state.retired);
  EXPECT_EQ(state.completed.value(), 2);
  EXPECT_EQ(lane.driver.ran.size(), 4U);
  EXPECT_EQ(lane.events(EventType::kTaskRemoved).size(), 1U);
}

TEST(LaneCoreChanges, removing_gives_room_back) {
  LaneConfig config = lane_configuration();
  config.max_tasks = 1;
  config.max_ready_jobs = 2;
  VirtualLane lane(config);
  auto task = lane_task({0, {1_ms}, 10_ms, 10_ms});
  task.model.overload = {theory::OverloadRule::kQueue, 1};
  TaskState& first = lane.add(task);
  TaskState second(lane_task({1, {1_ms}, 10_ms, 10_ms}), 0);
  TaskState* wanted = &second;
  EXPECT_EQ(lane.core->add({&wanted, 1}).error().code, ErrorCode::kResourceExhausted);
  lane.core->remove(first);
  EXPECT_TRUE(first.retired);
  EXPECT_TRUE(lane.core->add({&wanted, 1}).has_value());
}

TEST(LaneCoreChanges, a_submission_before_the_removal_gets_its_end) {
  VirtualLane lane;
  auto task = lane_task({0, {1_ms}, 10_ms, 10_ms});
  task.periodic = false;
  TaskState& state = lane.add(task);
  lane.submit(state);
  lane.core->remove(state);
  EXPECT_TRUE(state.retired);
  EXPECT_EQ(state.refused.value(), 1);
  EXPECT_EQ(state.missed.value(), 0);  // taken away by a person before its deadline
}

TEST(LaneCoreEnd, drain_runs_what_is_pending_and_takes_nothing_new) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 4_ms; };
  auto tasks = lane.add_together(
      {lane_task({0, {4_ms}, 10_ms, 10_ms}), lane_task({1, {4_ms}, 10_ms, 10_ms})});
  (void)lane.core->step();
  lane.core->drain(at(100_ms));
  EXPECT_TRUE(lane.run_until(at(100_ms)));
  EXPECT_EQ(lane.clock.now(), at(8_ms));
  EXPECT_EQ(tasks[0].get().completed.value() + tasks[1].get().completed.value(), 2);
  EXPECT_EQ(lane.events(EventType::kStopped).at(0).payload[0], 0);
}

// One segment of 35 ms hides the arrivals at 10, 20 and 30 ms from the lane: overload, thus misses.
struct HidingSegment {
  HidingSegment() {
    lane.driver.execution = [](JobId, std::uint32_t) { return 35_ms; };
    state = &lane.add(lane_task({0, {40_ms}, 10_ms, 10_ms}));
    (void)lane.core->step();
  }
  void expect_three_misses_more() {
    EXPECT_EQ(lane.events(EventType::kSubmitted).size(), 4U);
    EXPECT_EQ(lane.events(EventType::kRefused).size(), 3U);
    EXPECT_EQ(state->completed.value(), 1);
    EXPECT_EQ(state->refused.value(), 3);
    EXPECT_EQ(state->missed.value(), 4);
  }
  VirtualLane lane;
  TaskState* state = nullptr;
};

TEST(LaneCoreEnd, drain_counts_arrivals_that_the_last_segment_hid) {
  HidingSegment run;
  run.lane.core->drain(at(100_ms));
  EXPECT_TRUE(run.lane.run_until(at(100_ms)));
  run.expect_three_misses_more();
}

TEST(LaneCoreEnd, abort_counts_arrivals_that_the_last_segment_hid) {
  HidingSegment run;
  run.lane.core->abort();
  EXPECT_TRUE(run.lane.run_until(at(100_ms)));
  run.expect_three_misses_more();
}

TEST(LaneCoreChanges, a_removal_counts_arrivals_that_the_last_segment_hid) {
  HidingSegment run;
  run.lane.core->remove(*run.state);
  EXPECT_TRUE(run.state->retired);
  run.lane.run_until(at(100_ms));
  run.expect_three_misses_more();
}

TEST(LaneCoreEnd, drain_drops_what_is_left_when_its_time_is_over) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 4_ms; };
  lane.add_together({lane_task({0, {4_ms}, 10_ms, 10_ms}), lane_task({1, {4_ms}, 10_ms, 10_ms}),
                     lane_task({2, {4_ms, 4_ms}, 10_ms, 9_ms})});
  (void)lane.core->step();  // the first segment of the third task
  lane.core->drain(at(4_ms));
  EXPECT_TRUE(lane.run_until(at(100_ms)));
  EXPECT_EQ(lane.driver.ran.size(), 1U);
  EXPECT_EQ(lane.events(EventType::kRefused).size(), 2U);
  EXPECT_EQ(lane.events(EventType::kStopped).at(0).payload[0], 3);
  EXPECT_TRUE(lane.events(EventType::kMissed).empty());
}

TEST(LaneCoreEnd, abort_cancels_the_running_segment) {
  VirtualLane lane;
  lane.driver.during_segment = [&] { EXPECT_TRUE(lane.core->watch().cancel_any(lane.driver)); };
  TaskState& task = lane.add(lane_task({0, {1_ms}, 10_ms, 10_ms}));
  (void)lane.core->step();
  lane.core->abort();
  EXPECT_EQ(lane.core->step().kind, LaneStep::Kind::kStopped);
  EXPECT_EQ(task.cancelled_jobs.value(), 1);
  EXPECT_EQ(task.failed_jobs.value(), 0);
  EXPECT_EQ(lane.recorder.violations(Assumption::kFault), 0U);
  TaskState other(lane_task({1, {1_ms}, 10_ms, 10_ms}), 0);
  TaskState* wanted = &other;
  EXPECT_EQ(lane.core->add({&wanted, 1}).error().code, ErrorCode::kFailedPrecondition);
}

// Done, failed, turned away on arrival, dropped after the release and cancelled half-way.
TEST(LaneCoreEnd, every_arrival_is_counted_once_by_its_end) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 4_ms; };
  lane.driver.failure = [](JobId job, std::uint32_t) -> std::optional<Error> {
    if (job.sequence == 1) return Error::transient(ErrorCode::kBackend, "try again");
    return std::nullopt;
  };
  auto task = lane_task({0, {4_ms, 4_ms}, 1_ms, 50_ms});
  task.model.overload = {theory::OverloadRule::kQueue, 3};
  TaskState& state = lane.add(task);
  for (int segment = 0; segment < 4; ++segment) (void)lane.core->step();  // 8 + 4 + 4 ms
  const TaskStatistics before = state.counters();
  EXPECT_EQ(before.completed, 1U);
  EXPECT_EQ(before.failed, 1U);
  EXPECT_EQ(before.arrived, before.completed + before.failed + before.refused + state.unfinished);
  lane.core->drain(lane.clock.now());
  EXPECT_TRUE(lane.run_for(100_ms));
  const TaskStatistics after = state.counters();
  EXPECT_EQ(after.cancelled, 1U);
  EXPECT_EQ(after.arrived, 17U);  // at 0, 1, .. 16 ms
  EXPECT_EQ(after.arrived, after.completed + after.failed + after.cancelled + after.refused);
  EXPECT_GT(after.released + after.refused, after.arrived);  // the dropped ones are in both
}

TEST(LaneCoreTime, is_a_partition_of_the_time_since_the_start) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.task == TaskId{0} ? 3_ms : 5_ms;
  };
  lane.add_together({lane_task({0, {3_ms}, 10_ms, 10_ms}), lane_task({1, {5_ms}, 14_ms, 14_ms})});
  lane.run_until(at(500_ms));
  lane.core->abort();
  while (lane.core->step().kind != LaneStep::Kind::kStopped) {
  }
  const LaneTime time = lane.core->time();
  EXPECT_EQ(time.idle + time.dispatch + time.execute + time.complete + time.lost,
            lane.clock.now() - TimePoint{});
  EXPECT_GT(time.execute, 300_ms);
}

}  // namespace
}  // namespace aegis::executor
