// SPDX-License-Identifier: Apache-2.0
#include "lane_core.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

std::vector<LaneTask> running_example() {
  return {lane_task({0, {20_ms}, 100_ms, 50_ms}), lane_task({1, {15_ms}, 80_ms, 40_ms}),
          lane_task({2, {30_ms}, 200_ms, 100_ms})};
}

Duration worst_case(JobId job, std::uint32_t) {
  return job.task == TaskId{0} ? 20_ms : job.task == TaskId{1} ? 15_ms : 30_ms;
}

std::uint64_t bits_of(const trace::Event& miss) {
  return static_cast<std::uint64_t>(miss.payload[2]);
}

// The drawing in lane_core.h.
TEST(LaneCore, schedules_the_running_example_by_deadline) {
  VirtualLane lane;
  lane.driver.execution = worst_case;
  lane.add_together(running_example());
  lane.run_until(at(70_ms));
  ASSERT_EQ(lane.driver.ran.size(), 3U);
  EXPECT_EQ(lane.driver.ran[0].job.task, TaskId{1});
  EXPECT_EQ(lane.driver.ran[1].job.task, TaskId{0});
  EXPECT_EQ(lane.driver.ran[2].job.task, TaskId{2});
  EXPECT_EQ(lane.driver.ran[2].end, at(65_ms));
}

// C starts one millisecond before A and B arrive, and blocks both: the set that admission refuses.
//
//    A due 51      |                              |               |AAAAAAAAAAAAAAAAAAAA| 65
//    B due 41      |                              |BBBBBBBBBBBBBBB| 45
//    C             |CCCCCCCCCCCCCCCCCCCCCCCCCCCCCC|
TEST(LaneCore, a_started_segment_blocks_whoever_comes_just_after) {
  LaneConfig config = lane_configuration();
  config.admitted = false;
  VirtualLane lane(config);
  lane.driver.execution = worst_case;
  auto tasks = running_example();
  tasks[0].model.offset = tasks[1].model.offset = 1_ms;
  lane.add_together(tasks);
  lane.run_until(at(65_ms));
  const auto misses = lane.events(EventType::kMissed);
  ASSERT_EQ(misses.size(), 2U);
  EXPECT_EQ(misses[0].task, 1U);
  EXPECT_EQ(misses[0].payload[0], 4'000'000);
  EXPECT_EQ(misses[1].task, 0U);
  EXPECT_EQ(misses[1].payload[0], 14'000'000);
  EXPECT_EQ(bits_of(misses[0]), bit(Assumption::kNotAdmitted));
}

TEST(LaneCore, a_segment_boundary_lets_a_more_urgent_job_go_first) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.task == TaskId{2} ? 15_ms : 5_ms;
  };
  lane.add(lane_task({2, {15_ms, 15_ms}, 200_ms, 100_ms}));
  auto urgent = lane_task({1, {5_ms}, 80_ms, 40_ms});
  urgent.model.offset = 10_ms;
  lane.add(urgent);
  lane.run_until(at(40_ms));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> order;
  for (const auto& ran : lane.driver.ran) order.emplace_back(ran.job.task.value, ran.segment);
  EXPECT_THAT(order, ElementsAre(std::pair(2U, 0U), std::pair(1U, 0U), std::pair(2U, 1U)));
  EXPECT_EQ(lane.driver.ran[1].start, at(15_ms));
}

TEST(LaneCore, periodic_arrivals_do_not_drift_however_late_the_lane_looks) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return Duration::microseconds(333); };
  lane.add(lane_task({0, {1_ms}, 3_ms, 3_ms}));
  lane.run_until(at(300_ms));
  const auto released = lane.events(EventType::kReleased);
  ASSERT_GE(released.size(), 100U);
  for (std::size_t k = 0; k < released.size(); ++k) {
    EXPECT_EQ(released[k].payload[0], static_cast<std::int64_t>(k) * 3'000'000);
    EXPECT_EQ(released[k].payload[1], released[k].payload[0] + 3'000'000);
  }
}

