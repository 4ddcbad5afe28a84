// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// How lengths of time fall into buckets: exactly up to 63 ns, then 32 buckets to each power of two,
// the log-linear layout of Tene's HdrHistogram (2012).
//
//   bucket   0    1  ...   63 |   64    ...   95  |   96    ...   127  | ...
//   holds    0    1  ...   63 |  64-65  ...126-127| 128-131 ...252-255 | ...
//
// Above 63 ns a bucket of the octave [2^k, 2^(k+1)) is 2^(k-5) wide, so its upper edge exceeds no
// value v in it by v/32 or more: whoever answers with the upper edge is never too low and less than
// 1/32 (3.2 %) too high.
struct LatencyBuckets {
  // 5 bits below the leading one: 32 buckets an octave. One bit more would halve the error and
  // double the memory; 3.2 % lies below what two runs on one machine differ by.
  static constexpr unsigned kBitsKept = 5;
  static constexpr std::int64_t kPerOctave = std::int64_t{1} << kBitsKept;
  // Values from 2^42 ns (73 minutes) on share the last bucket. No latency of a scheduler that lives
  // is longer, and the largest one is known exactly all the same.
  static constexpr unsigned kRangeBits = 42;
  static constexpr std::int64_t kRangeEnd_ns = std::int64_t{1} << kRangeBits;
  static constexpr std::size_t kCount =
      static_cast<std::size_t>(kPerOctave) * (kRangeBits - kBitsKept + 1);

  // The bucket of a length; less than nothing counts as nothing. O(1).
  [[nodiscard]] static constexpr std::size_t of(std::int64_t ns) noexcept {
    const auto value =
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(ns, 0, kRangeEnd_ns - 1));
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned cut = width > kBitsKept + 1 ? width - kBitsKept - 1 : 0;
    return static_cast<std::size_t>(cut) * kPerOctave + static_cast<std::size_t>(value >> cut);
  }
  // The smallest and the largest length in a bucket below kCount. O(1).
  [[nodiscard]] static constexpr std::int64_t lower_ns(std::size_t bucket) noexcept {
    const auto index = static_cast<std::int64_t>(bucket);
    if (index < 2 * kPerOctave) return index;
    const std::int64_t cut = index / kPerOctave - 1;
    return (index - cut * kPerOctave) << cut;
  }
  [[nodiscard]] static constexpr std::int64_t upper_ns(std::size_t bucket) noexcept {
    return lower_ns(bucket + 1) - 1;
  }
};

// What a histogram held: a value, without threads. 10 KB.
//
// Taken while somebody records, it is no exact cut, but says how far from one it may be: let
// `before` be the records that had ended when the snapshot began and `after` those that had begun
// when it ended. Then
//
//   before <= count() <= after, uncertain() = after - before,
//   every record of `before` is in each figure, and none after `after` is in any,
//   min() <= each counted sample <= max().
//
// uncertain() = 0 means that nobody recorded meanwhile: all figures are exact and of one instant.
class HistogramSnapshot {
 public:
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t uncertain() const noexcept { return uncertain_; }
  // Samples below zero: a clock went back, or two clocks disagree. Counted as samples of zero too.
  [[nodiscard]] std::uint64_t negative() const noexcept { return negative_; }
  // Exact, not a bucket's edge. Zero when there are no samples.
  [[nodiscard]] Duration min() const noexcept;
  [[nodiscard]] Duration max() const noexcept { return Duration::nanoseconds(max_ns_); }
  // Of all samples, saturating (at 292 years).
  [[nodiscard]] Duration sum() const noexcept;
  // Rounded down; within [min, max].
  [[nodiscard]] Duration mean() const noexcept;

  // The nearest-rank quantile: the smallest sample that a share `q` of all samples do not exceed,
  // as its bucket's upper edge, at most max(): never below the true one and less than 1/32 above
  // it, and exactly max() for samples out of range. `q` is taken into [0, 1]; zero when there are
  // no samples. O(buckets).
  [[nodiscard]] Duration quantile(double q) const noexcept;

  // Samples in one bucket, of LatencyBuckets.
  [[nodiscard]] std::uint64_t in_bucket(std::size_t bucket) const noexcept {
    return buckets_.at(bucket);
  }

  // As if both had been recorded into one. Commutative and associative. O(buckets).
  void merge(const HistogramSnapshot& other) noexcept;
  bool operator==(const HistogramSnapshot&) const = default;

 private:
  template <class Protocol>
  friend class BasicLatencyHistogram;

  std::array<std::uint64_t, LatencyBuckets::kCount> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t uncertain_ = 0;
  std::uint64_t negative_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::int64_t min_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ns_ = 0;
};

// The order in which a record becomes visible. Anything else is wrong; the tests hold the wrong
// twins, which also dawdle between the steps.
struct ExtremesBucketEnd {
  static constexpr bool kExtremesBeforeBucket = true;
  static constexpr bool kEndAfterBucket = true;
  // Nothing; a test's twin waits here.
  static void between_steps() noexcept {}
};

