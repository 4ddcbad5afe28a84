// SPDX-License-Identifier: Apache-2.0
//
// What callers get wrong, and what the machine refuses: each is a typed error or a defined outcome,
// and the scheduler goes on. Real threads; nothing asserted about how long anything takes.
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "small_scheduler.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr TimePoint kBeforeTime = TimePoint::from_ns(std::numeric_limits<std::int64_t>::min());
constexpr Duration kLeast = Duration::nanoseconds(std::numeric_limits<std::int64_t>::min());

// ---- configurations ----

TEST(BadConfiguration, is_refused_with_the_name_of_the_field) {
  struct Case {
    const char* field;
    ErrorCode code;
    std::function<void(SchedulerConfig&)> spoil;
  };
  using Config = SchedulerConfig;
  constexpr auto kInvalid = ErrorCode::kInvalidArgument;
  constexpr auto kAbsent = ErrorCode::kNotFound;
  const std::vector<Case> cases = {
      {"workers", kInvalid, [](Config& c) { c.workers = 0; }},
      {"workers", kInvalid, [](Config& c) { c.group(Priority::kHigh).workers = 0; }},
      {"workers", kInvalid, [](Config& c) { c.group(Priority::kHigh).workers = 65; }},
      {"workers", kInvalid, [](Config& c) { c.workers = std::size_t{1} << 63U; }},
      {"groups", kInvalid,
       [](Config& c) {
         for (auto& g : c.groups) g.enabled = false;
       }},
      {"cpus", kAbsent, [](Config& c) { c.cpus = {100'000}; }},
      {"cpus", kAbsent, [](Config& c) { c.cpus = {-1}; }},
      {"high.cpus", kAbsent,
       [](Config& c) { c.group(Priority::kHigh).cpus = std::vector<int>{0, 100'000}; }},
      {"fifo_priority", kInvalid, [](Config& c) { c.group(Priority::kHigh).fifo_priority = 0; }},
      {"fifo_priority", kInvalid, [](Config& c) { c.group(Priority::kHigh).fifo_priority = 99; }},
      {"fifo_priority", kInvalid, [](Config& c) { c.group(Priority::kHigh).fifo_priority = -5; }},
      {"policy", kInvalid, [](Config& c) { c.policy = static_cast<WorkerPolicy>(17); }},
      {"high.policy", kInvalid,
       [](Config& c) { c.group(Priority::kHigh).policy = static_cast<WorkerPolicy>(17); }},
      {"queue_capacity", kInvalid, [](Config& c) { c.queue_capacity = 0; }},
      {"queue_capacity", kInvalid, [](Config& c) { c.queue_capacity = 1000; }},
      {"queue_capacity", kInvalid, [](Config& c) { c.queue_capacity = std::size_t{1} << 40U; }},
      {"queue_capacity", kInvalid, [](Config& c) { c.queue_capacity = std::size_t{1} << 20U; }},
      {"max_submitters", kInvalid, [](Config& c) { c.max_submitters = 0; }},
      {"max_submitters", kInvalid, [](Config& c) { c.max_submitters = 201; }},
      {"max_submitters", kInvalid,
       [](Config& c) {
         c.max_submitters = 200;
         c.workers = 14;
       }},
      {"max_recurrent", kInvalid, [](Config& c) { c.max_recurrent = 5'000; }},
      {"max_kinds", kInvalid, [](Config& c) { c.max_kinds = 0; }},
      {"max_kinds", kInvalid, [](Config& c) { c.max_kinds = 5'000; }},
      {"hang_limit", kInvalid, [](Config& c) { c.hang_limit = 0_ms; }},
      {"hang_factor", kInvalid, [](Config& c) { c.hang_factor = 0; }},
      {"latency_budget", kInvalid, [](Config& c) { c.latency_budget = Duration::nanoseconds(-1); }},
      {"spin", kInvalid, [](Config& c) { c.spin.before_release = Duration::nanoseconds(-1); }},
      {"high.spin", kInvalid,
       [](Config& c) {
         c.group(Priority::kHigh).spin = SpinStrategy{.after_work = Duration::nanoseconds(-1)};
       }},
      {"high.admission", kInvalid,
       [](Config& c) {
         c.group(Priority::kHigh).admission.longest_plain_task = Duration::nanoseconds(-1);
       }},
      {"high.admission", kInvalid,
       [](Config& c) {
         c.group(Priority::kHigh).admission.overheads.release = Duration::nanoseconds(-1);
       }},
  };
  for (const Case& wrong : cases) {
    SchedulerConfig config;
    wrong.spoil(config);
    const Status verdict = validate(config);
    ASSERT_FALSE(verdict.has_value()) << wrong.field;
    EXPECT_EQ(verdict.error().code, wrong.code) << verdict.error().message();
    EXPECT_NE(verdict.error().message().find(wrong.field), std::string::npos)
        << verdict.error().message();
    EXPECT_EQ(code_of(NanosecondScheduler::create(config)), wrong.code);
  }
}

TEST(BadConfiguration, of_groups_that_are_not_enabled_does_not_matter) {
  SchedulerConfig config = one_worker();
  config.group(Priority::kHigh).workers = 0;
  EXPECT_TRUE(validate(config).has_value());
}

// Limits that mean "never": nothing overflows.
TEST(BadConfiguration, the_longest_durations_are_only_long) {
  SchedulerConfig config = one_worker();
  config.hang_limit = config.latency_budget = Duration::max();
  config.spin = {.before_release = Duration::max()};
  GroupConfig& group = config.group(Priority::kNormal);
  group.admission.longest_plain_task = Duration::max();
  group.admission.overheads = {.release = Duration::max(),
                               .dispatch = Duration::max(),
                               .completion = Duration::max(),
                               .clock_error = Duration::max()};
  const auto scheduler = running(config);
  ASSERT_NE(scheduler, nullptr);
  const auto task = scheduler->schedule_with_deadline([] {}, RelativeDeadline{1_ns});
  EXPECT_EQ(code_of(task), ErrorCode::kNotFound) << "the group of kHigh is not enabled";
  const auto late =
      scheduler->schedule_with_deadline([] {}, RelativeDeadline{1_ns}, Priority::kNormal);
  ASSERT_TRUE(late.has_value());
  EXPECT_TRUE(scheduler->wait_for_completion(*late, kLong)->missed);
  const auto proven =
      scheduler->schedule_with_wcet([] {}, Wcet{1_ms}, RelativeDeadline{1_s}, Priority::kNormal);
  EXPECT_TRUE(!proven || !proven->admitted());
  EXPECT_TRUE(scheduler->shutdown(Duration::max()).has_value());
}

// ---- durations and instants ----

TEST(BadTimes, of_one_job) {
  const auto scheduler = running(one_worker());
  const auto outcome = [&](auto deadline) {
    const auto task = scheduler->schedule_with_deadline([] {}, deadline, Priority::kNormal);
    EXPECT_TRUE(task.has_value());
    return *scheduler->wait_for_completion(*task, kLong);
  };
  for (const Duration negative : {Duration::nanoseconds(-1), kLeast}) {
    EXPECT_EQ(code_of(scheduler->schedule_with_deadline([] {}, RelativeDeadline{negative},
                                                        Priority::kNormal)),
              ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(outcome(RelativeDeadline{0_ns}).missed);
  EXPECT_FALSE(outcome(RelativeDeadline{Duration::max()}).missed);
  EXPECT_FALSE(outcome(AbsoluteDeadline{TimePoint::max()}).missed);
  for (const TimePoint past : {TimePoint{}, TimePoint::from_ns(-1), kBeforeTime}) {
    const TaskOutcome late = outcome(AbsoluteDeadline{past});
    EXPECT_EQ(late.end, TaskEnd::kCompleted) << "past instants are taken, and late";
    EXPECT_TRUE(late.missed);
  }
}

TEST(BadTimes, of_waiting) {
  const auto scheduler = running(one_worker());
  Gate gate(*scheduler);
  for (const Duration timeout : {Duration::zero(), Duration::nanoseconds(-1), kLeast}) {
    EXPECT_EQ(code_of(scheduler->wait_for_completion(gate.handle, timeout)), ErrorCode::kTimeout);
    EXPECT_TRUE(is_transient(scheduler->wait_for_completion(gate.handle, timeout)));
    EXPECT_EQ(code_of(scheduler->run_until_idle(timeout)), ErrorCode::kTimeout);
  }
  EXPECT_EQ(code_of(scheduler->shutdown(Duration::nanoseconds(-1))), ErrorCode::kInvalidArgument);
  gate.open();
  EXPECT_TRUE(scheduler->wait_for_completion(gate.handle, Duration::max()).has_value());
  EXPECT_TRUE(scheduler->run_until_idle(Duration::max()).has_value());
  EXPECT_TRUE(scheduler->wait_for_completion(gate.handle, Duration::nanoseconds(-1)).has_value())
      << "it has ended: no waiting is needed";
}

TEST(BadTimes, of_periodic_tasks) {
  const auto scheduler = running(one_worker());
  const auto add = [&](PeriodicTask task) {
    return scheduler->schedule_periodic([] {}, task, Priority::kNormal);
  };
  const std::vector<std::function<void(PeriodicTask&)>> wrong = {
      [](PeriodicTask& t) { t.period = 0_ms; },
      [](PeriodicTask& t) { t.period = kLeast; },
      [](PeriodicTask& t) { t.period = 1_ns; },
      [](PeriodicTask& t) { t.offset = Duration::nanoseconds(-1); },
      [](PeriodicTask& t) { t.offset = kLeast; },
      [](PeriodicTask& t) { t.deadline = RelativeDeadline{0_ms}; },
      [](PeriodicTask& t) { t.deadline = RelativeDeadline{kLeast}; },
      [](PeriodicTask& t) { t.wcet = Wcet{0_ms}; },
      [](PeriodicTask& t) { t.wcet = Wcet{kLeast}; },
      [](PeriodicTask& t) { t.level = 64; },
      [](PeriodicTask& t) { t.overload = {theory::OverloadRule::kQueue, 0}; },
      [](PeriodicTask& t) { t.overload = {theory::OverloadRule::kQueue, 1025}; },
      [](PeriodicTask& t) { t.worker = 1; },
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    PeriodicTask task{.name = "wrong", .period = 10_ms};
    wrong[i](task);
    EXPECT_EQ(code_of(add(task)), ErrorCode::kInvalidArgument) << i;
  }
  EXPECT_EQ(code_of(scheduler->schedule_periodic([] {}, 0_ms, Priority::kNormal)),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->schedule_periodic([] {}, 1_ms, Priority::kHigh)),
            ErrorCode::kNotFound);
  // The longest are taken where nothing has to be proven, and refused by the proof otherwise.
  const Duration most = Duration::max();
  EXPECT_TRUE(add({.name = "a", .period = most, .offset = most}).has_value());
  EXPECT_TRUE(
      add({.name = "b", .period = 1_ms, .deadline = RelativeDeadline{most}, .activations = 2})
          .has_value());
  for (const PeriodicTask& task :
       {PeriodicTask{.name = "c", .period = most, .wcet = Wcet{1_ms}},
        PeriodicTask{.name = "d", .period = 1_s, .wcet = Wcet{most}},
        PeriodicTask{
            .name = "e", .period = 1_s, .deadline = RelativeDeadline{most}, .wcet = Wcet{1_ms}}}) {
    const auto admission = add(task);
    EXPECT_TRUE(!admission || !admission->admitted()) << task.name;
    if (admission) {
      EXPECT_FALSE(admission->reason.empty());
    }
  }
}

TEST(BadTimes, of_sources_and_single_jobs) {
  const auto scheduler = running(one_worker());
  const std::vector<std::function<void(SporadicTask&)>> wrong = {
      [](SporadicTask& t) { t.wcet = {0_ms}; },
      [](SporadicTask& t) { t.wcet = {kLeast}; },
      [](SporadicTask& t) { t.min_inter_arrival = 0_ms; },
      [](SporadicTask& t) { t.min_inter_arrival = kLeast; },
      [](SporadicTask& t) { t.deadline = {0_ms}; },
      [](SporadicTask& t) { t.deadline = {kLeast}; },
      [](SporadicTask& t) { t.level = 64; },
      [](SporadicTask& t) { t.unfinished = 0; },
      [](SporadicTask& t) { t.unfinished = 1025; },
      [](SporadicTask& t) { t.worker = 1; },
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    SporadicTask task{
        .name = "wrong", .wcet = {1_ms}, .min_inter_arrival = 10_ms, .deadline = {10_ms}};
    wrong[i](task);
    EXPECT_EQ(code_of(scheduler->admit(task, Priority::kNormal)), ErrorCode::kInvalidArgument) << i;
  }
  for (const auto& [wcet, deadline] :
       {std::pair{0_ms, 1_ms}, {1_ms, 0_ms}, {kLeast, 1_ms}, {1_ms, kLeast}}) {
    EXPECT_EQ(code_of(scheduler->schedule_with_wcet([] {}, Wcet{wcet}, RelativeDeadline{deadline},
                                                    Priority::kNormal)),
              ErrorCode::kInvalidArgument);
  }
  const Duration most = Duration::max();
  for (const auto& [wcet, deadline] : {std::pair{most, 1_ms}, {1_ms, most}, {most, most}}) {
    const auto job = scheduler->schedule_with_wcet([] {}, Wcet{wcet}, RelativeDeadline{deadline},
                                                   Priority::kNormal);
    EXPECT_TRUE(!job || !job->admitted());
  }
  const auto source = scheduler->admit(
      {.name = "far", .wcet = {1_ms}, .min_inter_arrival = most, .deadline = {most}},
      Priority::kNormal);
  EXPECT_TRUE(!source || !source->admitted());
}

// ---- handles, kinds, groups, bodies ----

TEST(BadHandles, are_recognised_by_every_function) {
  const auto scheduler = running(one_worker());
  const auto other = running(one_worker());
  const auto foreign = other->schedule([] {});
  ASSERT_TRUE(foreign.has_value());
  for (const TaskHandle bad : {TaskHandle{}, *foreign}) {
    EXPECT_EQ(code_of(scheduler->cancel(bad)), ErrorCode::kInvalidArgument);
    EXPECT_EQ(code_of(scheduler->wait_for_completion(bad, 0_ms)), ErrorCode::kInvalidArgument);
    EXPECT_EQ(code_of(scheduler->then(bad, [] {})), ErrorCode::kInvalidArgument);
    const auto good = scheduler->schedule([] {});
    EXPECT_EQ(code_of(scheduler->when_all(std::vector{*good, bad}, [] {})),
              ErrorCode::kInvalidArgument);
  }
}

TEST(BadHandles, of_tasks_long_gone_are_stale) {
  SchedulerConfig config = one_worker();
  config.queue_capacity = 8;
  const auto scheduler = running(config);
  const auto old = scheduler->schedule([] {});
  ASSERT_TRUE(old.has_value());
  for (int i = 0; i < 16; ++i) {
    ASSERT_TRUE(scheduler->run_until_idle(kLong).has_value());
    ASSERT_TRUE(scheduler->schedule([] {}).has_value());
  }
  EXPECT_EQ(code_of(scheduler->cancel(*old)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(scheduler->wait_for_completion(*old, 0_ms)), ErrorCode::kNotFound);
  std::atomic<bool> ran{false};
  EXPECT_EQ(code_of(scheduler->then(*old, [&] { ran = true; })), ErrorCode::kNotFound);
  EXPECT_TRUE(scheduler->run_until_idle(kLong).has_value());
  EXPECT_FALSE(ran);
}

TEST(BadHandles, an_ended_task_can_be_cancelled_waited_for_and_followed) {
  const auto scheduler = running(one_worker());
  const auto good = scheduler->schedule([] {});
  const auto bad = scheduler->schedule([] { throw 1; });
  ASSERT_TRUE(scheduler->run_until_idle(kLong).has_value());
  EXPECT_EQ(*scheduler->cancel(*good), Cancelled::kAlreadyEnded);
  const auto after_good = scheduler->then(*good, [] {});
  const auto after_bad = scheduler->then(*bad, [] {});
  const auto after_both = scheduler->when_all(std::vector{*good, *bad}, [] {});
  EXPECT_EQ(scheduler->wait_for_completion(*after_good, kLong)->end, TaskEnd::kCompleted);
  EXPECT_EQ(scheduler->wait_for_completion(*after_bad, kLong)->end, TaskEnd::kDependencyFailed);
  EXPECT_EQ(scheduler->wait_for_completion(*after_both, kLong)->end, TaskEnd::kDependencyFailed);
}

TEST(BadHandles, no_inputs_or_too_many) {
  const auto scheduler = running(one_worker());
  std::vector<TaskHandle> inputs;
  EXPECT_EQ(code_of(scheduler->when_all(inputs, [] {})), ErrorCode::kInvalidArgument);
  for (int i = 0; i < 9; ++i) inputs.push_back(*scheduler->schedule([] {}));
  EXPECT_EQ(code_of(scheduler->when_all(inputs, [] {})), ErrorCode::kInvalidArgument);
  inputs.assign(8, inputs.front());  // one task eight times is eight inputs
  const auto all = scheduler->when_all(inputs, [] {});
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(scheduler->wait_for_completion(*all, kLong)->end, TaskEnd::kCompleted);
}

TEST(BadSubmissions, name_groups_workers_and_kinds_that_are_not) {
  const auto scheduler = running(one_worker());
  EXPECT_EQ(code_of(scheduler->schedule([] {}, Priority::kHigh)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(scheduler->schedule([] {}, static_cast<Priority>(9))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(scheduler->schedule([] {}, JobOptions{.worker = 1})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->schedule([] {}, JobOptions{.worker = 256})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->schedule([] {}, JobOptions{.kind = {7}})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->submit([] {}, TaskKind{0})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->submit([] {}, TaskKind{70})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->withdraw(TaskKind{0})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->withdraw(TaskKind{70})), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(scheduler->estimated_wcet(TaskKind{70}).has_value());
  EXPECT_EQ(code_of(scheduler->define({.name = "a", .level = 64})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(scheduler->define({.name = "a", .period = kLeast})),
            ErrorCode::kInvalidArgument);
  ASSERT_TRUE(scheduler->define({.name = "a", .level = 1}).has_value());
  EXPECT_TRUE(scheduler->define({.name = "a", .level = 1}).has_value()) << "the same again";
  EXPECT_EQ(code_of(scheduler->define({.name = "a", .level = 2})), ErrorCode::kAlreadyExists);
}

TEST(BadSubmissions, without_a_body) {
  const auto scheduler = running(one_worker());
  const auto input = scheduler->schedule([] {});
  constexpr auto kNormal = Priority::kNormal;
  constexpr auto kInvalid = ErrorCode::kInvalidArgument;
  const RelativeDeadline deadline{1_s};
  EXPECT_EQ(code_of(scheduler->schedule(TaskBody{})), kInvalid);
  EXPECT_EQ(code_of(scheduler->schedule_with_deadline(TaskBody{}, deadline, kNormal)), kInvalid);
  EXPECT_EQ(code_of(scheduler->schedule_periodic(TaskBody{}, 1_ms, kNormal)), kInvalid);
  EXPECT_EQ(code_of(scheduler->schedule_with_wcet(TaskBody{}, Wcet{1_ms}, deadline, kNormal)),
            kInvalid);
  EXPECT_EQ(code_of(scheduler->then(*input, TaskBody{})), kInvalid);
  const auto source = scheduler->admit(
      {.name = "source", .wcet = {1_ms}, .min_inter_arrival = 100_ms, .deadline = {100_ms}},
      kNormal);
  ASSERT_TRUE(source.has_value() && source->admitted()) << source->reason;
  EXPECT_EQ(code_of(scheduler->submit(TaskBody{}, source->kind)), kInvalid);
  const auto job = scheduler->submit([] {}, source->kind);
  EXPECT_TRUE(job.has_value()) << "a refused submission is no arrival: " << job.error().message();
}

TEST(BadSubmissions, a_source_takes_what_was_proven_and_no_more) {
  const auto scheduler = running(one_worker());
  const auto source = scheduler->admit({.name = "source",
                                        .wcet = {1_ms},
                                        .min_inter_arrival = Duration::seconds(1000),
                                        .deadline = {100_ms},
                                        .unfinished = 2},
                                       Priority::kNormal);
  ASSERT_TRUE(source.has_value() && source->admitted()) << source->reason;
  EXPECT_EQ(code_of(scheduler->schedule([] {}, JobOptions{.kind = source->kind})),
            ErrorCode::kInvalidArgument);
  const auto first = scheduler->submit([] {}, source->kind);
  ASSERT_TRUE(first.has_value());
  const auto early = scheduler->submit([] {}, source->kind);
  EXPECT_EQ(code_of(early), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(is_transient(early));
  ASSERT_TRUE(scheduler->wait_for_completion(*first, kLong).has_value());
  ASSERT_TRUE(scheduler->withdraw(source->kind).has_value());
  EXPECT_TRUE(scheduler->withdraw(source->kind).has_value()) << "again";
  EXPECT_EQ(code_of(scheduler->submit([] {}, source->kind)), ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace aegis::executor