TEST(LaneCore, tells_why_it_chose) {
  VirtualLane lane;
  lane.add_together({lane_task({0, {1_ms}, 50_ms, 50_ms}), lane_task({1, {1_ms}, 50_ms, 40_ms}),
                     lane_task({2, {1_ms}, 50_ms, 50_ms})});
  lane.run_until(at(10_ms));
  const auto selected = lane.events(EventType::kSelected);
  ASSERT_EQ(selected.size(), 3U);
  EXPECT_EQ(selected[0].task, 1U);
  EXPECT_THAT(selected[0].payload,
              ElementsAre(0, 40'000'000, 3, as_payload(trace::SelectionReason::kSmallestKey), 0));
  EXPECT_THAT(selected[1].payload,
              ElementsAre(0, 50'000'000, 2, as_payload(trace::SelectionReason::kTieByTask), 2));
  EXPECT_EQ(selected[2].payload[3], as_payload(trace::SelectionReason::kOnlyReady));
  const auto alternatives = lane.events(EventType::kAlternative);
  ASSERT_EQ(alternatives.size(), 3U);
  EXPECT_EQ(alternatives[0].task, 0U);
  EXPECT_EQ(alternatives[0].payload[1], 1);
  EXPECT_EQ(alternatives[1].task, 2U);
  EXPECT_EQ(alternatives[1].payload[1], 2);
}

TEST(LaneCore, the_life_of_a_job_stands_in_the_trace_in_order) {
  VirtualLane lane;
  auto task = lane_task({0, {1_ms}, 50_ms, 50_ms});
  task.binding = {StreamId{7}, ContextId{8}, 4096, 1024};
  lane.add(task);
  lane.run_until(at(10_ms));
  std::vector<EventType> types;
  for (const auto& event : lane.events()) {
    types.push_back(event.type);
    EXPECT_EQ(event.lane, 3);
  }
  EXPECT_THAT(types,
              ElementsAre(EventType::kIdleBegin, EventType::kTaskAdded, EventType::kIdleEnd,
                          EventType::kSubmitted, EventType::kReleased, EventType::kSelected,
                          EventType::kBound, EventType::kSegmentStart, EventType::kSegmentEnd,
                          EventType::kCompleted, EventType::kIdleBegin));
  EXPECT_THAT(lane.events(EventType::kBound)[0].payload, ElementsAre(7, 4096, 1024, 8, 0));
  EXPECT_THAT(lane.events(EventType::kCompleted)[0].payload,
              ElementsAre(1'000'000, -49'000'000, 1'000'000, 0, 0));
}

// ---- overload ----

// One task of period 10 ms whose first job takes 25 ms: arrivals at 10 and 20 find it unfinished.
struct Overloaded {
  explicit Overloaded(theory::Overload rule) {
    lane.driver.execution = [](JobId job, std::uint32_t) {
      return job.sequence == 0 ? 25_ms : 1_ms;
    };
    auto task = lane_task({0, {25_ms}, 10_ms, 10_ms});
    task.model.overload = rule;
    task.on_job_end = [this](const JobReport& report) { reports.push_back(report); };
    state = &lane.add(task);
    lane.run_until(at(29_ms));
    lane.reports.deliver();
  }
  VirtualLane lane;
  TaskState* state = nullptr;
  std::vector<JobReport> reports;
};

TEST(LaneCoreOverload, skip_drops_silently_but_counts) {
  Overloaded run({theory::OverloadRule::kSkip});
  EXPECT_EQ(run.state->refused.value(), 2);
  EXPECT_EQ(run.state->missed.value(), 3);
  ASSERT_EQ(run.reports.size(), 1U);
  EXPECT_EQ(run.reports[0].end, JobEnd::kDone);
  EXPECT_TRUE(run.reports[0].missed);
}

TEST(LaneCoreOverload, reject_tells_the_submitter) {
  Overloaded run({theory::OverloadRule::kReject});
  EXPECT_EQ(run.state->refused.value(), 2);
  ASSERT_EQ(run.reports.size(), 3U);
  EXPECT_EQ(run.reports[1].end, JobEnd::kRefused);
  EXPECT_EQ(run.reports[1].job.sequence, 1U);
}

TEST(LaneCoreOverload, queue_lets_so_many_wait) {
  Overloaded run({theory::OverloadRule::kQueue, 1});
  EXPECT_EQ(run.state->refused.value(), 1);
  EXPECT_EQ(run.state->completed.value(), 2);
  EXPECT_EQ(run.lane.events(EventType::kRefused)[0].job, 2U);
}

