// SPDX-License-Identifier: Apache-2.0
//
// Property: of the owner, who waits, and of thieves, who do not, one at a time is inside.
#include "queue_lock.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

template <class Lock>
struct Room {
  Lock lock;
  std::atomic<int> inside{0};
  std::atomic<bool> crowded{false};
  std::int64_t changes = 0;  // plain, under the lock: for ThreadSanitizer, too
  RaceStart start;

  // Somebody who has the lock.
  void stay() {
    if (inside.fetch_add(1, std::memory_order_relaxed) != 0) crowded = true;
    ++changes;
    inside.fetch_sub(1, std::memory_order_relaxed);
    lock.unlock();
  }
};

// Whether two were inside at once; stops then.
template <class Lock>
bool two_get_in(Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  Room<Lock> room;
  room.lock.enable();
  std::int64_t thefts = 0;
  std::thread thief([&] {
    const OneCpu pin(OneCpu::Which::kLast);
    for (std::int64_t i = 1; room.start.join(i); ++i) {
      if (!room.lock.try_lock()) continue;
      room.stay();
      ++thefts;
    }
  });
  std::int64_t choices = 0;
  {
    const OneCpu pin(OneCpu::Which::kFirst);
    for (; !room.crowded && clock.now() < end; ++choices) {
      room.start.begin();
      room.lock.lock();
      room.stay();
    }
  }
  room.start.end();
  thief.join();
  if (!room.crowded) {
    EXPECT_EQ(room.changes, thefts + choices);
  }
  return room.crowded;
}

struct TakenByStore : QueueLockProtocol {
  static constexpr bool kTakeByExchange = false;
};

TEST(QueueLockStress, one_at_a_time_is_inside) {
  EXPECT_FALSE(two_get_in<QueueLock>(400_ms));
}

TEST(QueueLockStress, catches_a_twin_that_takes_by_a_store) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no race";
  EXPECT_TRUE(two_get_in<BasicQueueLock<TakenByStore>>(20_s));
}

TEST(QueueLock, without_siblings_nobody_steals) {
  QueueLock lock;
  EXPECT_FALSE(lock.try_lock());
  lock.lock();
  lock.lock();  // passed by: nothing to wait for
  lock.unlock();
}

}  // namespace
}  // namespace aegis::executor
