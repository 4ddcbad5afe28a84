// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/real_time_thread.h"

#include <atomic>
#include <string>

#include <pthread.h>
#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;
using testing::HasSubstr;

// What a thread sees of itself.
struct Seen {
  int policy = -1;
  int priority = -1;
  cpu_set_t cpus{};
  char name[16] = {};
};

Seen run_and_look(const ThreadRequest& request, ThreadGrant* grant = nullptr) {
  Seen seen;
  auto thread = RealTimeThread::start(request, [&](const ThreadGrant&) {
    // The kernel's own answer: the thread library does not know of SCHED_DEADLINE.
    sched_param parameters{};
    sched_getparam(0, &parameters);
    seen.policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    seen.priority = parameters.sched_priority;
    sched_getaffinity(0, sizeof seen.cpus, &seen.cpus);
    pthread_getname_np(pthread_self(), seen.name, sizeof seen.name);
  });
  EXPECT_TRUE(thread.has_value());
  if (grant != nullptr) *grant = thread->grant();
  thread->join();
  return seen;
}

int first_allowed_cpu() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &allowed)) return cpu;
  }
  return 0;
}

TEST(RealTimeThread, gets_its_class_or_says_why_not) {
  ThreadGrant grant;
  const Seen seen = run_and_look({.name = "lane", .fifo_priority = 42}, &grant);
  if (grant.real_time) {
    EXPECT_EQ(seen.policy, SCHED_FIFO);
    EXPECT_EQ(seen.priority, 42);
    EXPECT_EQ(grant.note, "");
  } else {
    EXPECT_EQ(seen.policy, SCHED_OTHER);
    EXPECT_THAT(grant.note, HasSubstr("SCHED_FIFO 42 refused"));
  }
}

TEST(RealTimeThread, a_priority_out_of_range_is_refused_not_inherited) {
  Seen seen;
  ThreadGrant grant;
  auto creator = RealTimeThread::start({.name = "creator", .fifo_priority = 1}, [&](const auto&) {
    seen = run_and_look({.name = "created", .fifo_priority = 1000}, &grant);
  });
  ASSERT_TRUE(creator);
  creator->join();
  EXPECT_EQ(seen.policy, SCHED_OTHER);
  EXPECT_FALSE(grant.real_time);
  EXPECT_THAT(grant.note, HasSubstr("SCHED_FIFO 1000 refused"));
}

TEST(RealTimeThread, is_pinned_where_asked) {
  const int cpu = first_allowed_cpu();
  ThreadGrant grant;
  const Seen seen = run_and_look({.name = "lane", .cpu = cpu}, &grant);
  EXPECT_TRUE(grant.pinned) << grant.note;
  EXPECT_EQ(CPU_COUNT(&seen.cpus), 1);
  EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(cpu), &seen.cpus));
}

TEST(RealTimeThread, names_a_refused_pin_and_runs_all_the_same) {
  ThreadGrant grant;
  run_and_look({.name = "lane", .cpu = 1000}, &grant);
  EXPECT_FALSE(grant.pinned);
  EXPECT_THAT(grant.note, HasSubstr("pinning to CPU 1000 refused"));
}

// A helper created by a lane must not inherit its class or its CPU.
TEST(RealTimeThread, inherits_neither_class_nor_cpu_from_its_creator) {
  const int cpu = first_allowed_cpu();
  Seen child;
  auto creator = RealTimeThread::start(
      {.name = "lane", .cpu = cpu, .fifo_priority = 10},
      [&](const ThreadGrant&) { child = run_and_look({.name = "helper", .avoid_cpu = cpu}); });
  ASSERT_TRUE(creator.has_value());
  creator->join();
  EXPECT_EQ(child.policy, SCHED_OTHER);
  if (CPU_COUNT(&child.cpus) > 1) {
    EXPECT_FALSE(CPU_ISSET(static_cast<unsigned>(cpu), &child.cpus));
  }
}

TEST(RealTimeThread, has_its_name_cut_to_what_the_kernel_keeps) {
  EXPECT_STREQ(run_and_look({.name = "a-name-longer-than-that"}).name, "a-name-longer-t");
}

constexpr int kSchedDeadline = 6;

