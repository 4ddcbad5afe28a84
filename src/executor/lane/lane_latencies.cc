// SPDX-License-Identifier: Apache-2.0
//
// LaneThread: what its monitors know, as values.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "lane_thread.h"
#include "monitor/thread_usage.h"

namespace aegis::executor {

WorkerStats LaneThread::worker_stats(TimePoint now) const {
  const auto all = std::make_unique<FormerTasks>(former_);
  for (const auto& state : states_) {
    if (state->monitor) all->add(*state->monitor);
  }
  WorkerStats stats{.group = config_.name, .cpu = config_.cpu};
  stats.scheduling_class = grant_.real_time ? fmt::format("SCHED_FIFO {}", *config_.fifo_priority)
                                            : std::string("SCHED_OTHER");
  stats.latencies = all->latencies();
  stats.jobs = all->jobs;
  const WaitTime waited = wait_.time_spent();
  // Rests while a device works are both: asleep is where the time went.
  stats.time.working = core_.time().execute - core_.rested_in_segments();
  stats.time.spinning = waited.spinning;
  stats.time.sleeping = waited.sleeping;
  const Duration known = stats.time.working + waited.spinning + waited.sleeping;
  stats.time.other = std::max(now - since_ - known, Duration::zero());
  stats.lost = core_.losses();
  if (lane_ended_.load(std::memory_order_acquire)) {
    stats.usage = usage_at_the_end_;
  } else if (const auto usage = thread_usage_of(thread_id_.load(std::memory_order_acquire))) {
    stats.usage = *usage;
  }
  return stats;
}

std::vector<KindStats> LaneThread::kinds() const {
  std::vector<KindStats> kinds;
  for (const auto& state : states_) {
    const std::string& name = state->task.model.name;
    const auto same_name = [&](const KindStats& kind) { return kind.name == name; };
    if (!state->monitor || std::ranges::any_of(kinds, same_name)) continue;
    std::vector<const LatencyMonitor*> monitors;
    for (const auto& other : states_) {
      if (other->monitor && other->task.model.name == name)
        monitors.push_back(other->monitor.get());
    }
    kinds.push_back(kind_stats(name, theory::total_wcet(state->task.model), monitors));
  }
  return kinds;
}

LatencyStats LaneThread::latencies() const {
  const std::scoped_lock lock(control_);
  LatencyStats stats;
  const bool ended = lane_ended_.load(std::memory_order_acquire);
  stats.taken = ended ? end_ : clock_.now();
  stats.clock = "given";
  if (phase_ == Phase::kNew) {
    stats.since = stats.taken;
    return stats;
  }
  stats.since = since_;
  if (!grant_.note.empty()) stats.degraded.push_back(grant_.note);
  stats.workers.push_back(worker_stats(stats.taken));
  stats.kinds = kinds();
  return stats;
}

}  // namespace aegis::executor
