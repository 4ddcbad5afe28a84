// SPDX-License-Identifier: Apache-2.0
//
// Every fault that a mock can play, in C of the running example, on a clock that only segments
// move. A and B must not notice: their response times are exact here, and within their bounds.
//
// C has three segments of 10 ms, and arrives one nanosecond before A and B, so that each of its
// first segments blocks them for all of its WCET.
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "aegis/audit/audit.h"

#include "virtual_machine.h"

namespace aegis::integration {
namespace {

using namespace time_literals;
using context::MockFault;
using context::MockSegment;
using trace::Assumption;
using trace::EventType;
using What = MockFault::What;
using Where = MockFault::Where;

constexpr Duration kRun = 4_s;  // ten hyperperiods of the example

struct Numbers {
  const char* name;
  std::vector<Duration> wcets;
  Duration period;
  Duration deadline;
};

theory::Task task_of(const Numbers& numbers) {
  theory::Task task;
  task.name = numbers.name;
  for (const Duration wcet : numbers.wcets) task.segments.push_back({wcet, wcet});
  task.period = numbers.period;
  task.deadline = {numbers.deadline};
  return task;
}

VirtualMachine::Model model_of(const Numbers& numbers, Duration first_arrival = {}) {
  VirtualMachine::Model model{.task = task_of(numbers), .script = {.segments = {}}};
  for (const Duration wcet : numbers.wcets) {
    model.script.segments.push_back(MockSegment::exactly(wcet));
  }
  model.first_arrival = first_arrival;
  return model;
}

VirtualMachine::Model model_c() {
  return model_of({"C", {10_ms, 10_ms, 10_ms}, 200_ms, 100_ms});
}

// A and B beside a C of the test's.
struct Example {
  explicit Example(VirtualMachine::Model model) {
    a = machine.load(model_of({"A", {20_ms}, 100_ms, 50_ms}, 1_ns)).value();
    b = machine.load(model_of({"B", {15_ms}, 80_ms, 40_ms}, 1_ns)).value();
    c = machine.load(std::move(model)).value();
    machine.start();
  }

  void run() {
    machine.run_for(kRun);
    trace = machine.trace();
    report = audit::audit(trace);
  }
  [[nodiscard]] std::size_t count(EventType type, TaskId task) const {
    std::size_t found = 0;
    for (const trace::Event& event : trace.events) {
      if (event.type == type && event.task == task.value) ++found;
    }
    return found;
  }
  [[nodiscard]] const executor::TaskState& state(TaskId task) const { return machine.state(task); }