// Latencies as one thread records them and any thread reads them, without a lock and without
// stopping anyone. 10 KB, touched at construction.
//
//   LatencyHistogram response;                      // owned by the worker
//   response.record(end - arrival);                 // the worker, some 2 ns
//   const HistogramSnapshot now = response.snapshot();   // anybody
//   now.quantile(0.99);
//
// Invariants:
// 1. Only the recording thread stores, so a load and a store suffice; no locked instruction.
// 2. begun_ is stored before a record's figures and ended_ after them, each with release, and a
//    reader loads with acquire, ended_ first and begun_ last (the order of a sequence lock; Boehm
//    2012, "Can seqlocks get along with programming language memory models?"). So the figures hold
//    every record that ended_ counted, and none that begun_ did not.
// 3. Extremes are stored before the bucket and read after it: no bucket holds a sample beyond them.
// 4. 2^64 records at 2 ns apiece take 1,100 years: no counter wraps.
template <class Protocol = ExtremesBucketEnd>
class BasicLatencyHistogram {
 public:
  BasicLatencyHistogram() noexcept = default;

  // The one writer. Real-time: wait-free, some ten loads and stores; neither allocates nor locks.
  // A length below zero counts as zero, and apart (negative()).
  void record(Duration latency) noexcept {
    const std::uint64_t number = begun_.load(std::memory_order_relaxed) + 1;
    begun_.store(number, std::memory_order_relaxed);
    if constexpr (!Protocol::kEndAfterBucket) ended_.store(number, std::memory_order_release);
    if (latency < Duration::zero()) [[unlikely]]
      add(negative_, 1);
    const std::int64_t ns = std::max<std::int64_t>(latency.ns(), 0);
    if constexpr (Protocol::kExtremesBeforeBucket) extend_extremes(ns);
    add(sum_ns_, static_cast<std::uint64_t>(ns));
    Protocol::between_steps();
    add(buckets_[LatencyBuckets::of(ns)], 1);
    Protocol::between_steps();
    if constexpr (!Protocol::kExtremesBeforeBucket) extend_extremes(ns);
    if constexpr (Protocol::kEndAfterBucket) ended_.store(number, std::memory_order_release);
  }

  // Any thread. Never waits for the writer: tries a few times for an exact cut, then takes what it
  // has. About 0.5 µs an attempt. Lock-free, allocates nothing; 10 KB of stack.
  [[nodiscard]] HistogramSnapshot snapshot() const noexcept {
    HistogramSnapshot taken = read_once();
    for (int attempt = 1; attempt < kAttempts && taken.uncertain_ != 0; ++attempt) {
      taken = read_once();
    }
    return taken;
  }

  // Any thread; one load each. Records that have ended, and the largest sample, exactly.
  [[nodiscard]] std::uint64_t count() const noexcept {
    return ended_.load(std::memory_order_acquire);
  }
  [[nodiscard]] Duration max() const noexcept {
    return Duration::nanoseconds(max_ns_.load(std::memory_order_relaxed));
  }

 private:
  // A writer that records once in 10 µs leaves room for a reading of 0.5 µs most of the time, so
  // four attempts find it; one that records without pause leaves none however often one tries.
  static constexpr int kAttempts = 4;

  static void add(std::atomic<std::uint64_t>& figure, std::uint64_t amount) noexcept {
    const std::uint64_t before = figure.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    if (__builtin_add_overflow(before, amount, &after)) after = ~std::uint64_t{0};
    figure.store(after, std::memory_order_release);
  }
  void extend_extremes(std::int64_t ns) noexcept {
    if (ns > max_ns_.load(std::memory_order_relaxed)) max_ns_.store(ns, std::memory_order_release);
    if (ns < min_ns_.load(std::memory_order_relaxed)) min_ns_.store(ns, std::memory_order_release);
  }
  [[nodiscard]] HistogramSnapshot read_once() const noexcept {
    HistogramSnapshot taken;
    const std::uint64_t before = ended_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      taken.buckets_[i] = buckets_[i].load(std::memory_order_acquire);
      taken.count_ += taken.buckets_[i];
    }
    taken.negative_ = negative_.load(std::memory_order_acquire);
    taken.sum_ns_ = sum_ns_.load(std::memory_order_acquire);
    taken.min_ns_ = min_ns_.load(std::memory_order_acquire);
    taken.max_ns_ = max_ns_.load(std::memory_order_acquire);
    taken.uncertain_ = begun_.load(std::memory_order_relaxed) - before;
    return taken;
  }

  // The hot figures share lines of their own; a record touches these two and one of the buckets.
  alignas(kCacheLine) std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> ended_{0};
  std::atomic<std::uint64_t> sum_ns_{0};
  std::atomic<std::uint64_t> negative_{0};
  std::atomic<std::int64_t> min_ns_{std::numeric_limits<std::int64_t>::max()};
  std::atomic<std::int64_t> max_ns_{0};
  std::array<std::atomic<std::uint64_t>, LatencyBuckets::kCount> buckets_{};
};

// What the workers use.
using LatencyHistogram = BasicLatencyHistogram<>;

}  // namespace aegis::executor
