// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "aegis/base/clock.h"
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace aegis::executor {

// For benchmarks: single operations, each between two readings of the cheapest counter there is,
// less what an empty pair of readings takes. Reported as p50, p99 and max in nanoseconds.
class LatencyCounters {
 public:
  LatencyCounters() {
    samples_.reserve(kMost);
    ns_per_tick_ = calibrate();
    for (int i = 0; i < 1000; ++i) {
      begin();
      end();
    }
    std::nth_element(samples_.begin(), samples_.begin() + 500, samples_.end());
    floor_ticks_ = samples_[500];
    samples_.clear();
  }

  void begin() noexcept { start_ = ticks(); }
  void end() noexcept { add_ticks(ticks() - start_); }
  void add(Duration sample) {
    add_ticks(static_cast<std::int64_t>(static_cast<double>(sample.ns()) / ns_per_tick_) +
              floor_ticks_);
  }

  void report(benchmark::State& state) {
    if (samples_.empty()) return;
    std::sort(samples_.begin(), samples_.end());
    const auto at = [&](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(samples_.size() - 1));
      return std::max(0.0, static_cast<double>(samples_[index] - floor_ticks_) * ns_per_tick_);
    };
    state.counters["p50_ns"] = at(0.50);
    state.counters["p99_ns"] = at(0.99);
    state.counters["max_ns"] = at(1.00);
  }

 private:
  static constexpr std::size_t kMost = 2'000'000;

  void add_ticks(std::int64_t sample) {
    if (samples_.size() < kMost) samples_.push_back(sample);
  }

#if defined(__x86_64__)
  static std::int64_t ticks() noexcept {
    unsigned processor = 0;
    return static_cast<std::int64_t>(__rdtscp(&processor));
  }
  static double calibrate() {
    const MonotonicClock clock;
    const TimePoint start = clock.now();
    const std::int64_t first = ticks();
    while (clock.now() - start < Duration::milliseconds(20)) {
    }
    const std::int64_t last = ticks();
    return static_cast<double>((clock.now() - start).ns()) / static_cast<double>(last - first);
  }
#else
  static std::int64_t ticks() noexcept { return MonotonicClock().now().ns(); }
  static double calibrate() { return 1.0; }
#endif

  std::vector<std::int64_t> samples_;
  double ns_per_tick_ = 1.0;
  std::int64_t floor_ticks_ = 0;
  std::int64_t start_ = 0;
};

}  // namespace aegis::executor
