// SPDX-License-Identifier: Apache-2.0
//
// What runs out, what the kernel refuses, what never returns, and how a scheduler ends: each a
// typed error or a defined outcome. Real threads; nothing asserted about how long anything takes.
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "small_scheduler.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

// ---- what runs out ----

TEST(Limits, a_full_queue_refuses_and_takes_again) {
  SchedulerConfig config = one_worker();
  config.queue_capacity = 8;
  const auto scheduler = running(config);
  Gate gate(*scheduler);
  const auto second = scheduler->schedule([] {});
  ASSERT_TRUE(second.has_value());
  for (int i = 2; i < 8; ++i) ASSERT_TRUE(scheduler->schedule([] {}).has_value());
  for (int i = 0; i < 3; ++i) {
    const auto third = scheduler->schedule([] {});
    EXPECT_EQ(code_of(third), ErrorCode::kResourceExhausted);
    EXPECT_TRUE(is_transient(third));
    EXPECT_TRUE(is_transient(scheduler->then(*second, [] {})));
  }
  gate.open();
  ASSERT_TRUE(scheduler->run_until_idle(kLong).has_value());
  EXPECT_TRUE(scheduler->schedule([] {}).has_value());
}

TEST(Limits, a_place_refused_is_no_arrival_of_a_source) {
  SchedulerConfig config = one_worker();
  config.queue_capacity = 8;
  const auto scheduler = running(config);
  const auto source = scheduler->admit({.name = "source",
                                        .wcet = {1_ms},
                                        .min_inter_arrival = Duration::seconds(1000),
                                        .deadline = {100_ms}},
                                       Priority::kNormal);
  ASSERT_TRUE(source.has_value() && source->admitted()) << source->reason;
  Gate gate(*scheduler);
  for (int i = 1; i < 8; ++i) ASSERT_TRUE(scheduler->schedule([] {}).has_value());
  EXPECT_TRUE(is_transient(scheduler->submit([] {}, source->kind)));
  gate.open();
  ASSERT_TRUE(scheduler->run_until_idle(kLong).has_value());
  EXPECT_TRUE(scheduler->submit([] {}, source->kind).has_value());
}

TEST(Limits, seats_of_ended_threads_are_taken_again) {
  SchedulerConfig config = one_worker();
  config.max_submitters = 2;
  const auto scheduler = running(config);
  ASSERT_TRUE(scheduler->register_this_thread().has_value());
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      EXPECT_TRUE(scheduler->schedule([] {}).has_value());
      std::thread([&] {
        const auto third = scheduler->schedule([] {});
        EXPECT_EQ(code_of(third), ErrorCode::kResourceExhausted);
        EXPECT_EQ(code_of(scheduler->register_this_thread()), ErrorCode::kResourceExhausted);
      }).join();
    }).join();
  }
  EXPECT_TRUE(scheduler->run_until_idle(kLong).has_value());
}

TEST(Limits, periodic_tasks_are_so_many_at_a_time) {
  SchedulerConfig config = one_worker();
  config.max_recurrent = 2;
  const auto scheduler = running(config);
  const auto add = [&] { return scheduler->schedule_periodic([] {}, 3600_s, Priority::kNormal); };
  const auto first = add();
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(add().has_value());
  for (int i = 0; i < 20; ++i) {
    const auto third = add();
    EXPECT_EQ(code_of(third), ErrorCode::kResourceExhausted);
    EXPECT_TRUE(is_transient(third));
  }
  ASSERT_TRUE(scheduler->cancel(*first).has_value());
  EXPECT_TRUE(eventually([&] { return add().has_value(); })) << "its next release is an hour away";
}

TEST(Limits, without_any_periodic_task) {
  SchedulerConfig config = one_worker();
  config.max_recurrent = 0;
  const auto scheduler = running(config);
  EXPECT_EQ(code_of(scheduler->schedule_periodic([] {}, 1_ms, Priority::kNormal)),
            ErrorCode::kResourceExhausted);
  EXPECT_TRUE(scheduler->schedule([] {}).has_value());
}

