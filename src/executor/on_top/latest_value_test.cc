// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latest_value.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

TEST(LatestValue, holds_the_newest_once) {
  LatestValue<int> value;
  EXPECT_FALSE(value.fresh());
  EXPECT_EQ(value.take(), nullptr);
  EXPECT_FALSE(value.post(1));
  EXPECT_TRUE(value.post(2));  // 1 was never taken
  EXPECT_TRUE(value.fresh());
  const int* const taken = value.take();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(*taken, 2);
  EXPECT_EQ(value.take(), nullptr);
  EXPECT_FALSE(value.post(3));
  EXPECT_EQ(*taken, 2);  // still the reader's, until it takes the next
  ASSERT_NE(value.take(), nullptr);
}

// All words follow from the first; eight of them, so that a copy takes a while.
struct Words {
  std::array<std::uint64_t, 8> word{};
  [[nodiscard]] bool whole() const {
    for (std::uint64_t i = 0; i < word.size(); ++i) {
      if (word[i] != word[0] + i) return false;
    }
    return true;
  }
};
Words words(std::uint64_t number) {
  Words made;
  for (std::uint64_t i = 0; i < made.word.size(); ++i) made.word[i] = number + i;
  return made;
}

// One thread posts as fast as it can, the other takes. Property: what is taken was posted whole, is
// newer than what was taken before, and stays as it is until the next is taken.
template <class Protocol>
bool takes_something_wrong(Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  BasicLatestValue<Words, Protocol> value;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    const OneCpu pin(OneCpu::Which::kLast);
    for (std::uint64_t i = 1; !stop.load(std::memory_order_relaxed); ++i) value.post(words(i));
  });
  const OneCpu pin(OneCpu::Which::kFirst);
  bool wrong = false;
  std::uint64_t last = 0;
  for (int i = 0; !wrong && (i % 256 != 0 || clock.now() < end); ++i) {
    const Words* const taken = value.take();
    if (taken == nullptr) continue;
    const Words first_look = *taken;
    const Words second_look = *taken;
    wrong = !first_look.whole() || !second_look.whole() || first_look.word[0] <= last ||
            second_look.word[0] != first_look.word[0];
    last = first_look.word[0];
  }
  stop = true;
  writer.join();
  return wrong;
}

TEST(LatestValueStress, what_is_taken_is_whole_newer_and_left_alone) {
  EXPECT_FALSE(takes_something_wrong<LatestValueProtocol>(400_ms));
}

struct WritesInTheMiddle : LatestValueProtocol {
  static constexpr bool kWritesItsOwn = false;
};
TEST(LatestValueStress, catches_a_twin_that_writes_where_the_reader_takes) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the race of this twin is what ThreadSanitizer reports";
#endif
  EXPECT_TRUE(takes_something_wrong<WritesInTheMiddle>(20_s));
}

// Property: every value posted is taken or superseded.
TEST(LatestValueStress, none_is_unaccounted_for) {
  LatestValue<std::uint64_t> value;
  constexpr std::uint64_t kPosts = 200'000;
  std::uint64_t superseded = 0;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= kPosts; ++i) superseded += value.post(i) ? 1U : 0U;
    done = true;
  });
  std::uint64_t taken = 0;
  std::uint64_t newest = 0;
  for (bool last_look = false; !last_look;) {
    last_look = done.load();
    if (const std::uint64_t* const now = value.take()) {
      ++taken;
      newest = *now;
    }
  }
  writer.join();
  EXPECT_EQ(taken + superseded, kPosts);
  EXPECT_EQ(newest, kPosts);
}

}  // namespace
}  // namespace aegis::executor
