// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/future.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "on_top/one_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

class FutureTest : public testing::Test {
 protected:
  FutureTest() : scheduler_(small_scheduler()) {}
  NanosecondScheduler& scheduler() { return *scheduler_; }

 private:
  std::unique_ptr<NanosecondScheduler> scheduler_;
};

TEST_F(FutureTest, gives_what_the_task_returned) {
  auto sum = schedule_for_result(scheduler(), [a = 2, b = 3] { return a + b; });
  ASSERT_TRUE(sum.task().has_value());
  const Result<int> result = sum.get();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 5);
  EXPECT_TRUE(sum.ended());
  EXPECT_EQ(scheduler().wait_for_completion(*sum.task())->end, TaskEnd::kCompleted);
}

TEST_F(FutureTest, the_task_may_know_its_job) {
  const AbsoluteDeadline deadline{scheduler().clock().now() + 10_s};
  auto told = schedule_for_result(
      scheduler(), [](const TaskContext& job) { return job.deadline.value; }, deadline);
  const auto result = told.get();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, deadline.value);
  auto relative = schedule_for_result(
      scheduler(), [](const TaskContext& job) { return job.deadline.value - job.arrival; },
      RelativeDeadline{10_s});
  EXPECT_EQ(*relative.get(), 10_s);
}

TEST_F(FutureTest, results_may_own_something_or_be_large) {
  auto owner = schedule_for_result(scheduler(), [] { return std::make_unique<int>(7); });
  const auto owned = owner.get();
  ASSERT_TRUE(owned.has_value());
  EXPECT_EQ(**owned, 7);
  auto large = schedule_for_result(scheduler(), [] {
    std::array<char, 4096> page{};
    page.back() = 'x';
    return page;
  });
  ASSERT_TRUE(large.wait());
  ASSERT_NE(large.result(), nullptr);
  EXPECT_EQ(large.result()->back(), 'x');
}

TEST_F(FutureTest, a_result_that_nobody_takes_is_destroyed) {
  const auto tracked = std::make_shared<int>(1);
  {
    auto future =
        schedule_for_result(scheduler(), [tracked] { return std::shared_ptr<int>(tracked); });
    ASSERT_TRUE(future.wait());
  }
  EXPECT_EQ(tracked.use_count(), 1);
}

TEST_F(FutureTest, several_stand_in_an_array) {
  std::array futures{schedule_for_result(scheduler(), [] { return 1; }),
                     schedule_for_result(scheduler(), [] { return 2; })};
  EXPECT_EQ(*futures[0].get() + *futures[1].get(), 3);
}

TEST_F(FutureTest, what_a_task_throws_is_an_error) {
  auto thrower = schedule_for_result(scheduler(), []() -> int { throw std::runtime_error("no"); });
  const auto result = thrower.get();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
  EXPECT_EQ(thrower.result(), nullptr);
}

