// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/scheduler_config.h"

#include "worker_core.h"

namespace aegis::executor {

// One worker as the configuration makes it.
struct WorkerPlan {
  WorkerSettings settings;
  ThreadRequest thread;
  SpinStrategy spin;
  std::string class_in_words;  // as asked for: "SCHED_FIFO 80"
  std::string unprovable;      // why nothing can be proven of it; empty: it can
};

// All workers of a scheduler, group by group, most critical first: which CPU, which class, and of
// which nothing can be proven because
//   - its policy has no analysis,
//   - the kernel may move it or throttle it,
//   - it shares its CPU with a worker that may preempt it or be served in its place.
// `allowed`: the CPUs of this process, ascending, not empty. Precondition: validate(config).
[[nodiscard]] std::vector<WorkerPlan> plan_workers(const SchedulerConfig& config,
                                                   const std::vector<int>& allowed);

}  // namespace aegis::executor
