// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aegis/executor/nanosecond_scheduler.h"

#include "executor.h"

namespace aegis::benchmarks {

// Ours: one worker of the critical group, earliest deadline first. The other groups are switched
// off, since the processor belongs to what is measured.
class NanosecondWorker {
 public:
  static constexpr std::string_view kName = "AegisRT";
  static constexpr std::string_view kBlockingName = "AegisRT, wait_for_completion";
  static constexpr bool kWatchesItsWorker = true;
  static constexpr bool kRestsByItself = true;
  static constexpr auto kGroup = executor::Priority::kCritical;

  // How a worker like the plan's is configured.
  static executor::SchedulerConfig config_of(const WorkerPlan& plan) {
    executor::SchedulerConfig config;
    config.cpus = {plan.cpu};
    config.shallow_idle = false;  // held or not by who measures, for all peers alike
    for (executor::GroupConfig& group : config.groups) group.enabled = false;
    config.group(kGroup) = {.fifo_priority = plan.fifo_priority};
    // Longer than the pause between two submissions, so that it is awake for each, and shorter than
    // Pace's rests, so that it parks in those and need not rest while it is measured.
    if (plan.idle == Idle::kSpins) config.spin.after_work = Duration::microseconds(40);
    if (plan.idle == Idle::kParks) config.spin.after_work = Duration::zero();
    return config;
  }

  explicit NanosecondWorker(const WorkerPlan& plan)
      : scheduler_(executor::NanosecondScheduler::create(config_of(plan))) {}

  // A refusal (a full ring) shows as a task that never starts, which ends the measurement.
  void submit(Task task) {
    if (scheduler_) (void)(*scheduler_)->schedule(body_of(task), kGroup);
  }
  // The scheduler's own way to wait. False: refused, or not within a second.
  bool schedule_and_wait(Task task) {
    if (!scheduler_) return false;
    const auto handle = (*scheduler_)->schedule(body_of(task), kGroup);
    return handle && (*scheduler_)->wait_for_completion(*handle, Duration::seconds(1));
  }
  // Windows in which the worker's processor was lost, as the scheduler has seen them so far.
  // Allocates.
  [[nodiscard]] std::uint64_t lost_windows() const {
    std::uint64_t windows = 0;
    if (!scheduler_) return windows;
    const executor::LatencyStats stats = (*scheduler_)->latency_stats();
    for (const auto& worker : stats.workers) windows += worker.lost.windows;
    return windows;
  }
  [[nodiscard]] std::string refused() const {
    if (!scheduler_) return scheduler_.error().text;
    std::string all;
    for (const std::string& note : (*scheduler_)->degraded()) {
      all += (all.empty() ? "" : "; ") + note;
    }
    return all;
  }

 private:
  static executor::TaskBody body_of(Task task) noexcept {
    return [task] { task.run(task.argument); };
  }

  Result<std::unique_ptr<executor::NanosecondScheduler>> scheduler_;
};
static_assert(Executor<NanosecondWorker>);

}  // namespace aegis::benchmarks
