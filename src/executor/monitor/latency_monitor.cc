// SPDX-License-Identifier: Apache-2.0
#include "latency_monitor.h"

#include <algorithm>
#include <string>

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

void ExecutionEvidence::merge(const ExecutionEvidence& other) noexcept {
  samples += other.samples;
  disturbed += other.disturbed;
  maximum = std::max(maximum, other.maximum);
  undisturbed_maximum = std::max(undisturbed_maximum, other.undisturbed_maximum);
}

std::optional<WcetEstimate> ExecutionEvidence::estimate() const noexcept {
  if (samples < kLeastSamples) return std::nullopt;
  const bool rare = disturbed * kMostLeftOut <= samples;
  const Duration longest = rare ? undisturbed_maximum : maximum;
  return WcetEstimate{.estimate = with_margin(longest),
                      .observed_maximum = longest,
                      .samples = rare ? samples - disturbed : samples};
}

ExecutionEvidence LatencyMonitor::evidence() const noexcept {
  return {.samples = execution_.count(),
          .disturbed = value_of(disturbed_),
          .maximum = execution_.max(),
          .undisturbed_maximum = Duration::nanoseconds(undisturbed_max_ns_.value())};
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

KindStats kind_stats(std::string_view name, std::optional<Duration> declared_wcet,
                     std::span<const LatencyMonitor* const> monitors) {
  // One latency at a time: a snapshot takes 10 KB.
  const auto merged = [&](const LatencyHistogram& (LatencyMonitor::*which)() const) {
    HistogramSnapshot all;
    for (const LatencyMonitor* monitor : monitors) all.merge((monitor->*which)().snapshot());
    return LatencySummary::of(all);
  };
  KindStats kind{.name = std::string(name), .declared_wcet = declared_wcet};
  kind.latencies = {.wake_up = merged(&LatencyMonitor::wake_up),
                    .queueing = merged(&LatencyMonitor::queueing),
                    .execution = merged(&LatencyMonitor::execution),
                    .response = merged(&LatencyMonitor::response)};
  ExecutionEvidence evidence;
  for (const LatencyMonitor* monitor : monitors) {
    kind.jobs.merge(monitor->counters());
    evidence.merge(monitor->evidence());
  }
  kind.wcet_estimate = evidence.estimate();
  return kind;
}

}  // namespace aegis::executor
