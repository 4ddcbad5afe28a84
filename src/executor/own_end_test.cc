// SPDX-License-Identifier: Apache-2.0
//
// A scheduler's own threads cannot wait for their own end, and say so.
#include <atomic>
#include <chrono>
#include <thread>

#include "small_scheduler.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

TEST(OwnEnd, a_handler_that_would_end_its_own_scheduler_is_told) {
  std::atomic<NanosecondScheduler*> mine{nullptr};
  std::atomic<int> refused{0};
  const auto end_it = [&] {
    NanosecondScheduler* const scheduler = mine.load();
    if (scheduler == nullptr) return;
    refused += code_of(scheduler->shutdown(0_ns)) == ErrorCode::kFailedPrecondition ? 1 : 0;
  };
  SchedulerConfig config = one_worker();
  config.on_alert = [&](const Alert&) { end_it(); };
  config.on_miss = [&](const DeadlineMiss&) { end_it(); };
  config.emergency = [&](const DeadlineMiss&) { end_it(); };
  const auto scheduler = running(config);
  const auto hard = scheduler->define({.name = "hard", .deadline_class = DeadlineClass::kHard});
  mine = scheduler.get();
  // The emergency of one that still runs is called by the watchdog.
  std::atomic<bool> told{false};
  const auto task = scheduler->schedule_with_deadline(
      [&] { told = eventually([&] { return refused.load() > 0; }); }, AbsoluteDeadline{TimePoint{}},
      {.kind = *hard});
  ASSERT_TRUE(scheduler->wait_for_completion(*task, kLong).has_value());
  EXPECT_TRUE(told);
  EXPECT_TRUE(eventually([&] { return refused.load() >= 3; })) << "miss and alert";
  mine = nullptr;
  EXPECT_TRUE(scheduler->shutdown(kLong).has_value());
}

using OwnEndDeathTest = ::testing::Test;
TEST(OwnEndDeathTest, a_task_that_destroys_its_scheduler_ends_the_process_with_the_reason) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto scheduler = running(one_worker());
        NanosecondScheduler* const at = scheduler.get();
        (void)at->schedule([&] { scheduler.reset(); });
        std::this_thread::sleep_for(std::chrono::seconds(10));
      },
      "by a task or handler of its own");
}

}  // namespace
}  // namespace aegis::executor
