// SPDX-License-Identifier: Apache-2.0
//
// What could wait for ever, on real threads: a task that nobody takes over, a periodic task that
// nobody ends. Each test ends by itself when the promise holds and fails after a generous limit
// otherwise; nothing is asserted about how long anything takes.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/executor/nanosecond_scheduler.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

SchedulerConfig ordinary() {
  SchedulerConfig config;
  config.shallow_idle = false;
  config.rt_scheduling = false;
  return config;
}

std::unique_ptr<NanosecondScheduler> running(const SchedulerConfig& config) {
  auto scheduler = NanosecondScheduler::create(config);
  EXPECT_TRUE(scheduler.has_value()) << scheduler.error().message();
  return std::move(*scheduler);
}

// Ten seconds, then it gives up: the machine keeps a way out.
bool becomes_true(const std::atomic<bool>& flag) {
  for (int i = 0; i < 10'000 && !flag; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return flag;
}

//   worker 0   |first, waits for second ...............|      |third
//   worker 1              |second, taken over from 0|
//
// Both are submitted while both workers sleep and look equally idle, so both go to worker 0.
TEST(Balancing, a_sibling_takes_over_what_waits_behind_a_long_task) {
  SchedulerConfig config = ordinary();
  config.group(Priority::kNormal).workers = 2;
  const auto scheduler = running(config);
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> second_ran{false};
    bool seen = false;
    const auto first = scheduler->schedule([&] { seen = becomes_true(second_ran); });
    const auto second = scheduler->schedule([&] { second_ran = true; });
    ASSERT_TRUE(first.has_value() && second.has_value());
    ASSERT_TRUE(scheduler->wait_for_completion(*first, 60_s).has_value());
    ASSERT_TRUE(seen) << "in round " << round;
    ASSERT_TRUE(scheduler->wait_for_completion(*second, 60_s).has_value());
  }
}

// One after another is woken until all help: three tasks that wait for each other.
TEST(Balancing, everybody_who_sleeps_is_woken_while_there_is_surplus) {
  SchedulerConfig config = ordinary();
  config.group(Priority::kNormal).workers = 3;
  const auto scheduler = running(config);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> arrived{0};
    std::atomic<bool> all{false};
    std::atomic<int> met{0};
    std::vector<TaskHandle> tasks;
    for (int i = 0; i < 3; ++i) {
      tasks.push_back(*scheduler->schedule([&] {
        if (++arrived == 3) all = true;
        if (becomes_true(all)) ++met;
      }));
    }
    for (const TaskHandle task : tasks) {
      ASSERT_TRUE(scheduler->wait_for_completion(task, 60_s).has_value());
    }
    ASSERT_EQ(met, 3) << "in round " << round;
  }
}

TEST(Balancing, a_pinned_task_runs_on_its_worker_only) {
  SchedulerConfig config = ordinary();
  config.group(Priority::kNormal).workers = 2;
  const auto scheduler = running(config);
  std::atomic<int> elsewhere{0};
  std::vector<std::thread::id> workers(2);
  for (std::uint32_t w = 0; w < 2; ++w) {
    const auto task = scheduler->schedule(
        [&workers, w] { workers[w] = std::this_thread::get_id(); }, {.worker = w});
    ASSERT_TRUE(scheduler->wait_for_completion(*task, 60_s).has_value());
  }
  for (int i = 0; i < 2'000; ++i) {
    const auto w = static_cast<std::uint32_t>(i % 2);
    while (!scheduler->schedule(
        [&, w] { elsewhere += std::this_thread::get_id() == workers[w] ? 0 : 1; }, {.worker = w})) {
      std::this_thread::yield();
    }
    (void)scheduler->schedule([] {});  // may move, and keeps thieves busy
  }
  ASSERT_TRUE(scheduler->run_until_idle(60_s).has_value());
  EXPECT_EQ(elsewhere, 0);
}

//   arrivals    0        1            period 2 ms, two activations
//   runs        |--------------|      the second arrived while the first ran: skipped, and nothing
//                                     of the task is left that could end it
TEST(PeriodicEnd, a_task_whose_last_activation_is_skipped_ends) {
  const auto scheduler = running(ordinary());
  const auto task = scheduler->schedule_periodic(
      [] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); },
      PeriodicTask{.name = "slow", .period = 2_ms, .activations = 2});
  ASSERT_TRUE(task.has_value());
  const auto outcome = scheduler->wait_for_completion(task->task, 10_s);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  EXPECT_EQ(outcome->end, TaskEnd::kCompleted);
}

TEST(PeriodicEnd, as_many_releases_queue_up_as_there_is_room_for) {
  SchedulerConfig config = ordinary();
  config.queue_capacity = 8;
  config.max_submitters = 1;
  config.max_recurrent = 64;
  const auto scheduler = running(config);
  const auto hold = scheduler->schedule(
      [] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); }, Priority::kHigh);
  ASSERT_TRUE(hold.has_value());
  int admitted = 0;
  Result<Admission> answer = fail(Error::permanent(ErrorCode::kInternal, "not asked"));
  for (int i = 0; i < 64; ++i) {
    answer = scheduler->schedule_periodic(
        [] {},
        PeriodicTask{.name = "dense",
                     .period = 50_us,
                     .overload = {.rule = theory::OverloadRule::kQueue, .queue_depth = 1024}});
    if (!answer) break;
    ++admitted;
  }
  EXPECT_EQ(admitted, 4);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(scheduler->wait_for_completion(*hold, 60_s).has_value());
}

// Whoever waits for what recurs, and for its followers, learns of its end, however the shutting
// down, the adding and the workers' looks meet.
TEST(PeriodicEnd, what_recurs_ends_with_its_scheduler_whenever_it_was_added) {
  for (int round = 0; round < 30; ++round) {
    const auto scheduler = running(ordinary());
    std::atomic<int> unended{0};
    std::vector<std::thread> adders;
    for (int i = 0; i < 2; ++i) {
      adders.emplace_back([&] {
        for (;;) {
          const auto task = scheduler->schedule_periodic([] {}, 1_ms);
          if (!task && task.error().code == ErrorCode::kFailedPrecondition) return;
          if (!task) continue;
          const auto next = scheduler->then(*task, [] {});
          if (!scheduler->cancel(*task)) ++unended;
          if (!scheduler->wait_for_completion(*task, 20_s)) ++unended;
          if (!next) continue;
          const auto last = scheduler->schedule_periodic([] {}, 1_ms);
          if (last && !scheduler->wait_for_completion(*last, 20_s)) ++unended;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(300 * round));
    EXPECT_TRUE(scheduler->shutdown(Duration::zero()).has_value());
    for (std::thread& adder : adders) adder.join();
    ASSERT_EQ(unended, 0) << "in round " << round;
  }
}

}  // namespace
}  // namespace aegis::executor
