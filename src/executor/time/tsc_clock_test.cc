// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/tsc_clock.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;
using testing::HasSubstr;

// A machine of the test's own: a 3 GHz counter and two clocks, each reading of which takes time.
class ScriptedTime final : public TimeSources {
 public:
  std::string refusal;
  std::int64_t counter_ppm = 0;   // how much too fast the counter is against RAW
  std::int64_t slew_ppm = 0;      // how much faster MONOTONIC runs than RAW
  std::int64_t counter_jump = 0;  // added to the counter
  std::int64_t monotonic_jump_ns = 0;
  Duration preempted;  // what every reading of a clock takes beside its 20 ns

  [[nodiscard]] std::string why_no_counter() const override { return refusal; }
  [[nodiscard]] std::uint64_t ticks() const noexcept override {
    go(10);
    return static_cast<std::uint64_t>(counter_ / kMillion + counter_jump);
  }
  [[nodiscard]] TimePoint monotonic() const noexcept override {
    go(20 + preempted.ns());
    return exact_monotonic();
  }
  [[nodiscard]] TimePoint raw() const noexcept override {
    go(20 + preempted.ns());
    return TimePoint::from_ns(raw_);
  }
  void pass(Duration duration) override { go(duration.ns()); }

  [[nodiscard]] TimePoint exact_monotonic() const {
    return TimePoint::from_ns(monotonic_ / kMillion + monotonic_jump_ns);
  }

 private:
  static constexpr std::int64_t kMillion = 1'000'000;
  void go(std::int64_t ns) const {
    raw_ += ns;
    counter_ += ns * 3 * (kMillion + counter_ppm);
    monotonic_ += ns * (kMillion + slew_ppm);
  }
  mutable std::int64_t raw_ = 5'000'000'000;
  mutable std::int64_t counter_ = 4'000'000'000'000 * kMillion;  // in millionths of a tick
  mutable std::int64_t monotonic_ = 5'000'000'000 * kMillion;    // in millionths of a nanosecond
};

std::int64_t offset_ns(const TscClock& clock, const ScriptedTime& time) {
  const TimePoint read = clock.now();
  return (time.exact_monotonic() - read).ns();
}

void run(TscClock& clock, ScriptedTime& time, int disciplines) {
  for (int i = 0; i < disciplines; ++i) {
    time.pass(100_ms);
    clock.discipline();
  }
}

TEST(TscClock, stands_on_the_line_of_clock_monotonic) {
  ScriptedTime time;
  TscClock clock(time);
  EXPECT_EQ(clock.state().source, TscState::Source::kCounter) << clock.state().reason;
  EXPECT_NEAR(clock.state().frequency_hz, 3e9, 3e4);
  run(clock, time, 20);
  EXPECT_LT(std::abs(offset_ns(clock, time)), 100);
  EXPECT_EQ(clock.state().corrections, 20U);
}

TEST(TscClock, follows_slewing_without_a_step) {
  ScriptedTime time;
  TscClock clock(time);
  time.slew_ppm = 500;
  run(clock, time, 2);
  EXPECT_GT(clock.state().worst_offset, 10_us);  // 50 µs of slewing nobody could foresee
  run(clock, time, 20);
  EXPECT_LT(std::abs(offset_ns(clock, time)), 200);
  EXPECT_EQ(clock.state().source, TscState::Source::kCounter);
}

