// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/orchestrator.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/trace/trace.h"

namespace aegis::scheduler {
namespace {

using namespace time_literals;
using testing::HasSubstr;

// A mock model whose segments really take `segment` each, with generous WCETs: these tests run on
// loaded machines and under sanitizers, so they never expect punctuality.
ModelSetup mock_model(const std::string& name, int segments, Duration period,
                      Duration wcet = 5_ms) {
  ModelSetup setup;
  setup.backend = "mock";
  setup.load.name = name;
  std::string times = "200us";
  for (int i = 1; i < segments; ++i) times += ",200us";
  setup.load.options = {{"segments", times}};
  setup.timing.period = period;
  setup.timing.deadline = {period};
  for (int i = 0; i < segments; ++i) {
    setup.timing.segments.push_back({.wcet = wcet, .bcet = {}});
  }
  return setup;
}

class OrchestratorTest : public testing::Test {
 protected:
  void SetUp() override { make(theory::policy::Policy::kEdf); }

  void make(theory::policy::Policy policy) {
    executor::LaneConfig lane;
    lane.fifo_priority.reset();
    lane.policy = policy;
    lane.samples_per_task = 1024;
    auto made =
        Orchestrator::create({.lanes = {lane}}, context::builtin_backends(), clock_, &recorder_);
    ASSERT_TRUE(made) << made.error().message();
    orchestrator_ = std::move(*made);
  }

  TaskId load(ModelSetup setup) {
    const Result<TaskId> task = orchestrator_->load(std::move(setup));
    EXPECT_TRUE(task) << (task ? "" : task.error().message());
    return task.value_or(TaskId{});
  }

  executor::TaskStatistics statistics(TaskId task) {
    for (auto& found : orchestrator_->lane(LaneId{0})->statistics()) {
      if (found.task == task) return found;
    }
    return {};
  }

