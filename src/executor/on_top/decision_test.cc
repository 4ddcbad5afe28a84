// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/decision.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "on_top/one_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using How = DeadlineMissed::How;

constexpr RelativeDeadline kAmple{30_s};

TEST(Decision, in_time_is_a_result) {
  const auto scheduler = small_scheduler();
  const auto decision = decide_by(*scheduler, kAmple, [] { return std::string("buy"); });
  ASSERT_TRUE(decision.in_time());
  EXPECT_EQ(*decision, "buy");
  EXPECT_EQ(decision->size(), 3U);
  EXPECT_FALSE(decision.missed().has_value());
  EXPECT_TRUE(decision.status().has_value());
}

TEST(Decision, what_has_not_begun_by_its_deadline_never_begins) {
  const auto scheduler = small_scheduler();
  bool ran = false;
  {
    const BusyWorker busy(*scheduler, Priority::kCritical);
    const auto decision =
        decide_by(*scheduler, RelativeDeadline{1_ms}, [&ran] { return ran = true; });
    EXPECT_FALSE(decision);
    ASSERT_TRUE(decision.missed().has_value());
    EXPECT_EQ(decision.missed()->how, How::kNotStarted);
    EXPECT_GE(decision.missed()->tardiness, Duration::zero());
    EXPECT_TRUE(decision.status().has_value());  // a miss is no error
  }
  EXPECT_TRUE(scheduler->run_until_idle().has_value());
  EXPECT_FALSE(ran);
}

TEST(Decision, a_deadline_in_the_past_is_missed_at_once) {
  const auto scheduler = small_scheduler();
  const AbsoluteDeadline past{scheduler->clock().now() - 1_s};
  const auto decision = decide_by(*scheduler, past, [] { return 1; });
  ASSERT_TRUE(decision.missed().has_value());
  EXPECT_GE(decision.missed()->tardiness, 1_s);
}

// On a busy machine a task may not begin in time, which is another way to miss: tried until it
// does.
TEST(Decision, is_given_up_at_the_deadline_while_the_task_runs) {
  const auto scheduler = small_scheduler();
  std::optional<How> how;
  for (RelativeDeadline deadline{1_ms}; how != How::kStillRunning; deadline.value += 1_ms) {
    Turnstile gate;
    bool finished = false;
    {
      const auto decision = decide_by(*scheduler, deadline, [&] {
        gate.pass();
        finished = true;
        return 1;
      });
      ASSERT_FALSE(decision.in_time());
      ASSERT_TRUE(decision.missed().has_value());
      how = decision.missed()->how;
      EXPECT_FALSE(finished);
      gate.open();
    }
    EXPECT_EQ(finished, how == How::kStillRunning);  // the decision has waited for it
  }
}

// Its own clock leaps past the deadline while the task runs.
TEST(Decision, a_late_result_is_never_given_out) {
  LeapingClock clock;
  SchedulerConfig config = small_config();
  config.clock = &clock;
  const auto scheduler = small_scheduler(config);
  std::optional<How> how;
  while (how != How::kFinishedLate) {
    const auto decision = decide_by(*scheduler, kAmple, [&clock] {
      clock.leap(31_s);
      return 1;
    });
    ASSERT_FALSE(decision.in_time());
    ASSERT_TRUE(decision.missed().has_value());
    how = decision.missed()->how;
    EXPECT_GT(decision.missed()->tardiness, Duration::zero());
  }
}

TEST(Decision, a_deadline_that_never_comes_waits_for_the_result) {
  const auto scheduler = small_scheduler();
  const auto decision = decide_by(*scheduler, RelativeDeadline{Duration::max()}, [] { return 1; });
  EXPECT_TRUE(decision.in_time());
  const auto always = decide_by(*scheduler, AbsoluteDeadline{TimePoint::max()}, [] { return 1; });
  EXPECT_TRUE(always.in_time());
}

TEST(Decision, what_cannot_be_tried_is_an_error) {
  const auto scheduler = small_scheduler();
  const auto thrown =
      decide_by(*scheduler, kAmple, []() -> int { throw std::runtime_error("no"); });
  EXPECT_FALSE(thrown);
  EXPECT_FALSE(thrown.missed().has_value());
  EXPECT_EQ(thrown.status().error().code, ErrorCode::kInternal);
  EXPECT_TRUE(scheduler->shutdown(1_s).has_value());
  const auto closed = decide_by(*scheduler, kAmple, [] { return 1; });
  EXPECT_FALSE(closed);
  EXPECT_EQ(closed.status().error().code, ErrorCode::kFailedPrecondition);
}

TEST(DecisionOrDefault, always_says_something) {
  const auto scheduler = small_scheduler();
  const auto in_time = decide_by(*scheduler, kAmple, [] { return 1; }, otherwise(0));
  EXPECT_EQ(in_time.value(), 1);
  EXPECT_FALSE(in_time.is_default());
  const BusyWorker busy(*scheduler, Priority::kCritical);
  const auto missed = decide_by(*scheduler, RelativeDeadline{1_ms}, [] { return 1; }, otherwise(0));
  EXPECT_EQ(missed.value(), 0);
  EXPECT_TRUE(missed.is_default());
  EXPECT_EQ(missed.decision().missed()->how, How::kNotStarted);
}

// The deadline passes between the end of the task and the moment the caller takes the result: the
// clock leaps when it is read by the caller after the task has ended.
TEST(Decision, a_result_received_late_is_not_given_out) {
  class LeapsForTheCaller final : public Clock {
   public:
    [[nodiscard]] TimePoint now() const noexcept override {
      const bool leaps = std::this_thread::get_id() == caller_ && ended.load();
      return clock_.now() + (leaps ? 31_s : Duration::zero());
    }
    std::atomic<bool> ended{false};

   private:
    MonotonicClock clock_;
    std::thread::id caller_ = std::this_thread::get_id();
  };
  LeapsForTheCaller clock;
  SchedulerConfig config = small_config();
  config.clock = &clock;
  const auto scheduler = small_scheduler(config);
  std::optional<How> how;
  while (how != How::kReceivedLate) {  // otherwise the caller looked while the task still ran
    clock.ended = false;
    const auto decision = decide_by(*scheduler, kAmple, [&clock] {
      clock.ended = true;
      return 1;
    });
    ASSERT_FALSE(decision.in_time());
    ASSERT_TRUE(decision.missed().has_value());
    how = decision.missed()->how;
  }
}

// Property, over deadlines around what a decision takes: one given out had ended by its deadline,
// as the task itself read the clock, and a missed one gives nothing.
TEST(Decision, in_time_means_in_time) {
  const auto scheduler = small_scheduler();
  int in_time = 0;
  for (std::int64_t i = 0; i < 2'000; ++i) {
    const AbsoluteDeadline deadline{scheduler->clock().now() + Duration::nanoseconds(i * 50)};
    const auto decision =
        decide_by(*scheduler, deadline, [](const TaskContext& job) { return job.clock.now(); });
    ASSERT_TRUE(decision.status().has_value());
    ASSERT_NE(decision.in_time(), decision.missed().has_value());
    if (!decision) continue;
    ++in_time;
    ASSERT_LE(*decision, deadline.value);
  }
  RecordProperty("in_time", in_time);
}

}  // namespace
}  // namespace aegis::executor
