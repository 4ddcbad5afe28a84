// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace aegis::benchmarks {

// p50, p99 and max of one repetition, in nanoseconds.
struct Summary {
  double p50 = 0;
  double p99 = 0;
  double max = 0;
  std::size_t count = 0;
};

// Nanoseconds of one repetition. Room is taken, and touched, before measuring, so that adding a
// sample takes no page fault; samples beyond it are dropped.
class Samples {
 public:
  explicit Samples(std::size_t most) : ns_(most) { ns_.clear(); }

  void add(double ns) noexcept {
    if (ns_.size() < ns_.capacity()) ns_.push_back(ns);
  }
  [[nodiscard]] std::size_t size() const noexcept { return ns_.size(); }

  // Sorts. Percentiles are samples, not interpolations (nearest rank): the smallest sample that at
  // least such a share of all is not above.
  [[nodiscard]] Summary summary() {
    if (ns_.empty()) return {};
    std::sort(ns_.begin(), ns_.end());
    const auto at = [this](double share) {
      const double rank = std::ceil(share * static_cast<double>(ns_.size()));
      return ns_[static_cast<std::size_t>(rank) - 1];
    };
    return {.p50 = at(0.50), .p99 = at(0.99), .max = ns_.back(), .count = ns_.size()};
  }

 private:
  std::vector<double> ns_;
};

}  // namespace aegis::benchmarks
