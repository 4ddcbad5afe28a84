// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "aegis/base/clock.h"
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace aegis::benchmarks {

// The cheapest counter there is, comparable between the processors of one machine where they keep
// their counters in step (all x86-64 that Linux uses as its clock source).
inline std::int64_t ticks() noexcept {
#if defined(__x86_64__)
  unsigned processor = 0;
  return static_cast<std::int64_t>(__rdtscp(&processor));
#else
  return MonotonicClock().now().ns();
#endif
}

// What a tick is worth, and what reading two of them costs.
class Stopwatch {
 public:
  // Compares the counter with CLOCK_MONOTONIC for 20 ms.
  static Stopwatch calibrated() {
    const MonotonicClock clock;
    const TimePoint start = clock.now();
    const std::int64_t first = ticks();
    while (clock.now() - start < Duration::milliseconds(20)) {
    }
    const std::int64_t last = ticks();
    Stopwatch result;
    result.ns_per_tick_ =
        static_cast<double>((clock.now() - start).ns()) / static_cast<double>(last - first);
    std::array<std::int64_t, 1001> empty{};
    for (std::int64_t& pair : empty) {
      const std::int64_t begin = ticks();
      pair = ticks() - begin;
    }
    std::nth_element(empty.begin(), empty.begin() + 500, empty.end());
    result.empty_pair_ = empty[500];
    return result;
  }

  // Between two instants, which may have been taken on two processors.
  [[nodiscard]] double ns(std::int64_t elapsed) const noexcept {
    return static_cast<double>(elapsed) * ns_per_tick_;
  }
  // Around one operation on one thread: less what an empty pair of readings takes.
  [[nodiscard]] double operation_ns(std::int64_t elapsed) const noexcept {
    return std::max(0.0, ns(elapsed - empty_pair_));
  }
  [[nodiscard]] std::int64_t in_ticks(Duration length) const noexcept {
    return static_cast<std::int64_t>(static_cast<double>(length.ns()) / ns_per_tick_);
  }
  [[nodiscard]] double empty_pair_ns() const noexcept { return ns(empty_pair_); }

 private:
  double ns_per_tick_ = 1.0;
  std::int64_t empty_pair_ = 0;
};

}  // namespace aegis::benchmarks
