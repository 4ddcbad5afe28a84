// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/scheduler_config.h"
#include "aegis/executor/worker_policy.h"

namespace aegis::executor {

// How long a worker that has proven tasks rests between two jobs. What its proof charges for it is
// this and the declared lateness of the wake-up, as one plain task (Blocking::best_effort).
inline constexpr Duration kProvenRest = HybridWait::kRest;

// What one worker is told when it is made.
struct WorkerSettings {
  std::uint32_t number = 0;    // among all workers
  std::uint32_t in_group = 0;  // among its group's
  Priority group = Priority::kNormal;
  WorkerPolicy policy = WorkerPolicy::kEdf;
  Duration latency_budget;
  AdmissionAssumptions admission;
  Duration hang_limit;
  int hang_factor = 20;
  std::size_t ready_capacity = 0;  // every slot there may be, and every periodic activation
  std::size_t max_periodic = 0;
};

}  // namespace aegis::executor
