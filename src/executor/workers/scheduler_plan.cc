// SPDX-License-Identifier: Apache-2.0
#include "scheduler_plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace aegis::executor {
namespace {

// The last CPUs first, the first one last: it serves most interrupts, and everybody else.
int usual_cpu(const std::vector<int>& allowed, std::size_t worker) {
  const std::size_t usable = std::max<std::size_t>(allowed.size() - 1, 1);
  return allowed[allowed.size() - 1 - worker % usable];
}

std::optional<int> cpu_of(const SchedulerConfig& config, const GroupConfig& group,
                          const std::vector<int>& allowed, std::size_t worker) {
  if (!config.cpu_pinning || group.reservation) return std::nullopt;
  const std::vector<int>& cpus = group.cpus.value_or(config.cpus);
  return cpus.empty() ? usual_cpu(allowed, worker) : cpus[worker % cpus.size()];
}

std::string in_words(const ThreadRequest& thread) {
  if (thread.reservation) return "SCHED_DEADLINE";
  if (thread.fifo_priority) return fmt::format("SCHED_FIFO {}", *thread.fifo_priority);
  return "SCHED_OTHER";
}

// Whether `other` may run when `plan` wants to, on the same CPU.
bool disturbs(const WorkerPlan& other, const WorkerPlan& plan) {
  if (&other == &plan || other.thread.cpu != plan.thread.cpu) return false;
  return other.thread.fifo_priority.value_or(0) >= plan.thread.fifo_priority.value_or(0);
}

std::string unprovable(const WorkerPlan& plan, const std::vector<WorkerPlan>& all) {
  if (!analysed_as(plan.settings.policy)) {
    return fmt::format(
        "no analysis covers {} without preemption; edf accepts every set that it "
        "would",
        to_string(plan.settings.policy));
  }
  if (!plan.thread.cpu) {
    return "nothing is proven of a worker that is not pinned: the kernel decides what it gets";
  }
  const auto other = std::find_if(all.begin(), all.end(), [&](const WorkerPlan& candidate) {
    return disturbs(candidate, plan);
  });
  if (other == all.end()) return {};
  return fmt::format(
      "CPU {} also serves the {} group, which may run first: its load is in no proof",
      *plan.thread.cpu, to_string(other->settings.group));
}

}  // namespace

std::vector<WorkerPlan> plan_workers(const SchedulerConfig& config,
                                     const std::vector<int>& allowed) {
  std::vector<WorkerPlan> plans;
  for (std::size_t g = 0; g < kPriorities; ++g) {
    const GroupConfig& group = config.groups[g];
    const std::size_t workers = group.enabled ? group.workers.value_or(config.workers) : 0;
    for (std::size_t i = 0; i < workers; ++i) {
      WorkerPlan plan;
      plan.settings = {.number = static_cast<std::uint32_t>(plans.size()),
                       .in_group = static_cast<std::uint32_t>(i),
                       .group = static_cast<Priority>(g),
                       .policy = group.policy.value_or(config.policy),
                       .latency_budget = config.latency_budget,
                       .admission = group.admission,
                       .hang_limit = config.hang_limit,
                       .hang_factor = config.hang_factor,
                       .max_periodic = config.max_recurrent};
      plan.thread.name = fmt::format("{}-{}{}", config.name, to_string(plan.settings.group), i);
      plan.thread.cpu = cpu_of(config, group, allowed, i);
      if (config.rt_scheduling) {
        plan.thread.reservation = group.reservation;
        if (!group.reservation) plan.thread.fifo_priority = group.fifo_priority;
      }
      plan.spin = group.spin.value_or(config.spin);
      plan.class_in_words = in_words(plan.thread);
      plans.push_back(std::move(plan));
    }
  }
  for (WorkerPlan& plan : plans) plan.unprovable = unprovable(plan, plans);
  return plans;
}

}  // namespace aegis::executor
