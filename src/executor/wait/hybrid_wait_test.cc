// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/hybrid_wait.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr auto kNoWork = [] { return false; };

TEST(HybridWait, returns_at_the_instant_or_later_and_says_whether_it_slept) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.before_release = 50_us});
  const TimePoint until = clock.now() + 3_ms;
  const WaitReport report = wait.wait(until, kNoWork);
  EXPECT_TRUE(report.slept);
  EXPECT_EQ(report.ended_by, WaitReport::End::kInstant);
  EXPECT_GT(report.late, 0_ns);  // a timer is never early, and reading the clock takes time
  EXPECT_GE(clock.now(), until);
}

TEST(HybridWait, does_not_wait_when_there_is_work) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {});
  const WaitReport report = wait.wait(TimePoint::max(), [] { return true; });
  EXPECT_FALSE(report.slept);
  EXPECT_EQ(report.ended_by, WaitReport::End::kWork);
  EXPECT_EQ(wait.time_spent().wake_ups, 0);
}

TEST(HybridWait, does_not_wait_for_an_instant_that_is_over) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {});
  const WaitReport report = wait.wait(TimePoint{}, kNoWork);
  EXPECT_FALSE(report.slept);
  EXPECT_EQ(report.ended_by, WaitReport::End::kInstant);
}

TEST(HybridWait, is_woken_by_work_while_it_sleeps) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.before_release = 50_us});
  std::atomic<bool> work{false};
  std::thread submitter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    work = true;
    signal.notify();
  });
  const WaitReport report = wait.wait(TimePoint::max(), [&] { return work.load(); });
  EXPECT_TRUE(work);
  EXPECT_EQ(report.ended_by, WaitReport::End::kWork);
  submitter.join();
}

// A scripted machine: every reading of the clock takes a microsecond, and nothing sleeps long
// enough to matter since the clock is not the kernel's.
class TickingClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return now_ += 1_us; }

 private:
  mutable TimePoint now_ = TimePoint::from_ns(1);
};

TEST(HybridWait, looks_for_work_for_a_while_after_the_last_before_it_parks) {
  const TickingClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.after_work = 500_us});
  int looks = 0;
  const WaitReport report = wait.wait(TimePoint::max(), [&] { return ++looks == 400; });
  EXPECT_FALSE(report.slept);
  EXPECT_EQ(wait.time_spent().wake_ups, 0);
  EXPECT_GE(wait.time_spent().spinning, 390_us);
}

TEST(HybridWait, parks_when_no_work_has_come_for_so_long) {
  const TickingClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.after_work = 500_us});
  int looks = 0;
  // Beyond the 500 looks it would sleep for ever: the work comes between announcing and parking.
  wait.wait(TimePoint::max(), [&] {
    if (++looks < 500) return false;
    signal.notify();
    return looks > 520;
  });
  EXPECT_GE(wait.time_spent().wake_ups, 1);
  EXPECT_EQ(wait.time_spent().rests, 0);
}

// Never 100 %, whatever is configured: time_spent() says how often it rested.
TEST(HybridWait, rests_even_when_it_was_told_to_spin_all_the_way) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.before_release = 1_s});
  EXPECT_TRUE(wait.wait(clock.now() + 5_ms, kNoWork).slept);
  EXPECT_GE(wait.time_spent().rests, 1);
}

TEST(HybridWait, rests_while_it_looks_for_work) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.after_work = Duration::max()});
  const TimePoint until = clock.now() + 5_ms;
  EXPECT_TRUE(wait.wait(TimePoint::max(), [&] { return clock.now() >= until; }).slept);
  EXPECT_GE(wait.time_spent().rests, 1);
  EXPECT_GE(wait.time_spent().sleeping, HybridWait::kRest);
}

// Instants every 50 µs leave no room for a rest between them: one is taken all the same.
TEST(HybridWait, rests_between_instants_that_leave_no_room_for_it) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.before_release = 60_us});
  const TimePoint end = clock.now() + 25_ms;
  TimePoint next = clock.now();
  while (next < end) {
    next = std::max(next + 50_us, clock.now());
    wait.wait(next, kNoWork);
  }
  EXPECT_GE(wait.time_spent().rests, 1);
}

TEST(HybridWait, a_thread_that_always_finds_work_rests_when_it_asks) {
  const MonotonicClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {});
  Duration rested;
  const TimePoint until = clock.now() + 25_ms;
  while (clock.now() < until) rested += wait.rest_if_due();
  EXPECT_GE(rested, HybridWait::kPollRest);
  EXPECT_GE(wait.time_spent().rests, 1);
  EXPECT_GE(wait.time_spent().sleeping, rested);
}

// To the microsecond of a clock that ticks one at each reading, from the first of a wait to its
// last.
TEST(HybridWait, accounts_for_all_of_its_time) {
  const TickingClock clock;
  WakeSignal signal;
  HybridWait wait(clock, signal, {.before_release = 300_us});
  Duration waited;
  for (int i = 0; i < 5; ++i) {
    const TimePoint first = clock.now() + 1_us;
    wait.wait(first + 1_ms, kNoWork);
    waited += clock.now() - 1_us - first;
  }
  const WaitTime spent = wait.time_spent();
  EXPECT_EQ(spent.spinning + spent.sleeping, waited);
  EXPECT_GE(spent.wake_ups, 5);
}

}  // namespace
}  // namespace aegis::executor
