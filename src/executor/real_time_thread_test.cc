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
    sched_param parameters{};
    pthread_getschedparam(pthread_self(), &seen.policy, &parameters);
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
