// SPDX-License-Identifier: Apache-2.0
//
// Every fault that a mock can play, through the orchestrator, on real lanes with their threads.
// Machines that run tests are loaded, so time is judged as the audit judges it: who is beyond a
// proved bound must have a violated assumption in the same busy period. Exact times are in
// fault_schedule_test.cc.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <tuple>

#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/audit/audit.h"
#include "aegis/context/probe.h"
#include "aegis/scheduler/orchestrator.h"
#include "aegis/trace/trace.h"

namespace aegis::integration {
namespace {

using namespace time_literals;
using scheduler::ModelSetup;
using scheduler::Orchestrator;
using ::testing::HasSubstr;

ModelSetup model(const std::string& name, const std::string& segments, Duration period) {
  ModelSetup setup;
  setup.backend = "mock";
  setup.load.name = name;
  setup.load.options = {{"segments", segments}};
  setup.timing.period = period;
  setup.timing.deadline = {period};
  // Of a lane that is held up everything arrives and is done in the end.
  setup.timing.overload = {theory::OverloadRule::kQueue, 200};
  const auto count = 1 + std::count(segments.begin(), segments.end(), ',');
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    setup.timing.segments.push_back({.wcet = 3_ms, .bcet = {}});
  }
  return setup;
}

ModelSetup faulty_model(const std::string& faults, const std::string& polls = "0") {
  ModelSetup setup = model("faulty", "200us,200us", 40_ms);
  setup.load.options["faults"] = faults;
  setup.load.options["polls"] = polls;
  return setup;
}

class Lanes : public ::testing::Test {
 protected:
  void SetUp() override {
    executor::LaneConfig lane;
    lane.fifo_priority.reset();
    lane.wait.shallow_idle = false;
    lane.samples_per_task = 16;
    auto made =
        Orchestrator::create({.lanes = {lane}}, context::builtin_backends(), clock_, &recorder_);
    ASSERT_TRUE(made) << made.error().message();
    orchestrator_ = std::move(*made);
    fast_ = load(model("fast", "200us", 20_ms));
    slow_ = load(model("slow", "200us,200us", 50_ms));
  }

  TaskId load(ModelSetup setup) {
    const Result<TaskId> task = orchestrator_->load(std::move(setup));
    EXPECT_TRUE(task) << (task ? "" : task.error().message());
    return task.value_or(TaskId{});
  }
  void start() { ASSERT_TRUE(orchestrator_->start({}).value().front().admitted); }

  executor::TaskStatistics statistics(TaskId task) const {
    for (auto& found : orchestrator_->lane(LaneId{0})->counters()) {
      if (found.task == task) return found;
    }
    return {};
  }

