// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latency_histogram.h"

#include <cmath>

namespace aegis::executor {
namespace {

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? ~std::uint64_t{0} : sum;
}

Duration clamped(std::uint64_t ns) noexcept {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return Duration::nanoseconds(static_cast<std::int64_t>(std::min(ns, kMost)));
}

// The rank of the sample asked for, from 1 to count. A share whose product with the count lies
// within rounding of an integer means that integer: 0.99 of 100 is 99, not 100.
std::uint64_t nearest_rank(double q, std::uint64_t count) noexcept {
  const double share = q >= 0 ? std::min(q, 1.0) : 0.0;  // not a number: the smallest
  const double exact = share * static_cast<double>(count);
  constexpr double kRounding = 1e-12;
  const double rank = std::ceil(exact * (1 - kRounding));
  // Beyond 2^53 a double may round up past the count.
  if (rank >= static_cast<double>(count)) return count;
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
}

}  // namespace

Duration HistogramSnapshot::min() const noexcept {
  return count_ == 0 ? Duration::zero() : Duration::nanoseconds(min_ns_);
}

Duration HistogramSnapshot::sum() const noexcept {
  return clamped(sum_ns_);
}

Duration HistogramSnapshot::mean() const noexcept {
  if (count_ == 0) return Duration::zero();
  return std::clamp(clamped(sum_ns_ / count_), min(), max());
}

Duration HistogramSnapshot::quantile(double q) const noexcept {
  if (count_ == 0) return Duration::zero();
  const std::uint64_t rank = nearest_rank(q, count_);
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket + 1 < buckets_.size(); ++bucket) {
    passed += buckets_[bucket];
    if (passed >= rank) {
      return std::min(Duration::nanoseconds(LatencyBuckets::upper_ns(bucket)), max());
    }
  }
  return max();  // the last bucket has no upper edge
}

void HistogramSnapshot::merge(const HistogramSnapshot& other) noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  uncertain_ += other.uncertain_;
  negative_ += other.negative_;
  sum_ns_ = saturating_sum(sum_ns_, other.sum_ns_);
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

}  // namespace aegis::executor
