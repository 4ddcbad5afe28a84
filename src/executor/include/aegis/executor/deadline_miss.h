// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/latency_stats.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/task_handle.h"

namespace aegis::executor {

// A deadline that was not met, as handlers see it. Trivially copyable.
struct DeadlineMiss {
  TaskHandle task;
  const char* name = "";  // the kind's; valid while the scheduler lives
  Priority group = Priority::kNormal;
  std::uint32_t worker = 0;
  DeadlineClass deadline_class = DeadlineClass::kSoft;
  std::uint64_t activation = 0;
  TimePoint arrival;
  AbsoluteDeadline deadline;
  Duration tardiness;  // at completion; so far, if it still runs; zero for a job that never ran
  bool still_running = false;
  bool skipped = false;  // it never ran: firm and too late, or turned away by its overload rule
  // So many next activations of the task were turned away with it: of a worker that has fallen far
  // behind not each is told alone. They count as misses like any other.
  std::uint64_t further = 0;
  MissCause cause = MissCause::kUnattributed;
};

}  // namespace aegis::executor