TEST(Limits, kinds_are_so_many) {
  SchedulerConfig config = one_worker();
  config.max_kinds = 2;
  const auto scheduler = running(config);
  ASSERT_TRUE(scheduler->define({.name = "a"}).has_value());
  ASSERT_TRUE(scheduler->define({.name = "b"}).has_value());
  EXPECT_EQ(code_of(scheduler->define({.name = "c"})), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(scheduler->define({.name = "a"}).has_value()) << "there already";
  constexpr auto kNormal = Priority::kNormal;
  EXPECT_EQ(code_of(scheduler->schedule_periodic([] {}, {.name = "c", .period = 1_s}, kNormal)),
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(
      code_of(scheduler->admit(
          {.name = "c", .wcet = {1_us}, .min_inter_arrival = 1_s, .deadline = {1_s}}, kNormal)),
      ErrorCode::kResourceExhausted);
}

TEST(Limits, a_source_that_comes_and_goes_uses_up_no_kinds) {
  SchedulerConfig config = one_worker();
  config.max_kinds = 1;
  const auto scheduler = running(config);
  for (int i = 0; i < 20; ++i) {
    const auto source = scheduler->admit(
        {.name = "s", .wcet = {1_us}, .min_inter_arrival = 1_ms, .deadline = {1_s}},
        Priority::kNormal);
    ASSERT_TRUE(source.has_value() && source->admitted()) << i;
    EXPECT_TRUE(eventually([&] { return scheduler->submit([] {}, source->kind).has_value(); }));
    ASSERT_TRUE(scheduler->withdraw(source->kind).has_value());
    EXPECT_EQ(code_of(scheduler->submit([] {}, source->kind)), ErrorCode::kFailedPrecondition);
    ASSERT_TRUE(scheduler->run_until_idle(kLong).has_value());
  }
}

TEST(Limits, two_hundred_threads_may_wait_for_a_task) {
  const auto scheduler = running(one_worker());
  Gate gate(*scheduler);
  constexpr int kThreads = 210;
  std::atomic<int> refused{0};
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto outcome = scheduler->wait_for_completion(gate.handle, kLong);
      if (outcome) {
        ++told;
      } else if (outcome.error().code == ErrorCode::kResourceExhausted) {
        ++refused;
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return refused == kThreads - 200; }));
  gate.open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, kThreads - 200);
  EXPECT_EQ(told, 200);
}

TEST(Limits, a_chain_of_a_hundred_thousand_followers_fails_with_its_first) {
  SchedulerConfig config = one_worker();
  config.queue_capacity = std::size_t{1} << 17U;
  config.max_submitters = 1;
  const auto scheduler = running(config);
  Gate gate(*scheduler);
  auto last = scheduler->schedule([] { throw std::runtime_error("no"); });
  constexpr int kFollowers = 100'000;
  for (int i = 0; i < kFollowers; ++i) {
    last = scheduler->then(*last, [] { ADD_FAILURE(); });
    ASSERT_TRUE(last.has_value());
  }
  gate.open();
  const auto outcome = scheduler->wait_for_completion(*last, kLong);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->end, TaskEnd::kDependencyFailed);
  ASSERT_TRUE(scheduler->run_until_idle(kLong).has_value());
  const LatencyStats stats = scheduler->latency_stats();
  EXPECT_EQ(stats.kinds.front().jobs.cancelled, std::uint64_t{kFollowers});
}

// ---- what the kernel refuses ----

// Takes from the calling thread, and those it starts, what lets them into real-time classes.
bool drop_real_time() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> rights{};
  if (::syscall(SYS_capget, &header, rights.data()) != 0) return false;
  rights[0].effective &= ~(1U << CAP_SYS_NICE);
  if (::syscall(SYS_capset, &header, rights.data()) != 0) return false;
  rlimit limit{};
  return ::getrlimit(RLIMIT_RTPRIO, &limit) == 0 && limit.rlim_cur == 0;
}

TEST(Limits, a_refused_priority_is_said_and_fatal_only_where_required) {
  bool dropped = false;
  std::thread([&] {
    dropped = drop_real_time();
    if (!dropped) return;
    SchedulerConfig config = one_worker();
    config.rt_scheduling = true;
    config.group(Priority::kNormal).fifo_priority = 40;
    const auto scheduler = running(config);
    ASSERT_NE(scheduler, nullptr);
    const auto notes = scheduler->degraded();
    ASSERT_FALSE(notes.empty());
    EXPECT_NE(notes.front().find("SCHED_FIFO 40"), std::string::npos) << notes.front();
    EXPECT_EQ(scheduler->latency_stats().workers.front().scheduling_class, "SCHED_OTHER");
    const auto task = scheduler->schedule([] {});
    EXPECT_TRUE(scheduler->wait_for_completion(*task, kLong).has_value());
    config.require_real_time = true;
    EXPECT_EQ(code_of(NanosecondScheduler::create(config)), ErrorCode::kPermissionDenied);
    config.rt_scheduling = false;
    EXPECT_TRUE(NanosecondScheduler::create(config).has_value()) << "nothing was asked for";
  }).join();
  if (!dropped) GTEST_SKIP() << "this process may not give up its right to real-time classes";
}

