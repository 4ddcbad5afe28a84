// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latency_stats.h"

namespace aegis::executor {
namespace {

double share(double part, double whole) noexcept {
  return whole > 0 ? part / whole : 0;
}

}  // namespace

LatencySummary LatencySummary::of(const HistogramSnapshot& snapshot) noexcept {
  constexpr double kHalf = 0.5;
  constexpr double kNinetyNinePercent = 0.99;
  constexpr double kAllButOneInAThousand = 0.999;
  const Duration p99 = snapshot.quantile(kNinetyNinePercent);
  return {.count = snapshot.count(),
          .min = snapshot.min(),
          .mean = snapshot.mean(),
          .p50 = snapshot.quantile(kHalf),
          .p99 = p99,
          .p999 = snapshot.quantile(kAllButOneInAThousand),
          .max = snapshot.max(),
          .jitter = p99 - snapshot.min(),
          .sum = snapshot.sum(),
          .negative = snapshot.negative()};
}

void JobCounters::merge(const JobCounters& other) noexcept {
  completed += other.completed;
  failed += other.failed;
  cancelled += other.cancelled;
  refused += other.refused;
  missed += other.missed;
  for (std::size_t i = 0; i < kMissCauseCount; ++i) {
    missed_by_cause.at(i) += other.missed_by_cause.at(i);
  }
  overruns += other.overruns;
  over_latency_budget += other.over_latency_budget;
}

double JobCounters::miss_rate() const noexcept {
  return share(static_cast<double>(missed), static_cast<double>(ended()));
}

double WorkerTime::utilisation() const noexcept {
  return share(working.seconds_as_double(), total().seconds_as_double());
}

double WorkerTime::spin_share() const noexcept {
  return share(spinning.seconds_as_double(), total().seconds_as_double());
}

double LatencyStats::miss_rate() const noexcept {
  std::uint64_t missed = 0;
  std::uint64_t ended = 0;
  for (const WorkerStats& worker : workers) {
    missed += worker.jobs.missed;
    ended += worker.jobs.ended();
  }
  return share(static_cast<double>(missed), static_cast<double>(ended));
}

}  // namespace aegis::executor