// Whatever NTP does, the clock goes on, at about the right rate, and stays close.
TEST(TscClock, never_goes_back_nor_steps_under_random_slewing) {
  std::mt19937_64 random(17);
  ScriptedTime time;
  TscClock clock(time);
  TimePoint last = clock.now();
  for (int i = 0; i < 2000; ++i) {
    time.slew_ppm = static_cast<std::int64_t>(random() % 1001) - 500;
    time.pass(Duration::milliseconds(static_cast<std::int64_t>(random() % 120)));
    const TimePoint before = clock.now();
    clock.discipline();
    const TimePoint after = clock.now();
    ASSERT_GE(before, last);
    ASSERT_GE(after, before);
    ASSERT_LT(after - before, 2_us) << "five brackets take 0.35 µs here";
    ASSERT_LT(std::abs(offset_ns(clock, time)), 300'000);
    last = after;
  }
  EXPECT_EQ(clock.state().source, TscState::Source::kCounter) << clock.state().reason;
}

TEST(TscClock, falls_back_for_good_when_the_counter_drifts) {
  ScriptedTime time;
  TscClock clock(time);
  run(clock, time, 3);
  time.counter_ppm = 300;
  const TimePoint before = clock.now();
  run(clock, time, 1);
  EXPECT_EQ(clock.state().source, TscState::Source::kKernelClock);
  EXPECT_THAT(clock.state().reason, HasSubstr("drifted 300 ppm"));
  EXPECT_GE(clock.now(), before);
  time.counter_ppm = 0;
  run(clock, time, 3);
  EXPECT_EQ(clock.state().source, TscState::Source::kKernelClock);
  EXPECT_EQ(offset_ns(clock, time), 0);
}

TEST(TscClock, tolerates_what_a_crystal_does) {
  ScriptedTime time;
  TscClock clock(time);
  for (const std::int64_t ppm : {0, 50, 100, 50, 0, -50}) {
    time.counter_ppm = ppm;
    run(clock, time, 10);
  }
  EXPECT_EQ(clock.state().source, TscState::Source::kCounter) << clock.state().reason;
  EXPECT_LT(std::abs(offset_ns(clock, time)), 200);
}

TEST(TscClock, does_not_go_back_with_a_counter_that_does) {
  ScriptedTime time;
  TscClock clock(time);
  run(clock, time, 1);
  time.pass(50_ms);
  const TimePoint before = clock.now();
  time.counter_jump = -3'000'000'000;
  EXPECT_EQ(clock.now(), before);  // stands still until somebody looks
  clock.discipline();
  EXPECT_EQ(clock.state().reason, "the processor's counter went back");
  EXPECT_GE(clock.now(), before);
  EXPECT_EQ(offset_ns(clock, time), 0);
}

TEST(TscClock, stands_still_where_a_counter_that_jumped_ahead_had_led_it) {
  ScriptedTime time;
  TscClock clock(time);
  run(clock, time, 1);
  time.counter_jump = 3'000'000'000;  // a second
  const TimePoint ahead = clock.now();
  run(clock, time, 1);
  EXPECT_THAT(clock.state().reason, HasSubstr("drifted"));
  EXPECT_EQ(clock.now(), ahead);
  time.pass(2_s);
  EXPECT_GT(clock.now(), ahead);
  EXPECT_EQ(offset_ns(clock, time), 0);
}

TEST(TscClock, falls_back_when_the_counter_stands_still) {
  ScriptedTime time;
  TscClock clock(time);
  time.counter_ppm = -1'000'000;
  run(clock, time, 1);
  EXPECT_THAT(clock.state().reason, HasSubstr("drifted -99999"));
}

TEST(TscClock, falls_back_when_clock_monotonic_jumps) {
  ScriptedTime time;
  TscClock clock(time);
  time.monotonic_jump_ns = 5'000'000;
  run(clock, time, 1);
  EXPECT_THAT(clock.state().reason, HasSubstr("CLOCK_MONOTONIC jumped by 5"));
}

// A discipline that is preempted between two readings sees a distance that is not there.
TEST(TscClock, a_disturbed_discipline_is_no_alarm) {
  ScriptedTime time;
  TscClock clock(time);
  run(clock, time, 2);
  time.preempted = 3_ms;
  run(clock, time, 4);
  time.preempted = 0_ns;
  run(clock, time, 2);
  const TscState state = clock.state();
  EXPECT_EQ(state.source, TscState::Source::kCounter) << state.reason;
  EXPECT_EQ(state.refused_samples, 4U);
  EXPECT_EQ(state.corrections, 4U);
  EXPECT_LT(state.worst_offset, 1_us);
}

TEST(TscClock, does_not_calibrate_while_disturbed) {
  ScriptedTime time;
  time.preempted = 3_ms;
  const TscClock clock(time);
  EXPECT_EQ(clock.state().source, TscState::Source::kKernelClock);
  EXPECT_THAT(clock.state().reason, HasSubstr("calibration was disturbed"));
}

TEST(TscClock, says_why_the_machine_has_no_counter) {
  ScriptedTime time;
  time.refusal = "a counter of sand";
  TscClock clock(time);
  clock.discipline();
  EXPECT_EQ(clock.state().source, TscState::Source::kKernelClock);
  EXPECT_EQ(clock.state().reason, "a counter of sand");
  EXPECT_EQ(offset_ns(clock, time), 0);
}

TEST(TscClock, disciplines_in_quick_succession_change_nothing) {
  ScriptedTime time;
  TscClock clock(time);
  for (int i = 0; i < 100; ++i) clock.discipline();
  EXPECT_EQ(clock.state().corrections, 0U);
}

// On the machine itself: no thread sees the clock go back while another one steers it, and readings
// lie where the kernel's clock was before and after (to 50 µs: the slewing of a machine whose test
// thread was kept waiting).
TEST(TscClockStress, no_thread_sees_this_machine_s_clock_go_back) {
  TscClock clock;
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> backward{0};
  const auto read = [&] {
    TimePoint last = clock.now();
    while (!stop.load(std::memory_order_relaxed)) {
      const TimePoint now = clock.now();
      if (now < last) ++backward;
      last = now;
    }
  };
  std::thread reader(read);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    clock.discipline();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(backward.load(), 0);
  const MonotonicClock kernel;
  const TimePoint before = kernel.now();
  const TimePoint now = clock.now();
  const TimePoint after = kernel.now();
  EXPECT_GE(now, before - 50_us) << clock.state().reason;
  EXPECT_LE(now, after + 50_us) << clock.state().reason;
}

}  // namespace
}  // namespace aegis::executor
