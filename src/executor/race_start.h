// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include <sched.h>

#include "aegis/base/clock.h"
#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// For stress tests: whether a race between processors can be provoked here at all. ThreadSanitizer
// wraps atomic operations in code that drains the store buffer.
inline bool processors_race() {
#if defined(__SANITIZE_THREAD__)
  return false;
#else
  return std::thread::hardware_concurrency() >= 2;
#endif
}

// For stress tests: keeps the calling thread on the first or the last CPU it may use while this
// object lives, so that the two sides of a race run at the same time. A thread inherits it from its
// creator: create the other side first.
class OneCpu {
 public:
  enum class Which : bool { kFirst, kLast };
  explicit OneCpu(Which which) {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &before_) || (which == Which::kFirst && CPU_COUNT(&one) > 0)) continue;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
    }
    sched_setaffinity(0, sizeof one, &one);
  }
  OneCpu(const OneCpu&) = delete;
  OneCpu& operator=(const OneCpu&) = delete;
  ~OneCpu() { sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_{};
};

// For stress tests: lets two threads begin a round within tens of nanoseconds of each other. A flag
// would not do: it reaches the other processor 50 to 400 ns late, longer than a store waits in a
// store buffer, and the race to be provoked would be over. So the host names an instant at which
// both begin, and a little random delay scans what is left.
class RaceStart {
 public:
  // The side that decides about rounds: begins the next one, or ends them.
  void begin() noexcept {
    ++round_;
    for (int looks = 1; guest_.load(std::memory_order_acquire) < round_; ++looks) {
      if (looks % 4096 == 0) std::this_thread::yield();
    }
    const std::int64_t at = clock_.now().ns() + kAhead;
    start_ns_.store(at, std::memory_order_relaxed);
    host_.store(round_, std::memory_order_release);
    wait_for(at, round_ * 7);
  }
  void end() noexcept { host_.store(kEnd, std::memory_order_release); }

  // The other side: false when there are no more rounds.
  bool join(std::int64_t round) noexcept {
    guest_.store(round, std::memory_order_release);
    std::int64_t called = 0;
    for (int looks = 1; (called = host_.load(std::memory_order_acquire)) < round; ++looks) {
      if (looks % 4096 == 0) std::this_thread::yield();
    }
    if (called == kEnd) return false;
    wait_for(start_ns_.load(std::memory_order_relaxed), round * 13);
    return true;
  }

 private:
  static constexpr std::int64_t kEnd = INT64_MAX;
  static constexpr std::int64_t kAhead = 1500;  // the instant crosses to the other side in time

  void wait_for(std::int64_t at, std::int64_t variety) const noexcept {
    while (clock_.now().ns() < at) {
    }
    for (std::int64_t i = variety % 32; i > 0; --i) {
      std::atomic_signal_fence(std::memory_order_seq_cst);  // keeps the loop
    }
  }

  const MonotonicClock clock_;
  std::int64_t round_ = 0;
  alignas(kCacheLine) std::atomic<std::int64_t> host_{0};
  std::atomic<std::int64_t> start_ns_{0};
  alignas(kCacheLine) std::atomic<std::int64_t> guest_{0};
};

}  // namespace aegis::executor
