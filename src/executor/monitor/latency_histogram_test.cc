// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latency_histogram.h"

#include <atomic>
#include <cmath>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

// 64, 65 -> bucket 64; 66 -> 65; 127 -> 95; 128..131 -> 96.
TEST(LatencyBuckets, known_answers) {
  for (std::int64_t ns = 0; ns < 64; ++ns) {
    EXPECT_EQ(LatencyBuckets::of(ns), static_cast<std::size_t>(ns));
  }
  EXPECT_EQ(LatencyBuckets::of(64), 64U);
  EXPECT_EQ(LatencyBuckets::of(65), 64U);
  EXPECT_EQ(LatencyBuckets::of(66), 65U);
  EXPECT_EQ(LatencyBuckets::of(127), 95U);
  EXPECT_EQ(LatencyBuckets::of(128), 96U);
  EXPECT_EQ(LatencyBuckets::of(131), 96U);
  EXPECT_EQ(LatencyBuckets::of(132), 97U);
  EXPECT_EQ(LatencyBuckets::of(LatencyBuckets::kRangeEnd_ns - 1), LatencyBuckets::kCount - 1);
  EXPECT_EQ(LatencyBuckets::of(LatencyBuckets::kRangeEnd_ns), LatencyBuckets::kCount - 1);
  EXPECT_EQ(LatencyBuckets::of(INT64_MAX), LatencyBuckets::kCount - 1);
  EXPECT_EQ(LatencyBuckets::of(INT64_MIN), 0U);
}

// Every bucket: its edges are in it, its neighbours' are not, and no edge is 1/32 or more too high.
TEST(LatencyBuckets, tile_the_range_within_a_thirty_second) {
  std::int64_t next = 0;
  for (std::size_t bucket = 0; bucket < LatencyBuckets::kCount; ++bucket) {
    const std::int64_t lower = LatencyBuckets::lower_ns(bucket);
    const std::int64_t upper = LatencyBuckets::upper_ns(bucket);
    ASSERT_EQ(lower, next) << bucket;
    ASSERT_LE(lower, upper);
    ASSERT_EQ(LatencyBuckets::of(lower), bucket);
    ASSERT_EQ(LatencyBuckets::of(upper), bucket);
    // (upper - lower) / lower < 1/32, in integers; lower is where the ratio is worst.
    ASSERT_TRUE(upper == lower || 32 * (upper - lower) < lower) << bucket;
    next = upper + 1;
  }
  EXPECT_EQ(next, LatencyBuckets::kRangeEnd_ns);
}

std::unique_ptr<LatencyHistogram> recorded(const std::vector<std::int64_t>& samples) {
  auto histogram = std::make_unique<LatencyHistogram>();
  for (const std::int64_t ns : samples) histogram->record(Duration::nanoseconds(ns));
  return histogram;
}

HistogramSnapshot snapshot_of(const std::vector<std::int64_t>& samples) {
  return recorded(samples)->snapshot();
}

std::vector<std::int64_t> log_uniform(std::mt19937_64& random, std::size_t count) {
  std::uniform_real_distribution<double> exponent(0, 41.9);
  std::vector<std::int64_t> samples(count);
  for (auto& ns : samples) ns = static_cast<std::int64_t>(std::exp2(exponent(random)));
  return samples;
}

TEST(LatencyHistogram, without_samples_says_zero) {
  const HistogramSnapshot empty = snapshot_of({});
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.min(), 0_ns);
  EXPECT_EQ(empty.max(), 0_ns);
  EXPECT_EQ(empty.mean(), 0_ns);
  EXPECT_EQ(empty.quantile(0.99), 0_ns);
  EXPECT_EQ(empty, HistogramSnapshot{});
}

TEST(LatencyHistogram, count_min_max_sum_and_mean_are_exact) {
  const HistogramSnapshot taken = snapshot_of({1'000'001, 7, 123'456'789});
  EXPECT_EQ(taken.count(), 3U);
  EXPECT_EQ(taken.uncertain(), 0U);
  EXPECT_EQ(taken.min(), 7_ns);
  EXPECT_EQ(taken.max(), 123'456'789_ns);
  EXPECT_EQ(taken.sum(), 124'456'797_ns);
  EXPECT_EQ(taken.mean(), 41'485'599_ns);
}

