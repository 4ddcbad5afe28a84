// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/clock_keeper.h"

#include <atomic>
#include <cstdint>
#include <future>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;
using testing::HasSubstr;

// A machine whose time passes only when it is read, with a counter that can be told to go back.
class ReadTime final : public TimeSources {
 public:
  std::string refusal;
  std::atomic<bool> back = false;

  [[nodiscard]] std::string why_no_counter() const override { return refusal; }
  [[nodiscard]] std::uint64_t ticks() const noexcept override {
    const std::int64_t now = ns_.fetch_add(10) + 10;
    return static_cast<std::uint64_t>(3 * (back ? now - kFar : now));
  }
  [[nodiscard]] TimePoint monotonic() const noexcept override {
    return TimePoint::from_ns(ns_.fetch_add(20) + 20);
  }
  [[nodiscard]] TimePoint raw() const noexcept override { return monotonic(); }
  void pass(Duration duration) override { ns_.fetch_add(duration.ns()); }

 private:
  static constexpr std::int64_t kFar = 60'000'000'000;
  mutable std::atomic<std::int64_t> ns_{100'000'000'000};
};

TEST(ClockKeeper, tells_a_fallback_once_with_its_reason) {
  ReadTime time;
  TscClock clock(time);
  ASSERT_EQ(clock.state().source, TscState::Source::kCounter) << clock.state().reason;
  std::promise<std::string> told;
  std::atomic<int> times = 0;
  {
    const auto keeper =
        ClockKeeper::start(clock, {.every = 100_us, .on_fallback = [&](const TscState& state) {
                                     if (++times == 1) told.set_value(state.reason);
                                   }});
    ASSERT_TRUE(keeper);
    time.back = true;
    EXPECT_THAT(told.get_future().get(), HasSubstr("went back"));
  }
  EXPECT_EQ(times, 1);
}

TEST(ClockKeeper, disciplines_a_sound_clock_and_tells_nothing) {
  ReadTime time;
  TscClock clock(time);
  std::atomic<int> times = 0;
  {
    const auto keeper = ClockKeeper::start(
        clock, {.every = 100_us, .on_fallback = [&](const TscState&) { ++times; }});
    ASSERT_TRUE(keeper);
    while (clock.state().corrections < 5) time.pass(10_ms);
  }
  EXPECT_EQ(times, 0);
  EXPECT_EQ(clock.state().source, TscState::Source::kCounter) << clock.state().reason;
}

TEST(ClockKeeper, a_clock_without_a_counter_is_told_at_once_and_a_listener_may_throw) {
  ReadTime time;
  time.refusal = "there is no counter";
  TscClock clock(time);
  std::promise<void> told;
  const auto keeper =
      ClockKeeper::start(clock, {.every = 100_us, .on_fallback = [&](const TscState& state) {
                                   told.set_value();
                                   throw std::runtime_error(state.reason);
                                 }});
  ASSERT_TRUE(keeper);
  told.get_future().get();
}

TEST(ClockKeeper, ends_without_waiting_for_its_next_look) {
  TscClock clock;
  const auto keeper = ClockKeeper::start(clock, {.every = Duration::seconds(1'000'000)});
  ASSERT_TRUE(keeper);
}

}  // namespace
}  // namespace aegis::executor