  void wait_for_completed(TaskId task, std::uint64_t jobs) {
    for (int i = 0; i < 10'000 && statistics(task).completed < jobs; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GE(statistics(task).completed, jobs);
  }

  trace::Trace drained_trace() {
    trace::TraceCollector collector;
    recorder_.drain(collector);
    return collector.take();
  }

  MonotonicClock clock_;
  trace::Recorder recorder_{{.events_per_ring = 1U << 14}};
  std::unique_ptr<Orchestrator> orchestrator_;
};

TEST_F(OrchestratorTest, an_admitted_set_runs_and_drains) {
  const TaskId fast = load(mock_model("fast", 1, 20_ms));
  const TaskId slow = load(mock_model("slow", 2, 50_ms));
  const auto admissions = orchestrator_->start({});
  ASSERT_TRUE(admissions) << admissions.error().message();
  ASSERT_TRUE(admissions->front().admitted) << admissions->front().rationale;
  wait_for_completed(fast, 3);
  wait_for_completed(slow, 2);
  ASSERT_TRUE(orchestrator_->drain(1_s));
  EXPECT_EQ(statistics(fast).failed, 0U);
}

TEST_F(OrchestratorTest, a_refused_set_does_not_run) {
  load(mock_model("x", 1, 20_ms, 15_ms));
  load(mock_model("y", 1, 20_ms, 15_ms));
  const auto admissions = orchestrator_->start({});
  ASSERT_TRUE(admissions);
  EXPECT_FALSE(admissions->front().admitted);
  EXPECT_EQ(orchestrator_->lane(LaneId{0}), nullptr);
}

TEST_F(OrchestratorTest, a_newcomer_runs_only_once_the_union_is_proved) {
  const TaskId first = load(mock_model("first", 1, 20_ms));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  const Result<Admission> too_much = orchestrator_->add(mock_model("too much", 1, 20_ms, 18_ms));
  ASSERT_TRUE(too_much);
  EXPECT_FALSE(too_much->admitted);
  const Result<Admission> fits = orchestrator_->add(mock_model("fits", 1, 40_ms));
  ASSERT_TRUE(fits);
  EXPECT_TRUE(fits->admitted) << fits->rationale;
  EXPECT_EQ(orchestrator_->tasks().size(), 2U) << "what was refused left no trace in the set";
  wait_for_completed(TaskId{1}, 2);
  wait_for_completed(first, 2);
  ASSERT_TRUE(orchestrator_->drain(1_s));
}

TEST_F(OrchestratorTest, a_submitted_job_computes_its_outputs_from_its_inputs) {
  ModelSetup setup = mock_model("asked", 1, 20_ms);
  setup.periodic = false;
  const TaskId task = load(std::move(setup));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  const Submitter submitter = orchestrator_->submitter(task).value();
  const auto answer = [&](std::byte question, std::uint64_t job) {
    std::ranges::fill(orchestrator_->input(task, 0), question);
    EXPECT_TRUE(submitter.submit(job));
    wait_for_completed(task, job);
    const auto output = orchestrator_->output(task, 0);
    return std::vector<std::byte>(output.begin(), output.end());
  };
  const auto first = answer(std::byte{1}, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(25));  // no sooner than its period
  EXPECT_NE(answer(std::byte{2}, 2), first);
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  EXPECT_EQ(answer(std::byte{1}, 3), first);
  EXPECT_TRUE(orchestrator_->input(task, 1).empty());
  EXPECT_TRUE(orchestrator_->output(TaskId{7}, 0).empty());
  ASSERT_TRUE(orchestrator_->drain(1_s));
}

TEST_F(OrchestratorTest, a_removed_model_frees_its_capacity) {
  const TaskId big = load(mock_model("big", 1, 20_ms, 12_ms));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  EXPECT_FALSE(orchestrator_->add(mock_model("another", 1, 20_ms, 12_ms)).value().admitted);
  ASSERT_TRUE(orchestrator_->remove(big));
  EXPECT_FALSE(orchestrator_->remove(big)) << "it is gone";
  EXPECT_TRUE(orchestrator_->add(mock_model("another", 1, 20_ms, 12_ms)).value().admitted);
  ASSERT_TRUE(orchestrator_->drain(1_s));
}

TEST_F(OrchestratorTest, models_come_and_go_while_another_runs) {
  const TaskId steady = load(mock_model("steady", 1, 10_ms, 2_ms));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  for (std::uint32_t round = 0; round < 10; ++round) {
    ASSERT_TRUE(orchestrator_->add(mock_model("guest", 2, 30_ms, 2_ms)).value().admitted);
    wait_for_completed(TaskId{1 + round}, 1);
    ASSERT_TRUE(orchestrator_->remove(TaskId{1 + round}));
  }
  ASSERT_TRUE(orchestrator_->drain(1_s));
  EXPECT_EQ(statistics(steady).failed, 0U);
  EXPECT_EQ(statistics(steady).refused, statistics(steady).missed) << "none was dropped silently";
}

TEST_F(OrchestratorTest, submitted_jobs_report_to_their_callback) {
  std::atomic<int> done{0};
  std::atomic<std::uint64_t> tokens{0};
  ModelSetup setup = mock_model("on demand", 1, 20_ms);
  setup.periodic = false;
  setup.on_job_end = [&](const executor::JobReport& report) {
    tokens += report.token;
    ++done;
  };
  const TaskId task = load(std::move(setup));
  EXPECT_FALSE(orchestrator_->submitter(task)) << "not before start()";
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  const Submitter submitter = orchestrator_->submitter(task).value();
  for (std::uint64_t token = 1; token <= 3; ++token) {
    ASSERT_TRUE(submitter.submit(token));
    for (int i = 0; i < 5'000 && done < static_cast<int>(token); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  ASSERT_TRUE(orchestrator_->drain(1_s));
  EXPECT_EQ(done, 3);
  EXPECT_EQ(tokens, 6U);
}

TEST_F(OrchestratorTest, a_failing_model_stops_alone) {
  ModelSetup broken = mock_model("broken", 1, 20_ms);
  broken.load.options["faults"] = "permanent at start of segment 0";
  const TaskId failing = load(std::move(broken));
  const TaskId healthy = load(mock_model("healthy", 1, 20_ms));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  wait_for_completed(healthy, 5);
  ASSERT_TRUE(orchestrator_->drain(1_s));
  EXPECT_EQ(statistics(healthy).failed, 0U);
  EXPECT_EQ(statistics(failing).completed, 0U);
  EXPECT_GT(statistics(failing).missed, 0U);
}

// Whoever left in this busy period may still have delayed somebody: with a newcomer on top that is
// a set that nobody proved.
TEST_F(OrchestratorTest, what_left_counts_until_the_lane_was_idle) {
  const TaskId leaving = load(mock_model("leaving", 1, 20_s, 8_s));
  ModelSetup busy = mock_model("busy", 2, 100_s, 5_s);
  busy.load.options["segments"] = "300ms,1ms";  // the removal falls between the two
  busy.load.options["faults"] = "hang at start of segment 1";
  busy.load.options["hang_limit"] = "2s";
  const TaskId hanging = load(std::move(busy));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  wait_for_completed(leaving, 1);
  ASSERT_TRUE(orchestrator_->remove(leaving));
  const auto newcomer = [&] { return orchestrator_->add(mock_model("b", 1, 20_s, 8_s)).value(); };
  while (!newcomer().admitted) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(orchestrator_->drain(1_s));
  const trace::Trace trace = drained_trace();
  std::int64_t idle_again = 0;  // the hang was all that was left
  for (const trace::Event& event : trace.events) {
    const bool ended = event.type == trace::EventType::kCompleted;
    if (ended && event.task == hanging.value) idle_again = event.time_ns;
  }
  EXPECT_GT(idle_again, 0);
  for (const auto& decision : trace.decisions) {
    if (decision.kind != "add" || decision.outcome != "accepted") continue;
    EXPECT_GT(decision.time_ns, idle_again);
  }
}

TEST_F(OrchestratorTest, a_newcomer_that_the_lane_has_no_room_for_changes_no_declared_bound) {
  executor::LaneConfig lane;
  lane.fifo_priority.reset();
  lane.max_ready_jobs = 1;
  orchestrator_ =
      Orchestrator::create({.lanes = {lane}}, context::builtin_backends(), clock_, &recorder_)
          .value();
  const TaskId first = load(mock_model("first", 1, 20_ms, 2_ms));
  const Admission alone = orchestrator_->start({}).value().front();
  ASSERT_TRUE(alone.admitted);
  EXPECT_FALSE(orchestrator_->add(mock_model("second", 1, 40_ms, 5_ms))) << "no room in the queue";
  wait_for_completed(first, 2);
  ASSERT_TRUE(orchestrator_->drain(1_s));
  EXPECT_EQ(drained_trace().find_task(first)->response_bound,
            alone.analysis.tasks.front().response_time);
}

// A trace keeps one bound of a task, for jobs before and after each change.
TEST_F(OrchestratorTest, a_declared_bound_holds_for_every_job_there_has_been) {
  const TaskId steady = load(mock_model("steady", 1, 40_ms, 2_ms));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  const auto with_guest = [&](Duration wcet) {
    const Admission admission = orchestrator_->add(mock_model("guest", 1, 80_ms, wcet)).value();
    EXPECT_TRUE(admission.admitted);
    return admission.analysis.tasks.front().response_time.value_or(Duration::zero());
  };
  const Duration with_large = with_guest(10_ms);
  ASSERT_TRUE(orchestrator_->remove(TaskId{1}));
  EXPECT_LT(with_guest(1_ms), with_large);
  ASSERT_TRUE(orchestrator_->drain(1_s));
  EXPECT_EQ(drained_trace().find_task(steady)->response_bound, with_large);
}

TEST_F(OrchestratorTest, every_step_is_a_decision_with_a_rationale) {
  const TaskId fast = load(mock_model("fast", 1, 20_ms));
  ASSERT_TRUE(orchestrator_->start({}).value().front().admitted);
  wait_for_completed(fast, 2);
  ASSERT_TRUE(orchestrator_->drain(1_s));
  const trace::Trace trace = drained_trace();
  std::vector<std::string> kinds;
  for (const auto& decision : trace.decisions) {
    kinds.push_back(decision.kind + ":" + decision.outcome);
    EXPECT_FALSE(decision.rationale.empty());
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"register:accepted", "admit:accepted", "drain:done"}));
  ASSERT_NE(trace.find_task(fast), nullptr);
  EXPECT_GT(trace.find_task(fast)->response_bound, Duration::zero());
  EXPECT_TRUE(trace.find_lane(LaneId{0})->admitted);
}

TEST_F(OrchestratorTest, measuring_gives_wcets_and_an_identity) {
  ModelSetup unknown = mock_model("unknown", 2, 50_ms);
  unknown.timing.segments.clear();
  const TaskId task = load(std::move(unknown));
  EXPECT_THAT(orchestrator_->prove().front().rationale, HasSubstr("has no WCET"));
  const auto profiles =
      orchestrator_->measure({.warm_up = 2, .jobs = 20, .lost_threshold = 100_ms});
  ASSERT_TRUE(profiles) << profiles.error().message();
  ASSERT_EQ(profiles->size(), 1U);
  EXPECT_EQ(profiles->front().segments.size(), 2U);
  EXPECT_GE(profiles->front().segments[0].wcet, 200_us);
  EXPECT_TRUE(
      profiles->front().identity.differences(orchestrator_->identity(task).value()).empty());
  EXPECT_TRUE(orchestrator_->tasks()[0].segments.size() == 2);
}

TEST_F(OrchestratorTest, the_wrong_number_of_wcets_is_refused_with_both_numbers) {
  const TaskId task = load(mock_model("m", 2, 50_ms));
  const Status refused = orchestrator_->set_segments(task, {{.wcet = 1_ms, .bcet = {}}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("m has 2, got 1"));
}

TEST_F(OrchestratorTest, unknown_backends_lanes_and_tasks_are_errors) {
  ModelSetup nowhere = mock_model("nowhere", 1, 20_ms);
  nowhere.lane = LaneId{7};
  EXPECT_FALSE(orchestrator_->load(std::move(nowhere)));
  ModelSetup alien = mock_model("alien", 1, 20_ms);
  alien.backend = "abacus";
  EXPECT_FALSE(orchestrator_->load(std::move(alien)));
  EXPECT_FALSE(orchestrator_->remove(TaskId{9}));
  EXPECT_FALSE(orchestrator_->identity(TaskId{9}));
  EXPECT_FALSE(Orchestrator::create({}, context::builtin_backends(), clock_, nullptr));
}

}  // namespace
}  // namespace aegis::scheduler
