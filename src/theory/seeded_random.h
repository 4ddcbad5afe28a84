// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "aegis/base/time.h"

namespace aegis::theory {

// SplitMix64 (Steele, Lea, Flood 2014): the standard library's distributions differ between
// implementations, and a seed must mean the same schedule everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [low, high] but for a bias below 2^-3 per cent at one year.
  Duration between(Duration low, Duration high) {
    const auto width = static_cast<std::uint64_t>((high - low).ns()) + 1;
    return low + Duration::nanoseconds(static_cast<std::int64_t>(next() % width));
  }
  // Uniform in [0, count); count > 0.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  bool with_percent(std::uint32_t percent) { return next() % 100 < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace aegis::theory
