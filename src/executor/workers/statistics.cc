// SPDX-License-Identifier: Apache-2.0
//
// NanosecondScheduler: what its monitors know, as values.
#include <algorithm>
#include <vector>

#include "monitor/thread_usage.h"
#include "scheduler_core.h"

namespace aegis::executor {
WorkerStats NanosecondScheduler::Core::statistics_of(std::size_t worker, TimePoint now) const {
  std::vector<const LatencyMonitor*> all;
  for (std::size_t k = 0; k < state.kinds.size(); ++k) {
    all.push_back(state.kinds[k].monitors[worker].get());
  }
  const KindStats together = kind_stats({}, std::nullopt, all);
  const WorkerPlan& plan = plans_[worker];
  const WorkerBooks& books = *books_[worker];
  const WaitTime waited = threads_[worker]->time_spent();
  WorkerStats stats;
  stats.group = to_string(plan.settings.group);
  stats.worker = plan.settings.in_group;
  stats.cpu = plan.thread.cpu;
  const bool granted = threads_[worker]->grant().real_time;
  stats.scheduling_class = granted ? plan.class_in_words : "SCHED_OTHER";
  stats.latencies = together.latencies;
  stats.latencies.wake_up = LatencySummary::of(books.wake_up().snapshot());
  stats.jobs = together.jobs;
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
  stats.clock = own_clock ? to_string(own_clock->state().source) : "given";
  stats.degraded = degraded();
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    stats.workers.push_back(statistics_of(i, stats.taken));
  }
  for (std::size_t k = 0; k < state.kinds.size(); ++k) {
    stats.kinds.push_back(statistics_of(state.kinds[k]));
  }
  return stats;
}

KindStats NanosecondScheduler::Core::statistics_of(const KindState& kind) const {
  std::vector<const LatencyMonitor*> all;
  for (const auto& monitor : kind.monitors) all.push_back(monitor.get());
  const bool declared = kind.wcet > Duration::zero();
  KindStats stats =
      kind_stats(kind.config.name, declared ? std::optional(kind.wcet) : std::nullopt, all);
  const std::int64_t never_ran = kind.never_ran.load(std::memory_order_relaxed);
  stats.jobs.cancelled += static_cast<std::uint64_t>(never_ran);
  return stats;
}

std::optional<WcetEstimate> NanosecondScheduler::Core::estimated_wcet(TaskKind kind) const {
  if (kind.index >= state.kinds.size()) return std::nullopt;
  return statistics_of(state.kinds[kind.index]).wcet_estimate;
}

}  // namespace aegis::executor
