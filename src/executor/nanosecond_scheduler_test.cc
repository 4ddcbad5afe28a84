// SPDX-License-Identifier: Apache-2.0
//
// The nanosecond scheduler as its users meet it: real threads, real time, nothing asserted about
// how long anything takes.
#include "aegis/executor/nanosecond_scheduler.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

SchedulerConfig small() {
  SchedulerConfig config;
  config.shallow_idle = false;
  return config;
}

std::unique_ptr<NanosecondScheduler> running(const SchedulerConfig& config) {
  auto scheduler = NanosecondScheduler::create(config);
  EXPECT_TRUE(scheduler.has_value()) << scheduler.error().message();
  return std::move(*scheduler);
}

TEST(NanosecondScheduler, runs_a_task_and_says_what_became_of_it) {
  const auto scheduler = running(small());
  std::atomic<int> calls{0};
  const auto task = scheduler->schedule([&] { ++calls; });
  ASSERT_TRUE(task.has_value());
  const auto outcome = scheduler->wait_for_completion(*task, 10_s);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  EXPECT_EQ(outcome->end, TaskEnd::kCompleted);
  EXPECT_EQ(outcome->activations, 1U);
  EXPECT_FALSE(outcome->missed);
  EXPECT_LE(outcome->arrival, outcome->start);
  EXPECT_LE(outcome->start, outcome->completion);
  EXPECT_EQ(calls, 1);
}

TEST(NanosecondScheduler, every_priority_has_workers_of_its_own) {
  const auto scheduler = running(small());
  for (const Priority priority :
       {Priority::kCritical, Priority::kHigh, Priority::kNormal, Priority::kLow}) {
    const auto task = scheduler->schedule([] {}, priority);
    ASSERT_TRUE(task.has_value());
    EXPECT_TRUE(scheduler->wait_for_completion(*task, 10_s).has_value()) << to_string(priority);
  }
}

TEST(NanosecondScheduler, an_exception_is_an_outcome) {
  const auto scheduler = running(small());
  const auto task = scheduler->schedule([] { throw std::runtime_error("no"); });
  const auto outcome = scheduler->wait_for_completion(*task, 10_s);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->end, TaskEnd::kThrew);
}

TEST(NanosecondScheduler, many_tasks_of_many_threads_all_run_once) {
  SchedulerConfig config = small();
  config.group(Priority::kNormal).workers = 3;
  const auto scheduler = running(config);
  constexpr int kThreads = 4;
  constexpr int kTasks = 5'000;
  std::vector<std::atomic<int>> calls(kThreads * kTasks);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        std::atomic<int>& count = calls[static_cast<std::size_t>(t * kTasks + i)];
        while (!scheduler->schedule([&count] { ++count; })) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(scheduler->run_until_idle(60_s).has_value());
  for (const std::atomic<int>& count : calls) ASSERT_EQ(count, 1);
}

TEST(NanosecondScheduler, a_periodic_task_runs_so_often_as_asked) {
  const auto scheduler = running(small());
  std::atomic<int> calls{0};
  const auto task = scheduler->schedule_periodic(
      [&] { ++calls; }, PeriodicTask{.name = "tick", .period = 1_ms, .activations = 20});
  ASSERT_TRUE(task.has_value());
  const auto outcome = scheduler->wait_for_completion(task->task, 10_s);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->end, TaskEnd::kCompleted);
  EXPECT_LE(calls, 20);
  EXPECT_GE(calls, 1);
}

TEST(NanosecondScheduler, a_declared_wcet_is_admitted_with_a_certificate_or_refused_with_advice) {
  SchedulerConfig config = small();
  for (const Priority other : {Priority::kCritical, Priority::kNormal, Priority::kLow}) {
    config.group(other).enabled = false;
  }
  const auto scheduler = running(config);
  const auto control = scheduler->schedule_periodic(
      [] {}, PeriodicTask{.name = "control", .period = 10_ms, .wcet = Wcet{2_ms}});
  ASSERT_TRUE(control.has_value()) << control.error().message();
  ASSERT_TRUE(control->admitted()) << control->reason;
  EXPECT_TRUE(control->certificate.has_value());
  const auto hog = scheduler->schedule_periodic(
      [] {}, PeriodicTask{.name = "hog", .period = 20_ms, .wcet = Wcet{15_ms}});
  ASSERT_TRUE(hog.has_value());
  EXPECT_FALSE(hog->admitted());
  EXPECT_FALSE(hog->reason.empty());
  EXPECT_FALSE(hog->advice.empty());
  const auto one = scheduler->schedule_with_wcet([] {}, Wcet{1_ms}, RelativeDeadline{10_ms});
  ASSERT_TRUE(one.has_value());
  EXPECT_TRUE(one->admitted()) << one->reason;
  EXPECT_TRUE(scheduler->wait_for_completion(one->task, 10_s).has_value());
}

TEST(NanosecondScheduler, followers_run_after_those_they_follow) {
  const auto scheduler = running(small());
  std::atomic<int> sum{0};
  std::atomic<int> seen{0};
  std::vector<TaskHandle> inputs;
  for (int i = 0; i < 8; ++i) inputs.push_back(*scheduler->schedule([&] { ++sum; }));
  const auto all = scheduler->when_all(inputs, [&] { seen = sum.load(); });
  ASSERT_TRUE(all.has_value());
  ASSERT_TRUE(scheduler->wait_for_completion(*all, 10_s).has_value());
  EXPECT_EQ(seen, 8);
}

TEST(NanosecondScheduler, a_follower_may_have_a_deadline) {
  const auto scheduler = running(small());
  const auto first = scheduler->schedule([] {});
  const auto late = scheduler->when_all({{*first}}, [] {}, AbsoluteDeadline{TimePoint::from_ns(1)});
  const auto in_time =
      scheduler->when_all({{*first}}, [] {}, AbsoluteDeadline{scheduler->clock().now() + 3600_s});
  ASSERT_TRUE(late.has_value() && in_time.has_value());
  EXPECT_TRUE(scheduler->wait_for_completion(*late, 10_s)->missed);
  EXPECT_FALSE(scheduler->wait_for_completion(*in_time, 10_s)->missed);
}

TEST(NanosecondScheduler, a_follower_of_a_failed_task_fails) {
  const auto scheduler = running(small());
  const auto first = scheduler->schedule([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    throw 1;
  });
  const auto second = scheduler->then(*first, [] {});
  const auto third = scheduler->then(*second, [] {});
  const auto outcome = scheduler->wait_for_completion(*third, 10_s);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->end, TaskEnd::kDependencyFailed);
}

}  // namespace
}  // namespace aegis::executor