// ---- what goes wrong within ----

TEST(Misbehaviour, what_a_task_throws_is_its_outcome) {
  const auto scheduler = running(one_worker());
  const auto error = scheduler->schedule([] { throw std::runtime_error("no"); });
  const auto number = scheduler->schedule([] { throw 7; });
  const auto good = scheduler->schedule([] {});
  EXPECT_EQ(scheduler->wait_for_completion(*error, kLong)->end, TaskEnd::kThrew);
  EXPECT_EQ(scheduler->wait_for_completion(*number, kLong)->end, TaskEnd::kThrew);
  EXPECT_EQ(scheduler->wait_for_completion(*good, kLong)->end, TaskEnd::kCompleted);
}

TEST(Misbehaviour, a_task_that_does_not_return_is_named) {
  SchedulerConfig config = one_worker();
  config.hang_limit = 1_ms;
  std::mutex lock;
  std::vector<Alert> hung;
  config.on_alert = [&](const Alert& alert) {
    const std::scoped_lock adding(lock);
    if (alert.kind == AlertKind::kHungTask) hung.push_back(alert);
  };
  const auto scheduler = running(config);
  const auto kind = scheduler->define({.name = "endless"});
  Gate gate(*scheduler, {.kind = *kind});
  EXPECT_TRUE(eventually([&] {
    const std::scoped_lock looking(lock);
    return !hung.empty();
  }));
  const Status ended = scheduler->shutdown(1_ms);
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(ended.error().category, ErrorCategory::kTransient);
  EXPECT_EQ(ended.error().detail_view(), "endless");
  gate.open();
  EXPECT_TRUE(scheduler->shutdown(kLong).has_value());
  const std::scoped_lock looking(lock);
  ASSERT_EQ(hung.size(), 1U) << "once a job";
  EXPECT_EQ(hung.front().task_name(), "endless");
  EXPECT_GT(hung.front().measured, hung.front().declared);
}

TEST(Misbehaviour, handlers_that_throw_are_called_again) {
  SchedulerConfig config = one_worker();
  std::atomic<int> misses{0};
  std::atomic<int> alerts{0};
  config.on_miss = [&](const DeadlineMiss&) {
    ++misses;
    throw std::runtime_error("miss");
  };
  config.on_alert = [&](const Alert&) {
    ++alerts;
    throw 1;
  };
  const auto scheduler = running(config);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(scheduler->schedule_with_deadline([] {}, RelativeDeadline{0_ns}, Priority::kNormal)
                    .has_value());
    EXPECT_TRUE(eventually([&] { return misses == i && alerts >= i; }));
  }
}

TEST(Misbehaviour, a_task_that_would_wait_for_itself_is_told) {
  const auto scheduler = running(one_worker());
  const auto other = running(one_worker());
  std::atomic<int> right{0};
  const auto task = scheduler->schedule([&] {
    const auto mine = scheduler->schedule([] {});
    right += mine.has_value() ? 1 : 0;
    constexpr auto kRefused = ErrorCode::kFailedPrecondition;
    right += code_of(scheduler->wait_for_completion(*mine, kLong)) == kRefused ? 1 : 0;
    right += code_of(scheduler->run_until_idle(kLong)) == kRefused ? 1 : 0;
    right += code_of(scheduler->shutdown(kLong)) == kRefused ? 1 : 0;
    const auto theirs = other->schedule([] {});
    right += other->wait_for_completion(*theirs, kLong).has_value() ? 1 : 0;
    right += other->shutdown(kLong).has_value() ? 1 : 0;
  });
  ASSERT_TRUE(scheduler->wait_for_completion(*task, kLong).has_value());
  EXPECT_EQ(right, 6);
}

// ---- the end ----

// Counts those of its copies that live.
class Alive {
 public:
  explicit Alive(std::atomic<int>& count) : count_(&count) { ++*count_; }
  Alive(Alive&& other) noexcept : count_(other.count_) { ++*count_; }
  Alive& operator=(Alive&&) = delete;
  ~Alive() { --*count_; }