TEST(LatencyHistogram, below_zero_counts_as_zero_and_apart) {
  const HistogramSnapshot taken = snapshot_of({-5, 3, INT64_MIN});
  EXPECT_EQ(taken.count(), 3U);
  EXPECT_EQ(taken.negative(), 2U);
  EXPECT_EQ(taken.in_bucket(0), 2U);
  EXPECT_EQ(taken.min(), 0_ns);
  EXPECT_EQ(taken.sum(), 3_ns);
}

TEST(LatencyHistogram, beyond_the_range_the_maximum_stays_exact) {
  const std::int64_t day = 86'400'000'000'000;
  const HistogramSnapshot taken = snapshot_of({5, day, day + 1});
  EXPECT_EQ(taken.in_bucket(LatencyBuckets::kCount - 1), 2U);
  EXPECT_EQ(taken.max().ns(), day + 1);
  EXPECT_EQ(taken.quantile(0.5).ns(), day + 1);  // never too low
  EXPECT_EQ(taken.quantile(0.1), 5_ns);
}

TEST(LatencyHistogram, sums_saturate) {
  const HistogramSnapshot taken = snapshot_of({INT64_MAX, INT64_MAX, INT64_MAX});
  EXPECT_EQ(taken.sum(), Duration::max());
  EXPECT_LE(taken.mean(), taken.max());
  EXPECT_GE(taken.mean(), taken.min());
}

// Nearest rank: of ten samples the 0.9 quantile is the ninth, of a hundred the 0.99 the 99th.
TEST(LatencyHistogram, quantiles_take_the_nearest_rank) {
  std::vector<std::int64_t> ten(10);
  for (std::size_t i = 0; i < ten.size(); ++i) ten[i] = static_cast<std::int64_t>(i) + 1;
  const HistogramSnapshot taken = snapshot_of(ten);
  EXPECT_EQ(taken.quantile(0), 1_ns);
  EXPECT_EQ(taken.quantile(-3), 1_ns);
  EXPECT_EQ(taken.quantile(std::nan("")), 1_ns);
  EXPECT_EQ(taken.quantile(0.1), 1_ns);
  EXPECT_EQ(taken.quantile(0.11), 2_ns);
  EXPECT_EQ(taken.quantile(0.9), 9_ns);
  EXPECT_EQ(taken.quantile(0.91), 10_ns);
  EXPECT_EQ(taken.quantile(1), 10_ns);
  EXPECT_EQ(taken.quantile(7), 10_ns);
}

// Against the naive answer: sort, and index by exact integer arithmetic.
TEST(LatencyHistogram, quantiles_agree_with_sorted_samples) {
  std::mt19937_64 random(7);
  for (const std::size_t count : {1U, 2U, 3U, 10U, 99U, 100U, 101U, 1000U, 4321U}) {
    std::vector<std::int64_t> samples = log_uniform(random, count);
    const HistogramSnapshot taken = snapshot_of(samples);
    std::sort(samples.begin(), samples.end());
    for (std::size_t per_mille = 0; per_mille <= 1000; ++per_mille) {
      const std::size_t rank = std::max<std::size_t>((count * per_mille + 999) / 1000, 1);
      const std::int64_t truth = samples[rank - 1];
      const std::int64_t told = taken.quantile(static_cast<double>(per_mille) / 1000).ns();
      ASSERT_GE(told, truth) << count << " samples, " << per_mille << " per mille";
      ASSERT_TRUE(told == truth || 32 * (told - truth) < truth) << told << " for " << truth;
    }
  }
}

TEST(LatencyHistogram, merging_is_recording_into_one_in_any_order_and_grouping) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::int64_t> all;
    std::vector<HistogramSnapshot> parts;
    for (std::size_t part = 0; part < 3; ++part) {
      std::vector<std::int64_t> samples = log_uniform(random, random() % 50);
      if (round % 5 == 0) samples.push_back(INT64_MAX);  // sums that saturate
      if (round % 7 == 0) samples.push_back(-1);
      all.insert(all.end(), samples.begin(), samples.end());
      parts.push_back(snapshot_of(samples));
    }
    HistogramSnapshot left = parts[0];
    left.merge(parts[1]);
    left.merge(parts[2]);
    HistogramSnapshot right = parts[2];
    right.merge(parts[1]);
    HistogramSnapshot grouped = parts[0];
    grouped.merge(right);
    ASSERT_EQ(left, grouped);
    right.merge(parts[0]);
    ASSERT_EQ(left, right);
    ASSERT_EQ(left, snapshot_of(all));
    left.merge(HistogramSnapshot{});
    ASSERT_EQ(left, right);
  }
}