TEST_F(FutureTest, what_cannot_be_scheduled_says_why) {
  EXPECT_TRUE(scheduler().shutdown(1_s).has_value());
  auto late = schedule_for_result(scheduler(), [] { return 1; });
  EXPECT_TRUE(late.ended());
  ASSERT_FALSE(late.task().has_value());
  EXPECT_EQ(late.get().error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(late.cancel().error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(FutureTest, is_waited_for_in_vain_and_again) {
  Turnstile gate;
  auto future = schedule_for_result(scheduler(), [&gate] {
    gate.pass();
    return 1;
  });
  EXPECT_EQ(future.get(Duration::zero()).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(future.get(2_ms).error().category, ErrorCategory::kTransient);
  EXPECT_EQ(future.result(), nullptr);
  gate.open();
  EXPECT_EQ(*future.get(), 1);
}

TEST_F(FutureTest, a_cancelled_task_has_no_result) {
  BusyWorker busy(scheduler(), Priority::kNormal);
  auto future = schedule_for_result(scheduler(), [] { return 1; });
  EXPECT_FALSE(future.ended());
  EXPECT_EQ(*future.cancel(), Cancelled::kBeforeStart);
  EXPECT_EQ(future.get().error().code, ErrorCode::kCancelled);
}

TEST_F(FutureTest, going_before_its_task_began_it_takes_the_task_along) {
  BusyWorker busy(scheduler(), Priority::kNormal);
  const auto captured = std::make_shared<int>(1);
  bool ran = false;
  {
    auto future = schedule_for_result(scheduler(), [captured, &ran] {
      ran = true;
      return 1;
    });
    EXPECT_EQ(captured.use_count(), 2);
  }
  EXPECT_EQ(captured.use_count(), 1);
  busy.let_go();
  EXPECT_TRUE(scheduler().run_until_idle().has_value());
  EXPECT_FALSE(ran);
}

TEST_F(FutureTest, going_while_its_task_runs_it_waits) {
  Turnstile gate;
  std::atomic<bool> finished{false};
  std::thread opener;
  {
    auto future = schedule_for_result(scheduler(), [&] {
      gate.pass();
      finished = true;
      return 1;
    });
    gate.wait_for_somebody();
    opener = std::thread([&] { gate.open(); });
  }
  EXPECT_TRUE(finished);
  opener.join();
}

TEST_F(FutureTest, a_shut_down_scheduler_leaves_it_without_result) {
  std::optional<BusyWorker> busy(std::in_place, scheduler(), Priority::kNormal);
  auto future = schedule_for_result(scheduler(), [] { return 1; });
  std::thread end([&] { static_cast<void>(scheduler().shutdown(Duration::zero()).has_value()); });
  while (schedule_for_result(scheduler(), [] { return 1; }).task()) std::this_thread::yield();
  busy->let_go();
  end.join();
  ASSERT_TRUE(future.wait());
  // It may have been run in the moment before the shutdown gave up waiting.
  const auto result = future.get();
  EXPECT_TRUE(result.has_value() || result.error().code == ErrorCode::kCancelled);
}

// Destroyed by the worker, it writes into the frame that captured it.
class Witness {
 public:
  explicit Witness(std::atomic<int>& deaths) : deaths_(&deaths) {}
  Witness(Witness&& other) noexcept : deaths_(std::exchange(other.deaths_, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (deaths_ != nullptr) ++*deaths_;
  }

 private:
  std::atomic<int>* deaths_;
};

// Property: when a future is gone, so is everything its task held, run or not; a result taken is
// the one of its own task.
TEST_F(FutureTest, nothing_of_a_task_outlives_its_future) {
  for (int round = 0; round < 20'000; ++round) {
    std::atomic<int> deaths{0};
    {
      auto future =
          schedule_for_result(scheduler(), [round, witness = Witness(deaths)] { return round; },
                              {.priority = round % 2 == 0 ? Priority::kNormal : Priority::kHigh});
      ASSERT_TRUE(future.task().has_value());
      if (round % 3 == 0) {
        ASSERT_EQ(*future.get(), round);
      } else if (round % 3 == 1) {
        const auto cancelled = future.cancel();
        ASSERT_TRUE(cancelled.has_value() || cancelled.error().code == ErrorCode::kNotFound);
      }
    }
    ASSERT_EQ(deaths.load(), 1);
  }
}

TEST(Future, inside_a_task_of_its_scheduler_is_refused_instead_of_waiting_for_itself) {
  const auto scheduler = small_scheduler();
  auto outer = scheduler->schedule([&] {
    auto inner = schedule_for_result(*scheduler, [] { return 1; });
    const Result<int> result = inner.get();
    EXPECT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kFailedPrecondition);
  });
  ASSERT_TRUE(outer.has_value());
  EXPECT_TRUE(scheduler->wait_for_completion(*outer).has_value());
}

}  // namespace
}  // namespace aegis::executor