  VirtualMachine machine;
  TaskId a, b, c;
  trace::Trace trace;
  audit::AuditReport report;
};

void expect_unharmed(const Example& example, TaskId task) {
  const executor::TaskState& state = example.state(task);
  const std::string& name = state.task.model.name;
  EXPECT_GE(state.completed.value() + 1, state.arrived.value()) << name;  // one may be running
  EXPECT_GE(state.completed.value(), kRun / state.task.model.period - 1) << name;
  EXPECT_EQ(state.missed.value(), 0) << name;
  EXPECT_GT(example.machine.bound(task), Duration::zero()) << name;
  EXPECT_LE(state.response.maximum_ns(), example.machine.bound(task).ns()) << name;
}

void expect_others_unharmed(const Example& example) {
  expect_unharmed(example, example.a);
  expect_unharmed(example, example.b);
  EXPECT_EQ(example.report.verdict, audit::Verdict::kPassed)
      << to_text(example.trace, example.report);
}

// The first error closes the context and the task: one failed job, all others refused.
void expect_closed(const Example& example, ErrorCode code) {
  const executor::TaskState& c = example.state(example.c);
  const context::FaultBoundary& faults = example.machine.context(example.c).faults();
  ASSERT_TRUE(faults.first_error().has_value());
  EXPECT_EQ(faults.first_error()->code, code);
  EXPECT_EQ(c.failed_jobs.value(), 1);
  EXPECT_EQ(c.refused.value(), c.arrived.value() - c.completed.value() - 1);
  EXPECT_EQ(example.count(EventType::kContextFailed, example.c), 1U);
  for (const trace::Event& event : example.trace.events) {
    if (event.type != EventType::kRefused || event.task != example.c.value) continue;
    EXPECT_EQ(event.payload[0], static_cast<std::int64_t>(trace::RefusalReason::kContextFailed));
  }
}

ErrorCode code_of(What what) {
  if (what == What::kWrongOutput) return ErrorCode::kMismatch;
  return what == What::kDeviation ? ErrorCode::kDeviation : ErrorCode::kBackend;
}

// ---- errors ----

using ErrorCase = std::tuple<What, Where, std::uint32_t, std::uint32_t>;  // segment, polls
class EveryError : public ::testing::TestWithParam<ErrorCase> {
 protected:
  [[nodiscard]] static VirtualMachine::Model faulty(std::optional<std::uint64_t> job) {
    const auto [what, where, segment, polls] = GetParam();
    VirtualMachine::Model model = model_c();
    model.script.polls = polls;
    model.script.faults = {{.what = what, .where = where, .segment = segment, .job = job}};
    return model;
  }
};

TEST_P(EveryError, in_each_job_costs_only_the_model_itself) {
  Example example(faulty(std::nullopt));
  example.run();
  expect_others_unharmed(example);
  const executor::TaskState& c = example.state(example.c);
  EXPECT_EQ(c.completed.value(), 0);
  if (std::get<What>(GetParam()) != What::kTransient) {
    expect_closed(example, code_of(std::get<What>(GetParam())));
    return;
  }
  EXPECT_FALSE(example.machine.context(example.c).faults().closed());
  EXPECT_EQ(c.failed_jobs.value(), kRun / 200_ms);
}

TEST_P(EveryError, in_one_job_closes_what_its_category_says) {
  Example example(faulty(5));
  example.run();
  expect_others_unharmed(example);
  const executor::TaskState& c = example.state(example.c);
  if (std::get<What>(GetParam()) != What::kTransient) {
    EXPECT_EQ(c.completed.value(), 5);
    expect_closed(example, code_of(std::get<What>(GetParam())));
    return;
  }
  EXPECT_EQ(c.failed_jobs.value(), 1);
  EXPECT_EQ(c.completed.value(), kRun / 200_ms - 1);
}

std::string name_of(What what) {
  switch (what) {
    case What::kTransient:
      return "transient";
    case What::kPermanent:
      return "permanent";
    case What::kFatal:
      return "fatal";
    case What::kWrongOutput:
      return "wrong_output";
    case What::kDeviation:
      return "deviation";
    case What::kHang:
      return "hang";
    case What::kCrash:
      break;
  }
  return "crash";
}

std::string name_of_case(const ::testing::TestParamInfo<ErrorCase>& info) {
  const auto [what, where, segment, polls] = info.param;
  return name_of(what) + (where == Where::kStart ? "_at_start" : "_at_poll") + "_of_segment_" +
         std::to_string(segment) + (polls == 0 ? "" : "_of_a_device");
}

INSTANTIATE_TEST_SUITE_P(AtStart, EveryError,
                         ::testing::Combine(::testing::Values(What::kTransient, What::kPermanent,
                                                              What::kFatal, What::kDeviation),
                                            ::testing::Values(Where::kStart),
                                            ::testing::Values(0U, 1U, 2U),
                                            ::testing::Values(0U, 3U)),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(AtPoll, EveryError,
                         ::testing::Combine(::testing::Values(What::kTransient, What::kPermanent,
                                                              What::kFatal, What::kWrongOutput,
                                                              What::kDeviation),
                                            ::testing::Values(Where::kPoll),
                                            ::testing::Values(0U, 1U, 2U),
                                            ::testing::Values(0U, 3U)),
                         name_of_case);

// ---- hangs ----

using HangCase = std::tuple<std::uint32_t, std::uint32_t>;  // segment, polls
class EveryHang : public ::testing::TestWithParam<HangCase> {
 protected:
  [[nodiscard]] static VirtualMachine::Model hanging(std::optional<Duration> compute) {
    const auto [segment, polls] = GetParam();
    VirtualMachine::Model model = model_c();
    model.script.polls = polls;
    model.script.faults = {{.what = What::kHang, .where = Where::kStart, .segment = segment}};
    model.compute = compute;
    return model;
  }
};

// 10 ms of WCET and 4 of the budget for each segment, 1 ms until it is noticed: with the 15 ms of
// the running example's longest admissible segment there is no slack left at t = 50.
TEST_P(EveryHang, within_a_compute_budget_never_harms_the_others) {
  Example example(hanging(42_ms));
  example.run();
  expect_others_unharmed(example);
  const executor::TaskState& c = example.state(example.c);
  EXPECT_EQ(c.failed_jobs.value(), kRun / 200_ms) << "each job is tried, and cancelled";
  EXPECT_FALSE(example.machine.context(example.c).faults().closed());
  for (const trace::Event& event : example.trace.events) {
    if (event.type == EventType::kSegmentEnd && event.task == example.c.value) {
      EXPECT_LE(event.payload[1], (15_ms).ns());
    }
  }
}

// 20 x 10 ms: longer than any deadline here. What the others miss then has its cause on record, and
// it is the only time.
TEST_P(EveryHang, without_a_budget_harms_the_others_once_and_says_so) {
  Example example(hanging(std::nullopt));
  example.run();
  expect_closed(example, ErrorCode::kTimeout);
  EXPECT_EQ(example.report.verdict, audit::Verdict::kPassed)
      << to_text(example.trace, example.report);
  const std::uint64_t cause = bit(Assumption::kWcet) | bit(Assumption::kFault);
  std::size_t of_others = 0;
  for (const trace::Event& event : example.trace.events) {
    if (event.type != EventType::kMissed || event.task == example.c.value) continue;
    ++of_others;
    EXPECT_EQ(static_cast<std::uint64_t>(event.payload[2]) & cause, cause);
    EXPECT_LT(event.time_ns, (400_ms).ns());
  }
  EXPECT_GT(of_others, 0U) << "200 ms on the lane: that the others miss is the truth";
}

// A cancel is a request. What a model takes to obey nobody has charged.
TEST_P(EveryHang, that_obeys_slowly_breaks_its_limit_and_says_so) {
  VirtualMachine::Model slow = hanging(42_ms);
  slow.script.cancel_delay = 60_ms;
  Example example(std::move(slow));
  example.run();
  EXPECT_EQ(example.report.verdict, audit::Verdict::kPassed)
      << to_text(example.trace, example.report);
  EXPECT_EQ(example.state(example.c).failed_jobs.value(), kRun / 200_ms);
  EXPECT_GT(example.state(example.a).missed.value(), 0);
}

std::string name_of_hang(const ::testing::TestParamInfo<HangCase>& info) {
  const auto [segment, polls] = info.param;
  return "segment_" + std::to_string(segment) + (polls == 0 ? "" : "_of_a_device");
}
INSTANTIATE_TEST_SUITE_P(Segments, EveryHang,
                         ::testing::Combine(::testing::Values(0U, 1U, 2U),
                                            ::testing::Values(0U, 3U)),
                         name_of_hang);

// ---- what never gets in ----

TEST(FaultAtLoad, leaves_nothing_behind) {
  for (const What what : {What::kTransient, What::kPermanent, What::kFatal, What::kDeviation}) {
    VirtualMachine machine;
    const TaskId a = machine.load(model_of({"A", {20_ms}, 100_ms, 50_ms})).value();
    VirtualMachine::Model broken = model_c();
    broken.script.faults = {{.what = what, .where = Where::kLoad}};
    EXPECT_FALSE(machine.load(std::move(broken)));
    machine.start();
    machine.run_for(1_s);
    EXPECT_EQ(machine.state(a).completed.value(), 10);
    EXPECT_EQ(machine.state(a).missed.value(), 0);
  }
}

}  // namespace
}  // namespace aegis::integration
