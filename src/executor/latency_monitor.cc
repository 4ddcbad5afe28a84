// SPDX-License-Identifier: Apache-2.0
#include "latency_monitor.h"

#include <algorithm>

namespace aegis::executor {
namespace {

constexpr std::uint64_t kMostLeftOut = 200;  // one in so many

// Times 1.2, rounded up; the margin of the profiler (scheduler::ProfilerOptions).
Duration with_margin(Duration maximum) noexcept {
  constexpr std::int64_t kFifth = 5;
  const Duration margin = Duration::nanoseconds(maximum.ns() / kFifth + 1);
  return Duration::checked_add(maximum, margin).value_or(Duration::max());
}

std::uint64_t value_of(const Counter& counter) noexcept {
  return static_cast<std::uint64_t>(counter.value());
}

}  // namespace

std::optional<WcetEstimate> LatencyMonitor::estimate_wcet() const noexcept {
  const std::uint64_t samples = execution_.count();
  if (samples < kLeastSamples) return std::nullopt;
  const std::uint64_t disturbed = std::min(value_of(disturbed_), samples);
  const bool rare = disturbed * kMostLeftOut <= samples;
  const Duration maximum =
      rare ? Duration::nanoseconds(undisturbed_max_ns_.value()) : execution_.max();
  return WcetEstimate{.estimate = with_margin(maximum),
                      .observed_maximum = maximum,
                      .samples = rare ? samples - disturbed : samples};
}

JobCounters LatencyMonitor::counters() const noexcept {
  JobCounters jobs{.completed = value_of(completed_),
                   .failed = value_of(failed_),
                   .cancelled = value_of(cancelled_),
                   .refused = value_of(refused_),
                   .overruns = value_of(overruns_),
                   .over_latency_budget = value_of(over_latency_budget_)};
  for (std::size_t i = 0; i < kMissCauseCount; ++i) {
    jobs.missed_by_cause.at(i) = value_of(missed_by_cause_.at(i));
    jobs.missed += jobs.missed_by_cause.at(i);
  }
  return jobs;
}

}  // namespace aegis::executor
