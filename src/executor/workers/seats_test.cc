// SPDX-License-Identifier: Apache-2.0
#include "seats.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/executor/nanosecond_scheduler.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

std::unique_ptr<NanosecondScheduler> with_submitters(std::size_t most) {
  SchedulerConfig config;
  config.shallow_idle = false;
  config.rt_scheduling = false;
  config.max_submitters = most;
  for (const Priority other : {Priority::kCritical, Priority::kHigh, Priority::kLow}) {
    config.group(other).enabled = false;
  }
  return std::move(*NanosecondScheduler::create(config));
}

TEST(Seats, a_thread_that_ends_leaves_its_seat_to_another) {
  const auto scheduler = with_submitters(1);
  for (int i = 0; i < 50; ++i) {
    std::thread([&] { EXPECT_TRUE(scheduler->schedule([] {}).has_value()) << i; }).join();
  }
}

TEST(Seats, more_threads_than_seats_are_refused_until_one_is_free) {
  const auto scheduler = with_submitters(1);
  ASSERT_TRUE(scheduler->register_this_thread().has_value());
  std::thread([&] {
    const auto refused = scheduler->schedule([] {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  }).join();
}

// What a thread leaves behind may be destroyed after its seats have been given back.
struct Straggler {
  NanosecondScheduler* scheduler = nullptr;
  std::atomic<int>* codes = nullptr;
  Straggler() = default;
  Straggler(const Straggler&) = delete;
  Straggler& operator=(const Straggler&) = delete;
  ~Straggler() {
    if (scheduler == nullptr) return;
    const auto late = scheduler->schedule([] {});
    if (!late && late.error().code == ErrorCode::kFailedPrecondition) ++*codes;
  }
};
thread_local Straggler straggler;

TEST(Seats, a_thread_that_has_given_its_seat_back_submits_through_nobody_s) {
  const auto scheduler = with_submitters(2);
  std::atomic<int> codes{0};
  std::thread([&] {
    straggler.codes = &codes;  // constructed first, destroyed last
    straggler.scheduler = scheduler.get();
    EXPECT_TRUE(scheduler->schedule([] {}).has_value());
  }).join();
  EXPECT_EQ(codes, 1);
}

TEST(Seats, a_thread_outlives_schedulers_and_serves_several) {
  std::thread([] {
    const auto lasting = with_submitters(1);
    for (int i = 0; i < 5; ++i) {
      const auto passing = with_submitters(1);
      ASSERT_TRUE(passing->schedule([] {}).has_value());
      ASSERT_TRUE(lasting->schedule([] {}).has_value());
    }
  }).join();
}

// Property: two threads never have one seat. Threads come and go while others do; each fills and
// empties its ring, which two at once would corrupt.
TEST(SeatsStress, no_two_threads_share_a_seat) {
  const auto scheduler = with_submitters(3);
  std::atomic<int> accepted{0};
  std::atomic<int> ran{0};
  std::vector<std::thread> comers;
  for (int c = 0; c < 4; ++c) {
    comers.emplace_back([&] {
      for (int i = 0; i < 60; ++i) {
        std::thread([&] {
          for (int k = 0; k < 20; ++k) {
            if (scheduler->schedule([&] { ++ran; })) ++accepted;
          }
        }).join();
      }
    });
  }
  for (std::thread& comer : comers) comer.join();
  ASSERT_TRUE(scheduler->run_until_idle(60_s).has_value());
  EXPECT_EQ(ran, accepted);
}

// Threads that give their seats back while their scheduler is destroyed.
TEST(SeatsStress, threads_end_while_their_scheduler_does) {
  for (int round = 0; round < 30; ++round) {
    auto scheduler = with_submitters(2);
    std::atomic<int> registered{0};
    std::atomic<bool> leave{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        EXPECT_TRUE(scheduler->register_this_thread().has_value());
        ++registered;
        while (!leave) std::this_thread::yield();
      });
    }
    while (registered < 2) std::this_thread::yield();
    leave = true;
    scheduler.reset();
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace aegis::executor
