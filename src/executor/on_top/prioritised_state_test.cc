// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/prioritised_state.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "on_top/one_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

// Remembers in which order updates came, one hexadecimal digit each.
struct History {
  std::uint64_t digits = 0;
};
template <std::uint64_t digit>
struct Mark {
  Turnstile* gate = nullptr;  // held up there
  void apply_to(History& history) const noexcept {
    if (gate != nullptr) gate->pass();
    history.digits = history.digits * 16 + digit;
  }
};
using Critical = Mark<1>;
using Middle = Mark<2>;
using Low = Mark<3>;

template <class Protocol>
using MarkedState = BasicPrioritisedState<Protocol, History, Critical, Middle, Low>;

TEST(PrioritisedState, applies_what_is_posted) {
  const auto scheduler = small_scheduler();
  PrioritisedState<History, Critical, Low> state(*scheduler, History{});
  EXPECT_EQ(state.read().digits, 0U);
  EXPECT_TRUE(state.update(Low{}).has_value());
  EXPECT_TRUE(state.wait_until_applied(TimePoint::max()));
  EXPECT_EQ(state.read().digits, 0x3U);
  EXPECT_TRUE(state.update(Critical{}).has_value());
  EXPECT_TRUE(state.wait_until_applied(TimePoint::max()));
  EXPECT_EQ(state.read().digits, 0x31U);
}

// Property: whatever is posted while a low update is applied, the critical one is next. Everything
// waits when the low one is let go, so the order is a matter of the protocol, not of time.
template <class Protocol>
std::uint64_t order_after_a_low_update() {
  const auto scheduler = small_scheduler();
  Turnstile gate;
  MarkedState<Protocol> state(*scheduler, History{});
  EXPECT_TRUE(state.update(Middle{&gate}).has_value());
  gate.wait_for_somebody();
  EXPECT_TRUE(state.update(Low{}).has_value());
  EXPECT_TRUE(state.update(Middle{}).has_value());
  EXPECT_TRUE(state.update(Critical{}).has_value());
  gate.open();
  EXPECT_TRUE(state.wait_until_applied(TimePoint::max()));
  return state.read().digits;
}

TEST(PrioritisedState, a_critical_update_waits_for_one_low_update_at_most) {
  EXPECT_EQ(order_after_a_low_update<UpdateProtocol>(), 0x2123U);
}

struct GoesRound : UpdateProtocol {
  static constexpr bool kFromTheTop = false;
};
TEST(PrioritisedState, catches_a_twin_that_serves_sources_in_turn) {
  EXPECT_EQ(order_after_a_low_update<GoesRound>(), 0x2312U);
}

TEST(PrioritisedState, of_one_source_the_newest_counts) {
  const auto scheduler = small_scheduler();
  MarkedState<UpdateProtocol> state(*scheduler, History{});
  {
    const BusyWorker busy(*scheduler, Priority::kCritical);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(state.update(Low{}).has_value());
    EXPECT_TRUE(state.update(Critical{}).has_value());
  }
  EXPECT_TRUE(state.wait_until_applied(TimePoint::max()));
  EXPECT_EQ(state.read().digits, 0x13U);
  const UpdateCounters low = state.counters<Low>();
  EXPECT_EQ(low.posted, 100U);
  EXPECT_EQ(low.superseded, 99U);
  EXPECT_EQ(low.applied, 1U);
  EXPECT_EQ(low.waiting(), 0U);
}

// Two fields that every update changes together, and the number of each source's newest update.
struct Balance {
  std::uint64_t plus = 0;
  std::uint64_t minus = 0;
  std::array<std::uint64_t, 3> newest{};
};
template <std::size_t source>
struct Move {
  std::uint64_t number = 0;
  void apply_to(Balance& balance) const noexcept {
    balance.plus += number;
    balance.minus -= number;
    balance.newest[source] = number;
  }
};

template <std::size_t source, class State>
void post_all(State& state, std::uint64_t updates) {
  for (std::uint64_t i = 1; i <= updates; ++i) {
    if (!state.update(Move<source>{i})) ADD_FAILURE() << "an update found no place";
  }
}

// Three sources post as fast as they can, one thread reads. Property: every state read is whole and
// no older than the one before, and in the end each source's newest update has been applied.
TEST(PrioritisedState, readers_see_it_whole_and_the_newest_of_each_source_arrives) {
  const auto scheduler = small_scheduler();
  constexpr std::uint64_t kUpdates = 20'000;
  PrioritisedState<Balance, Move<0>, Move<1>, Move<2>> state(*scheduler, Balance{});
  std::atomic<bool> done{false};
  std::thread reader([&] {
    Balance last;
    while (!done) {
      const Balance now = state.read();
      EXPECT_EQ(now.plus + now.minus, 0U);
      for (std::size_t i = 0; i < now.newest.size(); ++i) EXPECT_GE(now.newest[i], last.newest[i]);
      last = now;
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> sources;
  sources.emplace_back([&] { post_all<0>(state, kUpdates); });
  sources.emplace_back([&] { post_all<1>(state, kUpdates); });
  sources.emplace_back([&] { post_all<2>(state, kUpdates); });
  for (std::thread& source : sources) source.join();
  EXPECT_TRUE(state.wait_until_applied(TimePoint::max()));
  done = true;
  reader.join();
  for (const std::uint64_t newest : state.read().newest) EXPECT_EQ(newest, kUpdates);
  const UpdateCounters last = state.counters<Move<2>>();
  EXPECT_EQ(last.posted, kUpdates);
  EXPECT_EQ(last.waiting(), 0U);
}

}  // namespace
}  // namespace aegis::executor
