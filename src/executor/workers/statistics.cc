// SPDX-License-Identifier: Apache-2.0
//
// NanosecondScheduler: what its monitors know, as values.
#include <algorithm>

#include "scheduler_core.h"
#include "thread_usage.h"

namespace aegis::executor {
namespace {

void add(JobCounters& sum, const JobCounters& more) {
  sum.completed += more.completed;
  sum.failed += more.failed;
  sum.cancelled += more.cancelled;
  sum.refused += more.refused;
  sum.missed += more.missed;
  sum.overruns += more.overruns;
  sum.over_latency_budget += more.over_latency_budget;
  for (std::size_t i = 0; i < kMissCauseCount; ++i) {
    sum.missed_by_cause[i] += more.missed_by_cause[i];
  }
}

// Several monitors as if they had been one.
class Merged {
 public:
  void add(const LatencyMonitor& monitor) {
    queueing_.merge(monitor.queueing().snapshot());
    execution_.merge(monitor.execution().snapshot());
    response_.merge(monitor.response().snapshot());
    executor::add(jobs_, monitor.counters());
  }
  [[nodiscard]] JobLatencies latencies() const {
    return {.wake_up = {},
            .queueing = LatencySummary::of(queueing_),
            .execution = LatencySummary::of(execution_),
            .response = LatencySummary::of(response_)};
  }
  [[nodiscard]] const JobCounters& jobs() const { return jobs_; }

 private:
  HistogramSnapshot queueing_, execution_, response_;
  JobCounters jobs_;
};

// Of the workers that ran the kind, the estimate that bounds all of theirs; nothing as long as none
// has enough samples.
std::optional<WcetEstimate> estimate_of(const KindState& kind) {
  std::optional<WcetEstimate> largest;
  for (const auto& monitor : kind.monitors) {
    const auto estimate = monitor->estimate_wcet();
    if (!estimate) continue;
    if (!largest) {
      largest = estimate;
      continue;
    }
    largest->samples += estimate->samples;
    largest->estimate = std::max(largest->estimate, estimate->estimate);
    largest->observed_maximum = std::max(largest->observed_maximum, estimate->observed_maximum);
  }
  return largest;
}

std::string clock_in_words(const TscClock* own) {
  if (own == nullptr) return "given";
  const TscState state = own->state();
  return state.source == TscState::Source::kCounter ? "calibrated TSC" : "CLOCK_MONOTONIC";
}

}  // namespace

WorkerStats NanosecondScheduler::Core::statistics_of(std::size_t worker, TimePoint now) const {
  Merged merged;
  for (std::size_t k = 0; k < state.kinds.size(); ++k) merged.add(*state.kinds[k].monitors[worker]);
  const WorkerPlan& plan = plans_[worker];
  const WorkerBooks& books = *books_[worker];
  const WaitTime waited = threads_[worker]->time_spent();
  WorkerStats stats;
  stats.group = to_string(plan.settings.group);
  stats.worker = plan.settings.in_group;
  stats.cpu = plan.thread.cpu;
  const bool granted = threads_[worker]->grant().real_time;
  stats.scheduling_class = granted ? plan.class_in_words : "SCHED_OTHER";
  stats.latencies = merged.latencies();
  stats.latencies.wake_up = LatencySummary::of(books.wake_up().snapshot());
  stats.jobs = merged.jobs();
  stats.stolen_by_balancing = static_cast<std::uint64_t>(state.ports[worker]->taken_over.value());
  const Duration lived = now - since_;
  stats.time.working = books.working();
  stats.time.spinning = waited.spinning;
  stats.time.sleeping = waited.sleeping;
  const Duration known = stats.time.working + waited.spinning + waited.sleeping;
  stats.time.other = std::max(lived - known, Duration::zero());
  if (const auto usage = thread_usage_of(threads_[worker]->id())) stats.usage = *usage;
  stats.lost = books.supply().read();
  return stats;
}

LatencyStats NanosecondScheduler::Core::statistics() const {
  LatencyStats stats;
  stats.taken = state.clock.now();
  stats.since = since_;
  stats.clock = clock_in_words(own_clock.get());
  stats.degraded = degraded();
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    stats.workers.push_back(statistics_of(i, stats.taken));
  }
  for (std::size_t k = 0; k < state.kinds.size(); ++k) {
    const KindState& kind = state.kinds[k];
    Merged merged;
    for (const auto& monitor : kind.monitors) merged.add(*monitor);
    KindStats of_kind;
    of_kind.name = kind.config.name;
    of_kind.latencies = merged.latencies();
    of_kind.jobs = merged.jobs();
    if (kind.wcet > Duration::zero()) of_kind.declared_wcet = kind.wcet;
    of_kind.wcet_estimate = estimate_of(kind);
    stats.kinds.push_back(std::move(of_kind));
  }
  return stats;
}

std::optional<WcetEstimate> NanosecondScheduler::Core::estimated_wcet(TaskKind kind) const {
  if (kind.index >= state.kinds.size()) return std::nullopt;
  return estimate_of(state.kinds[kind.index]);
}

}  // namespace aegis::executor