TEST(RealTimeThread, reserves_time_with_the_kernel_or_says_why_not) {
  ThreadGrant grant;
  const Seen seen = run_and_look(
      {.name = "reserved",
       .reservation = DeadlineReservation{.runtime = 1_ms, .deadline = 5_ms, .period = 20_ms}},
      &grant);
  if (grant.real_time) {
    EXPECT_EQ(seen.policy, kSchedDeadline);
    EXPECT_EQ(grant.note, "");
  } else {
    EXPECT_EQ(seen.policy, SCHED_OTHER);
    EXPECT_THAT(grant.note, HasSubstr("SCHED_DEADLINE of 1000000 ns in 20000000 ns refused"));
  }
}

TEST(RealTimeThread, a_thread_with_a_reservation_may_create_threads_of_the_normal_class) {
  Seen child;
  auto creator = RealTimeThread::start(
      {.name = "reserved",
       .reservation = DeadlineReservation{.runtime = 5_ms, .deadline = 20_ms, .period = 20_ms}},
      [&](const ThreadGrant&) { child = run_and_look({.name = "helper"}); });
  ASSERT_TRUE(creator);
  creator->join();
  EXPECT_EQ(child.policy, SCHED_OTHER);
}

// All of a processor: most kernels leave 5 % to others and may refuse it. The thread runs all the
// same.
TEST(RealTimeThread, what_the_kernel_does_not_admit_is_no_error) {
  const DeadlineReservation all{.runtime = 20_ms, .deadline = 20_ms, .period = 20_ms};
  ThreadGrant grant;
  const Seen seen = run_and_look({.name = "greedy", .reservation = all}, &grant);
  EXPECT_TRUE(grant.real_time || !grant.note.empty());
  EXPECT_EQ(seen.policy == kSchedDeadline, grant.real_time);
}

TEST(RealTimeThread, refuses_a_reservation_for_a_pinned_thread_and_other_nonsense) {
  const DeadlineReservation sound{.runtime = 1_ms, .deadline = 5_ms, .period = 20_ms};
  DeadlineReservation inverted = sound;
  inverted.deadline = 500_us;
  DeadlineReservation empty = sound;
  empty.runtime = 0_ns;
  for (const ThreadRequest& request :
       {ThreadRequest{.name = "pinned", .cpu = first_allowed_cpu(), .reservation = sound},
        ThreadRequest{.name = "avoiding", .avoid_cpu = 0, .reservation = sound},
        ThreadRequest{.name = "both", .fifo_priority = 5, .reservation = sound},
        ThreadRequest{.name = "inverted", .reservation = inverted},
        ThreadRequest{.name = "empty", .reservation = empty}}) {
    const auto thread = RealTimeThread::start(request, [](const ThreadGrant&) {});
    ASSERT_FALSE(thread) << request.name;
    EXPECT_EQ(thread.error().code, ErrorCode::kInvalidArgument) << request.name;
    EXPECT_FALSE(validate(request)) << request.name;
  }
}

TEST(RealTimeThread, validates_what_needs_no_permission) {
  EXPECT_TRUE(validate({.name = "plain"}));
  EXPECT_TRUE(validate({.name = "lane", .cpu = first_allowed_cpu(), .fifo_priority = 98}));
  for (const int priority : {-1, 0, 99, 1000}) {
    const Status refused = validate({.name = "lane", .fifo_priority = priority});
    ASSERT_FALSE(refused) << priority;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(validate({.name = "thin", .stack_bytes = 4096}));
  for (const int cpu : {-1, 1000, 1 << 20}) {
    const Status absent = validate({.name = "lane", .cpu = cpu});
    ASSERT_FALSE(absent) << cpu;
    EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(absent.error().message(), HasSubstr("lane: CPU"));
  }
}

// A pinned caller may ask for another CPU: its own pin says nothing about the process.
TEST(RealTimeThread, validates_for_the_process_not_for_the_calling_thread) {
  const int cpu = first_allowed_cpu();
  Status seen;
  auto caller = RealTimeThread::start({.name = "caller", .avoid_cpu = cpu}, [&](const auto&) {
    seen = validate({.name = "lane", .cpu = cpu});
  });
  ASSERT_TRUE(caller);
  caller->join();
  EXPECT_TRUE(seen);
}

TEST(RealTimeThread, joins_when_it_is_destroyed) {
  std::atomic<bool> ran{false};
  {
    auto thread = RealTimeThread::start({.name = "short"}, [&](const ThreadGrant&) { ran = true; });
    ASSERT_TRUE(thread.has_value());
  }
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace aegis::executor