// 10 ms: the previous job ends exactly when the next arrives. That is no overload.
TEST(LaneCoreOverload, an_end_at_the_instant_of_an_arrival_is_in_time) {
  VirtualLane lane;
  lane.driver.execution = [](JobId, std::uint32_t) { return 10_ms; };
  TaskState& task = lane.add(lane_task({0, {10_ms}, 10_ms, 10_ms}));
  lane.run_until(at(100_ms));
  EXPECT_EQ(task.refused.value(), 0);
  EXPECT_EQ(task.missed.value(), 0);
  EXPECT_EQ(task.completed.value(), 10);
}

// ---- what is violated, and what a miss names ----

TEST(LaneCoreMisses, an_overrun_is_recorded_and_named_by_the_misses_it_causes) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) {
    return job.task == TaskId{1} ? 45_ms : 20_ms;
  };
  lane.add_together(
      {lane_task({0, {20_ms}, 100_ms, 50_ms}), lane_task({1, {15_ms}, 80_ms, 40_ms})});
  lane.run_until(at(70_ms));
  const auto overruns = lane.events(EventType::kOverrun);
  ASSERT_EQ(overruns.size(), 1U);
  EXPECT_THAT(overruns[0].payload, ElementsAre(0, 45'000'000, 15'000'000, 0, 0));
  const auto misses = lane.events(EventType::kMissed);
  ASSERT_EQ(misses.size(), 2U);  // B itself, 5 ms late, and A behind it, 15 ms late
  for (const auto& miss : misses) EXPECT_EQ(bits_of(miss), bit(Assumption::kWcet));
  EXPECT_EQ(misses[0].payload[0], 5'000'000);
  EXPECT_EQ(misses[1].payload[0], 15'000'000);
  EXPECT_EQ(lane.recorder.violations(Assumption::kWcet), 1U);
}

TEST(LaneCoreMisses, a_new_busy_period_starts_with_a_clean_slate) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) { return job.sequence == 0 ? 7_ms : 5_ms; };
  lane.add(lane_task({0, {5_ms}, 10_ms, 3_ms}));
  lane.run_until(at(16_ms));
  const auto misses = lane.events(EventType::kMissed);
  ASSERT_EQ(misses.size(), 2U);
  EXPECT_EQ(bits_of(misses[0]), bit(Assumption::kWcet));
  EXPECT_EQ(bits_of(misses[1]),
            0U);  // D < C although "admitted": a wrong proof, and the audit will say so
}

TEST(LaneCoreMisses, without_a_proof_every_miss_says_so) {
  LaneConfig config = lane_configuration();
  config.admitted = false;
  VirtualLane lane(config);
  lane.driver.execution = [](JobId, std::uint32_t) { return 5_ms; };
  lane.add(lane_task({0, {5_ms}, 10_ms, 3_ms}));
  lane.run_until(at(6_ms));
  EXPECT_EQ(bits_of(lane.events(EventType::kMissed).at(0)), bit(Assumption::kNotAdmitted));
}

TEST(LaneCoreMisses, are_soft_within_one_relative_deadline_and_hard_beyond) {
  VirtualLane lane;
  lane.driver.execution = [](JobId job, std::uint32_t) { return job.sequence == 0 ? 5_ms : 7_ms; };
  lane.add(lane_task({0, {7_ms}, 10_ms, 3_ms}));
  lane.run_until(at(18_ms));
  const auto misses = lane.events(EventType::kMissed);
  ASSERT_EQ(misses.size(), 2U);
  EXPECT_EQ(misses[0].payload[1], as_payload(trace::MissSeverity::kSoft));
  EXPECT_EQ(misses[1].payload[1], as_payload(trace::MissSeverity::kHard));
}

TEST(LaneCoreMisses, submissions_closer_than_the_period_are_recorded) {
  VirtualLane lane;
  auto task = lane_task({0, {2_ms}, 10_ms, 10_ms});
  task.periodic = false;
  TaskState& state = lane.add(task);
  lane.submit(state, 41);
  lane.run_for(4_ms);
  lane.submit(state, 42);
  lane.run_for(4_ms);
  EXPECT_EQ(lane.driver.ran[1].token, 42U);
  const auto violated = lane.events(EventType::kAssumptionViolated);
  ASSERT_EQ(violated.size(), 1U);
  EXPECT_THAT(violated[0].payload,
              ElementsAre(as_payload(Assumption::kInterArrival), 4'000'000, 10'000'000, 0, 0));
}

