// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latch.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

// A value that betrays a torn copy: all words follow from the first.
struct Triple {
  std::uint64_t number = 0;
  std::uint64_t twice = 0;
  std::uint64_t inverted = ~std::uint64_t{0};
  [[nodiscard]] bool whole() const { return twice == 2 * number && inverted == ~number; }
};
Triple triple(std::uint64_t number) {
  return {.number = number, .twice = 2 * number, .inverted = ~number};
}

TEST(Latch, holds_the_first_value_and_then_the_last_published) {
  Latch<Triple> latch(triple(7));
  EXPECT_EQ(latch.read().number, 7U);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    latch.publish(triple(i));
    EXPECT_EQ(latch.read().number, i);
  }
}

// One thread publishes as fast as it can, the other reads. Property: every copy is one that was
// published whole, and no copy is older than the one before.
template <class Protocol>
bool reads_something_wrong(Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  BasicLatch<Triple, Protocol> latch(triple(0));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    const OneCpu pin(OneCpu::Which::kLast);
    for (std::uint64_t i = 1; !stop.load(std::memory_order_relaxed); ++i) latch.publish(triple(i));
  });
  const OneCpu pin(OneCpu::Which::kFirst);
  bool wrong = false;
  std::uint64_t last = 0;
  for (int i = 0; !wrong && (i % 256 != 0 || clock.now() < end); ++i) {
    const Triple copy = latch.read();
    wrong = !copy.whole() || copy.number < last;
    last = copy.number;
  }
  stop = true;
  writer.join();
  return wrong;
}

TEST(LatchStress, a_copy_is_whole_and_never_older_than_the_one_before) {
  EXPECT_FALSE(reads_something_wrong<LatchProtocol>(400_ms));
}

struct NeverLooksAgain : LatchProtocol {
  static constexpr bool kVerifies = false;
};
TEST(LatchStress, catches_a_twin_that_does_not_look_at_the_sequence_again) {
  EXPECT_TRUE(reads_something_wrong<NeverLooksAgain>(20_s));
}

struct WritesWhereReadersAre : LatchProtocol {
  static constexpr bool kWritesAside = false;
};
TEST(LatchStress, catches_a_twin_that_writes_where_readers_are) {
  EXPECT_TRUE(reads_something_wrong<WritesWhereReadersAre>(20_s));
}

}  // namespace
}  // namespace aegis::executor