 private:
  std::atomic<int>* count_;
};

TEST(Ends, destruction_drops_whatever_has_not_begun) {
  std::atomic<int> bodies{0};
  std::atomic<int> ran{0};
  const auto body = [&] { return [alive = Alive(bodies), &ran] { ++ran; }; };
  auto scheduler = running(one_worker());
  Gate gate(*scheduler);
  for (int i = 0; i < 10; ++i) {
    const auto pending = scheduler->schedule(body());
    ASSERT_TRUE(scheduler->then(*pending, body()).has_value());
  }
  ASSERT_TRUE(scheduler->then(gate.handle, body()).has_value());
  ASSERT_TRUE(scheduler->schedule_periodic(body(), 1_ms, Priority::kNormal).has_value());
  EXPECT_EQ(bodies, 22);
  std::thread opener([&] {  // while the destructor waits for what has begun
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    gate.open();
  });
  scheduler.reset();
  opener.join();
  EXPECT_EQ(bodies, 0);
}

TEST(Ends, what_was_abandoned_says_so) {
  const auto scheduler = running(one_worker());
  Gate gate(*scheduler);
  const auto pending = scheduler->schedule([] {});
  const auto held = scheduler->then(*pending, [] {});
  const auto periodic = scheduler->schedule_periodic([] {}, 1_ms, Priority::kNormal);
  std::thread opener([&] {
    // Abandoned while the gate is still closed: the shutdown below has no patience.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    gate.open();
  });
  (void)scheduler->shutdown(0_ms);
  opener.join();
  ASSERT_TRUE(scheduler->shutdown(kLong).has_value());
  EXPECT_EQ(scheduler->wait_for_completion(gate.handle, 0_ms)->end, TaskEnd::kCompleted);
  EXPECT_EQ(scheduler->wait_for_completion(*pending, 0_ms)->end, TaskEnd::kAbandoned);
  EXPECT_EQ(scheduler->wait_for_completion(*held, 0_ms)->end, TaskEnd::kDependencyFailed);
  EXPECT_EQ(scheduler->wait_for_completion(*periodic, 0_ms)->end, TaskEnd::kAbandoned);
}

TEST(Ends, a_patient_shutdown_runs_what_is_pending) {
  const auto scheduler = running(one_worker());
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(scheduler->schedule([&] { ++ran; }).has_value());
  ASSERT_TRUE(scheduler->shutdown(kLong).has_value());
  EXPECT_EQ(ran, 100);
}

TEST(Ends, after_the_shutdown_everything_is_refused) {
  const auto scheduler = running(one_worker());
  constexpr auto kNormal = Priority::kNormal;
  const auto source = scheduler->admit(
      {.name = "source", .wcet = {1_ms}, .min_inter_arrival = 100_ms, .deadline = {100_ms}},
      kNormal);
  ASSERT_TRUE(source.has_value() && source->admitted()) << source->reason;
  const auto task = scheduler->schedule([] {});
  ASSERT_TRUE(scheduler->shutdown(kLong).has_value());
  EXPECT_TRUE(scheduler->shutdown(kLong).has_value()) << "twice";
  EXPECT_TRUE(scheduler->shutdown(0_ms).has_value());
  constexpr auto kClosed = ErrorCode::kFailedPrecondition;
  const RelativeDeadline deadline{1_s};
  EXPECT_EQ(code_of(scheduler->schedule([] {})), kClosed);
  EXPECT_EQ(code_of(scheduler->schedule_with_deadline([] {}, deadline, kNormal)), kClosed);
  EXPECT_EQ(code_of(scheduler->schedule_periodic([] {}, 1_ms, kNormal)), kClosed);
  EXPECT_EQ(code_of(scheduler->schedule_with_wcet([] {}, Wcet{1_ms}, deadline, kNormal)), kClosed);
  EXPECT_EQ(code_of(scheduler->submit([] {}, source->kind)), kClosed);
  EXPECT_EQ(code_of(scheduler->then(*task, [] {})), kClosed);
  EXPECT_EQ(scheduler->wait_for_completion(*task, 0_ms)->end, TaskEnd::kCompleted);
  EXPECT_EQ(*scheduler->cancel(*task), Cancelled::kAlreadyEnded);
  EXPECT_TRUE(scheduler->run_until_idle(0_ms).has_value());
  EXPECT_FALSE(scheduler->latency_stats().workers.empty());
}

}  // namespace
}  // namespace aegis::executor
