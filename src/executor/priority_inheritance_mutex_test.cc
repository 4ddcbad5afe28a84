// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/priority_inheritance_mutex.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/base/clock.h"
#include "aegis/executor/real_time_thread.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using testing::ElementsAre;

PriorityInheritanceMutex make_mutex() {
  return std::move(*PriorityInheritanceMutex::create());
}

TEST(PriorityInheritanceMutex, excludes) {
  PriorityInheritanceMutex mutex = make_mutex();
  int counter = 0;
  const auto count = [&] {
    for (int i = 0; i < 20'000; ++i) {
      const std::scoped_lock lock(mutex);
      ++counter;
    }
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(counter, 40'000);
}

TEST(PriorityInheritanceMutex, is_not_taken_twice_by_trying) {
  PriorityInheritanceMutex mutex = make_mutex();
  EXPECT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST(PriorityInheritanceMutexDeathTest, aborts_on_what_would_sleep_for_ever) {
  PriorityInheritanceMutex mutex = make_mutex();
  EXPECT_DEATH(mutex.unlock(), "unlocks only what it holds");
  const auto lock_twice = [&] {
    mutex.lock();
    mutex.lock();
  };
  EXPECT_DEATH(lock_twice(), "does not lock a mutex it holds");
}

// Priority inversion, provoked on one CPU by three SCHED_FIFO threads:
//
//   low     [ holds .................... unlock
//   high       | wants the mutex                 | gets it
//   middle        | wants the processor: 5 ms of work
//
// With inheritance low runs as high once high waits: unlock, then high, then middle. Without it
// middle takes the processor from low, and high waits for the work of middle. All is decided by
// priorities on one CPU, so the order of events is the same on any machine, however noisy.
enum class Event : unsigned char { kHighWaits, kHighGotIt, kMiddleDone, kLowUnlocks };

class Inversion {
 public:
  // What happened in which order; nothing when the machine refused what it takes, with why in
  // `refusal`.
  template <class Mutex>
  std::optional<std::vector<Event>> provoke(Mutex& mutex) {
    auto high = start("high", 30, [&] {
      high_.acquire();
      note(Event::kHighWaits);
      const std::scoped_lock lock(mutex);
      note(Event::kHighGotIt);
    });
    auto middle = start("middle", 20, [&] {
      middle_.acquire();
      work(5_ms);
      note(Event::kMiddleDone);
    });
    // Both sleep before low runs, since they go before it on their one CPU.
    auto low = start("low", 10, [&] {
      mutex.lock();
      high_.release();
      middle_.release();
      work(1_ms);
      note(Event::kLowUnlocks);
      mutex.unlock();
    });
    for (auto* thread : {&low, &middle, &high}) thread->join();
    if (!refusal.empty()) return std::nullopt;
    return std::vector<Event>(events_.begin(),
                              events_.begin() + static_cast<std::ptrdiff_t>(count_.load()));
  }
  std::string refusal;

 private:
  template <class Body>
  RealTimeThread start(const char* name, int priority, Body body) {
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    int cpu = 0;
    while (cpu + 1 < CPU_SETSIZE && !CPU_ISSET(static_cast<unsigned>(cpu), &allowed)) ++cpu;
    auto thread = RealTimeThread::start({.name = name, .cpu = cpu, .fifo_priority = priority},
                                        [body](const ThreadGrant&) { body(); });
    const ThreadGrant& grant = thread->grant();
    if (!grant.real_time || !grant.pinned) refusal = grant.note;
    return std::move(*thread);
  }
  static void work(Duration duration) {
    const ThreadCpuClock clock;  // bounded, whoever else gets the processor
    const TimePoint end = clock.now() + duration;
    while (clock.now() < end) {
    }
  }
  void note(Event event) { events_[count_.fetch_add(1)] = event; }

  std::binary_semaphore high_{0};
  std::binary_semaphore middle_{0};
  std::array<Event, 8> events_{};
  std::atomic<std::size_t> count_{0};
};

TEST(PriorityInheritanceMutex, the_urgent_thread_waits_for_the_critical_section_only) {
  PriorityInheritanceMutex mutex = make_mutex();
  Inversion inversion;
  const auto events = inversion.provoke(mutex);
  if (!events) GTEST_SKIP() << inversion.refusal;
  EXPECT_THAT(*events, ElementsAre(Event::kHighWaits, Event::kLowUnlocks, Event::kHighGotIt,
                                   Event::kMiddleDone));
}

TEST(PriorityInheritanceMutex, a_plain_mutex_makes_it_wait_for_a_stranger) {
  std::mutex mutex;
  Inversion inversion;
  const auto events = inversion.provoke(mutex);
  if (!events) GTEST_SKIP() << inversion.refusal;
  EXPECT_THAT(*events, ElementsAre(Event::kHighWaits, Event::kMiddleDone, Event::kLowUnlocks,
                                   Event::kHighGotIt));
}

}  // namespace
}  // namespace aegis::executor