// The writer records 1, 2, 3, ...: the n-th sample is n, so that a snapshot tells which records are
// in it. Counts what breaks the snapshot's promise:
//
//   records ended before it <= count <= records begun by its end, each sample within [min, max],
//   the sum holds at least the records before and at most those after.
//
// Goes on until there have been so many records, and so many snapshots between which something was
// recorded.
struct Extent {
  std::uint64_t records = 0;
  std::uint64_t snapshots = 0;
};
template <class Histogram>
std::uint64_t count_broken_snapshots(Extent extent) {
  const auto histogram = std::make_unique<Histogram>();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> snapshots{0};
  std::thread writer([&] {
    const auto enough = [&](std::uint64_t n) {
      return n > extent.records && snapshots > extent.snapshots;
    };
    for (std::uint64_t n = 1; !stop.load(std::memory_order_relaxed) && !enough(n); ++n) {
      histogram->record(Duration::nanoseconds(static_cast<std::int64_t>(n)));
    }
    stop = true;
  });
  std::uint64_t broken = 0;
  std::uint64_t before_last = 0;
  std::uint64_t turns = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint64_t before = histogram->count();
    const HistogramSnapshot taken = histogram->snapshot();
    const std::uint64_t after = histogram->count() + 1;  // one may have begun
    if (before != before_last) ++snapshots;
    before_last = before;
    if (++turns % 16 == 0) std::this_thread::yield();  // there may be one processor only
    bool holds = before <= taken.count() && taken.count() <= after;
    const auto sum = static_cast<std::uint64_t>(taken.sum().ns());
    holds &= before * (before + 1) / 2 <= sum && sum <= after * (after + 1) / 2;
    holds &= taken.max().ns() >= static_cast<std::int64_t>(taken.count());  // the count-th is in it
    for (std::size_t bucket = 0; taken.count() > 0 && bucket < LatencyBuckets::kCount; ++bucket) {
      if (taken.in_bucket(bucket) == 0) continue;
      holds &= LatencyBuckets::lower_ns(bucket) <= taken.max().ns() &&
               LatencyBuckets::upper_ns(bucket) >= taken.min().ns();
    }
    if (!holds && ++broken > 10) stop = true;  // caught
  }
  writer.join();
  return broken;
}

TEST(LatencyHistogramStress, snapshots_taken_while_recording_keep_their_promise) {
  EXPECT_EQ(count_broken_snapshots<LatencyHistogram>({2'000'000, 200}), 0U);
}

struct Dawdling : ExtremesBucketEnd {
  // About as long as a snapshot takes under ThreadSanitizer, so that one falls into the gap.
  static void between_steps() noexcept {
    for (int i = 0; i < 50; ++i) std::this_thread::yield();
  }
};
struct EndBeforeBucket : Dawdling {
  static constexpr bool kEndAfterBucket = false;
};
struct BucketBeforeExtremes : Dawdling {
  static constexpr bool kExtremesBeforeBucket = false;
};

TEST(LatencyHistogramStress, catches_the_wrong_twins) {
  EXPECT_GT(count_broken_snapshots<BasicLatencyHistogram<EndBeforeBucket>>({0, 200}), 0U);
  EXPECT_GT(count_broken_snapshots<BasicLatencyHistogram<BucketBeforeExtremes>>({0, 200}), 0U);
  EXPECT_EQ(count_broken_snapshots<BasicLatencyHistogram<Dawdling>>({0, 20}), 0U);  // harmless
}

// A snapshot of a histogram at rest is exact and says so, whatever happened before.
TEST(LatencyHistogramStress, at_rest_the_snapshot_is_exact) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  std::thread writer([&] {
    for (int i = 0; i < 100'000; ++i) histogram->record(Duration::nanoseconds(i));
  });
  while (histogram->count() < 100'000) (void)histogram->snapshot();
  writer.join();
  const HistogramSnapshot taken = histogram->snapshot();
  EXPECT_EQ(taken.count(), 100'000U);
  EXPECT_EQ(taken.uncertain(), 0U);
  EXPECT_EQ(taken.max(), 99'999_ns);
}

}  // namespace
}  // namespace aegis::executor