TEST(LaneCoreMisses, a_full_inbox_leaves_a_refusal_and_a_cause) {
  VirtualLane lane;
  auto task = lane_task({0, {2_ms}, 1_ms, 10_ms});
  task.periodic = false;
  task.inbox_capacity = 2;
  task.model.overload = {theory::OverloadRule::kQueue, 4};
  TaskState& state = lane.add(task);
  for (int i = 0; i < 3; ++i) lane.submit(state);
  lane.run_for(10_ms);
  const auto refused = lane.events(EventType::kRefused);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].payload[0], as_payload(trace::RefusalReason::kInboxFull));
  EXPECT_NE(bits_of(lane.events(EventType::kMissed).at(0)), 0U);
  EXPECT_EQ(state.refused.value(), 1);
  EXPECT_EQ(state.completed.value(), 2);
}

TEST(LaneCoreMisses, a_flood_of_refusals_costs_a_look_no_more_than_an_inbox) {
  VirtualLane lane;
  auto task = lane_task({0, {2_ms}, 1_ms, 10_ms});
  task.periodic = false;
  task.inbox_capacity = 2;
  task.model.overload = {theory::OverloadRule::kQueue, 4};
  TaskState& state = lane.add(task);
  for (int i = 0; i < 1'000; ++i) lane.submit(state);
  lane.run_for(10_ms);
  EXPECT_EQ(lane.events(EventType::kRefused).size(), 2U);
  EXPECT_EQ(lane.events(EventType::kMissed).size(), 2U);
  EXPECT_EQ(state.refused.value(), 998);
  EXPECT_EQ(state.missed.value(), 998);
  EXPECT_EQ(state.arrived.value(), 1'000);
  EXPECT_EQ(state.completed.value(), 2);
  EXPECT_EQ(state.next_sequence, 1'000U);
  EXPECT_LE(lane.events(EventType::kAssumptionViolated).size(), 5U);
}

TEST(LaneCoreMisses, violations_are_counted_without_a_recorder_too) {
  ManualClock clock;
  ScriptedDriver driver(clock);
  driver.execution = [](JobId, std::uint32_t) { return 3_ms; };
  const LaneConfig config = lane_configuration();
  LaneCore core(config, driver, clock, {});
  core.open(false);
  TaskState task(lane_task({0, {2_ms}, 10_ms, 10_ms}), 0);
  TaskState* added = &task;
  ASSERT_TRUE(core.add({&added, 1}).has_value());
  for (int job = 1; job <= 3; ++job) {
    EXPECT_EQ(core.step().kind, LaneStep::Kind::kRan);
    EXPECT_EQ(core.step().kind, LaneStep::Kind::kIdle);
    clock.set(at(10_ms * job));
  }
  auto expected = std::array<std::uint64_t, trace::kAssumptionCount>{};
  expected.at(static_cast<std::size_t>(Assumption::kWcet)) = 3;
  EXPECT_EQ(core.violations(), expected);
}

TEST(LaneCoreMisses, a_late_wake_up_is_lost_time) {
  VirtualLane lane;
  lane.add(lane_task({0, {1_ms}, 10_ms, 10_ms}));
  lane.run_until(at(5_ms));
  lane.clock.set(at(12_ms));  // nobody gave the lane its processor at 10
  lane.run_until(at(14_ms));
  const auto lost = lane.events(EventType::kLost);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_THAT(lost[0].payload, ElementsAre(2'000'000, as_payload(trace::LossEvidence::kTimerLate),
                                           10'000'000, 0, 0));
  EXPECT_EQ(lane.recorder.violations(Assumption::kLostSupply), 1U);
  EXPECT_EQ(lane.core->time().lost, 2_ms);
}

// A device that needs several polls a segment gives the same schedule as a driver that executes on
// the spot.
TEST(LaneCore, polls_a_device_until_its_segment_is_done) {
  VirtualLane lane;
  lane.driver.execution = worst_case;
  lane.driver.polls_a_segment = 3;
  lane.add_together(running_example());
  EXPECT_EQ(lane.core->step().kind, LaneStep::Kind::kRunning);
  EXPECT_TRUE(lane.core->segment_running());
  EXPECT_EQ(lane.core->step().kind, LaneStep::Kind::kRunning);
  EXPECT_EQ(lane.core->step().kind, LaneStep::Kind::kRan);
  EXPECT_EQ(lane.driver.ran[0].end, at(15_ms));
}

}  // namespace
}  // namespace aegis::executor