  template <class Condition>
  static void wait_for(const Condition& condition) {
    for (int i = 0; i < 20'000 && !condition(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(condition());
  }
  void wait_for_jobs_of_the_others(std::uint64_t more) const {
    const std::uint64_t before = statistics(slow_).completed;
    wait_for([&] { return statistics(slow_).completed >= before + more; });
  }

  // Stops the lane and judges what there was.
  void expect_the_others_unharmed() {
    ASSERT_TRUE(orchestrator_->drain(20_s));
    for (const TaskId task : {fast_, slow_}) {
      const executor::TaskStatistics counts = statistics(task);
      EXPECT_GT(counts.completed, 0U);
      EXPECT_EQ(counts.completed, counts.arrived);
    }
    trace::TraceCollector collector;
    recorder_.drain(collector);
    trace_ = collector.take();
    const audit::AuditReport report = audit::audit(trace_);
    EXPECT_EQ(report.verdict, audit::Verdict::kPassed) << to_text(trace_, report);
    EXPECT_GT(report.checks[static_cast<std::size_t>(audit::Rule::kResponseBound)], 0U);
    for (const trace::Event& event : trace_.events) {
      if (event.type != trace::EventType::kMissed) continue;
      EXPECT_NE(event.payload[2], 0) << "a miss names its cause";
    }
  }

  MonotonicClock clock_;
  trace::Recorder recorder_;
  std::unique_ptr<Orchestrator> orchestrator_;
  TaskId fast_, slow_;
  trace::Trace trace_;
};

// ---- while running ----

// what, where, segment, polls
using Case = std::tuple<const char*, const char*, const char*, const char*>;
class EveryFault : public Lanes, public ::testing::WithParamInterface<Case> {};

TEST_P(EveryFault, is_kept_from_the_others) {
  const auto& [what, where, segment, polls] = GetParam();
  const std::string text = std::string(what) + " at " + where + " of segment " + segment;
  const TaskId faulty = load(faulty_model(text + " of job 1", polls));
  start();
  wait_for([&] { return statistics(faulty).failed == 1; });
  wait_for_jobs_of_the_others(3);
  expect_the_others_unharmed();
  const executor::TaskStatistics counts = statistics(faulty);
  EXPECT_EQ(counts.failed, 1U);
  if (std::string_view(what) == "transient") {
    EXPECT_EQ(counts.completed, counts.arrived - 1);
  } else {
    EXPECT_EQ(counts.completed, 1U) << "job 0";
    EXPECT_EQ(counts.refused, counts.arrived - 2) << "all later ones";
  }
  EXPECT_GE(counts.missed, 1U);
}

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  const auto& [what, where, segment, polls] = info.param;
  return std::string(what) + "_at_" + where + "_of_segment_" + segment +
         (std::string_view(polls) == "0" ? "" : "_of_a_device");
}
INSTANTIATE_TEST_SUITE_P(
    Errors, EveryFault,
    ::testing::Combine(::testing::Values("transient", "permanent", "fatal", "deviation", "hang"),
                       ::testing::Values("start", "poll"), ::testing::Values("0", "1"),
                       ::testing::Values("0", "2")),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(WrongOutput, EveryFault,
                         ::testing::Combine(::testing::Values("wrong_output"),
                                            ::testing::Values("poll"), ::testing::Values("0", "1"),
                                            ::testing::Values("0", "2")),
                         name_of_case);

class SlowCancel : public Lanes, public ::testing::WithParamInterface<const char*> {};

TEST_P(SlowCancel, is_waited_for_and_has_its_misses_explained) {
  ModelSetup setup = faulty_model("hang at start of segment 0 of job 1", GetParam());
  setup.load.options["cancel_delay"] = "60ms";
  const TaskId faulty = load(std::move(setup));
  start();
  wait_for([&] { return statistics(faulty).failed == 1; });
  wait_for_jobs_of_the_others(3);
  expect_the_others_unharmed();
  EXPECT_GT(statistics(fast_).missed, 0U) << "160 ms on the lane";
}
std::string name_of_polls(const ::testing::TestParamInfo<const char*>& info) {
  return std::string_view(info.param) == "0" ? "on_the_lane" : "of_a_device";
}
INSTANTIATE_TEST_SUITE_P(Polls, SlowCancel, ::testing::Values("0", "2"), name_of_polls);

TEST_F(Lanes, a_hang_within_a_compute_budget_costs_its_jobs_and_not_the_model) {
  ModelSetup setup = faulty_model("hang at start of segment 1");
  setup.load.budget.compute_per_period = 7_ms;
  const TaskId faulty = load(std::move(setup));
  start();
  wait_for([&] { return statistics(faulty).failed >= 3; });
  wait_for_jobs_of_the_others(2);
  expect_the_others_unharmed();
  EXPECT_EQ(statistics(faulty).completed, 0U);
  EXPECT_EQ(statistics(faulty).failed, statistics(faulty).arrived);
}

// ---- at load ----

class LoadFault : public Lanes, public ::testing::WithParamInterface<const char*> {};

TEST_P(LoadFault, of_a_newcomer_leaves_the_running_set_as_it_was) {
  start();
  ModelSetup setup = faulty_model(std::string(GetParam()) + " at load");
  setup.load.options["hang_limit"] = "100ms";
  const Result<scheduler::Admission> added = orchestrator_->add(std::move(setup));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message(), HasSubstr("scripted error at load"));
  EXPECT_EQ(orchestrator_->tasks().size(), 2U);
  wait_for_jobs_of_the_others(3);
  expect_the_others_unharmed();
}
std::string name_of_word(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}
INSTANTIATE_TEST_SUITE_P(Errors, LoadFault,
                         ::testing::Values("transient", "permanent", "fatal", "deviation", "hang"),
                         name_of_word);

// A crash is for a child to suffer, before the lanes run.
TEST_F(Lanes, a_crash_at_load_is_met_by_the_probe) {
  const ModelSetup setup = faulty_model("crash at load");
  const auto mock = [] { return context::builtin_backends().create("mock"); };
  const Status tried = context::probe_in_child(mock, setup.load);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("crashes its runtime"));
  start();
  wait_for_jobs_of_the_others(2);
  expect_the_others_unharmed();
}

TEST_F(Lanes, a_newcomer_that_exceeds_its_memory_budget_is_refused_while_the_others_run) {
  start();
  ModelSetup setup = model("greedy", "200us", 100_ms);
  setup.load.options["activation_bytes"] = "1048576";
  setup.load.budget.memory_bytes = 65536;
  const Result<scheduler::Admission> added = orchestrator_->add(std::move(setup));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(orchestrator_->arena_bytes(LaneId{0}), 0U);
  wait_for_jobs_of_the_others(2);
  expect_the_others_unharmed();
}

// ---- no memory ----

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
std::size_t data_bytes() {
  std::FILE* status = std::fopen("/proc/self/statm", "r");
  unsigned long pages[6] = {};  // size, resident, shared, text, lib, data
  for (unsigned long& value : pages) {
    if (std::fscanf(status, "%lu", &value) != 1) value = 0;
  }
  std::fclose(status);
  return pages[5] * static_cast<std::size_t>(::getpagesize());
}

TEST_F(Lanes, an_arena_that_cannot_grow_refuses_the_newcomer_and_nobody_else) {
  ModelSetup resident = model("resident", "200us", 100_ms);
  resident.load.options["activation_bytes"] = "1048576";
  load(std::move(resident));
  start();
  const std::size_t before = orchestrator_->arena_bytes(LaneId{0});
  ModelSetup setup = model("large", "200us", 100_ms);
  setup.load.options["activation_bytes"] = "268435456";
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_DATA, &unlimited), 0);
  rlimit tight = unlimited;
  tight.rlim_cur = data_bytes() + (std::size_t{32} << 20);
  ASSERT_EQ(::setrlimit(RLIMIT_DATA, &tight), 0);
  const Result<scheduler::Admission> refused = orchestrator_->add(setup);
  ASSERT_EQ(::setrlimit(RLIMIT_DATA, &unlimited), 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("activation arena"));
  EXPECT_EQ(orchestrator_->arena_bytes(LaneId{0}), before);
  wait_for_jobs_of_the_others(2);
  const Result<scheduler::Admission> later = orchestrator_->add(setup);
  ASSERT_TRUE(later) << later.error().message();
  EXPECT_TRUE(later->admitted) << "with memory again, the same model gets in";
  wait_for_jobs_of_the_others(2);
  expect_the_others_unharmed();
}
#endif

}  // namespace
}  // namespace aegis::integration
