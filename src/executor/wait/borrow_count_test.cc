// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/borrow_count.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

TEST(BorrowCount, none_is_lent_when_all_are_back) {
  const MonotonicClock clock;
  BorrowCount count;
  EXPECT_FALSE(count.any());
  EXPECT_TRUE(count.wait_for_none(clock));
  count.lend();
  count.lend();
  count.take_back();
  EXPECT_TRUE(count.any());
  count.take_back();
  EXPECT_FALSE(count.any());
}

TEST(BorrowCount, a_wait_in_vain_ends_and_may_be_repeated) {
  const MonotonicClock clock;
  BorrowCount count;
  count.lend();
  EXPECT_FALSE(count.wait_for_none(clock, {}));                                    // no wait
  EXPECT_FALSE(count.wait_for_none(clock, clock.now() + 10_us, 1_ms));             // spins only
  EXPECT_FALSE(count.wait_for_none(clock, clock.now() + 2_ms, Duration::zero()));  // sleeps
  EXPECT_TRUE(count.any());
  count.take_back();  // wakes nobody
  EXPECT_TRUE(count.wait_for_none(clock));
  count.lend();
  EXPECT_TRUE(count.any());
  count.take_back();
}

// One side lends and sleeps until it has everything back, the other gives back what is lent. The
// sleeper would wait for a second; property: it never sleeps on when nothing is lent. A sleep that
// nobody ended has run to its limit, which counts as caught whatever the machine was doing.
template <class Protocol>
bool sleeps_on_with_nothing_lent(int rounds) {
  const MonotonicClock clock;
  BasicBorrowCount<Protocol> count;
  std::atomic<int> lent{0};
  std::atomic<int> back{0};
  std::thread other([&] {
    for (int round = 1; round <= rounds; ++round) {
      while (lent.load() < round) std::this_thread::yield();
      for (int pause = round % 64; pause > 0; --pause) spin_pause();
      count.take_back();
      back.store(round);
    }
  });
  int in_vain = 0;
  for (int round = 1; round <= rounds; ++round) {
    count.lend();
    lent.store(round);
    const TimePoint limit = clock.now() + (in_vain == 0 ? 1_s : 1_ms);
    if (count.wait_for_none(clock, limit, Duration::zero()) && clock.now() < limit) continue;
    if (back.load() == round) ++in_vain;  // everything was back, and yet it slept
    while (count.any()) std::this_thread::yield();
  }
  other.join();
  return in_vain > 0;
}

TEST(BorrowCountStress, who_sleeps_is_woken_by_the_last_return) {
  EXPECT_FALSE(sleeps_on_with_nothing_lent<BorrowProtocol>(20'000));
}

struct SleepsSecretly : BorrowProtocol {
  static constexpr bool kSaysItSleeps = false;
};
TEST(BorrowCountStress, catches_a_twin_that_does_not_say_that_it_sleeps) {
  EXPECT_TRUE(sleeps_on_with_nothing_lent<SleepsSecretly>(300));
}

}  // namespace
}  // namespace aegis::executor
