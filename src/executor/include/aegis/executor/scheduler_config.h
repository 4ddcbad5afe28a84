// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/time.h"
#include "aegis/executor/alert.h"
#include "aegis/executor/deadline_miss.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/spin_strategy.h"
#include "aegis/executor/worker_policy.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"

namespace aegis::executor {

// What a proof charges for the machine: upper bounds that the latency monitor compares with what it
// sees (docs/ANALYSIS.md says how they enter). The defaults are those of a pinned SCHED_FIFO worker
// with deep idle states switched off.
struct AdmissionAssumptions {
  theory::Overheads overheads{.release = Duration::microseconds(10),
                              .dispatch = Duration::microseconds(2),
                              .completion = Duration::microseconds(2),
                              .clock_error = Duration::microseconds(1)};
  theory::Supply supply;  // what the worker may lose to others; nothing by default
  // The longest task without declared WCET that the group will run: it may hold the worker once
  // when a proven job arrives. Longer ones are recorded as blocking. At least a rest of the worker,
  // 60 us and the wake-up from it, is charged.
  Duration longest_plain_task = Duration::microseconds(100);
};

// One group of workers, where it differs from the rest of the scheduler.
struct GroupConfig {
  bool enabled = true;
  // SCHED_FIFO, 1..98; nothing: the normal class.
  std::optional<int> fifo_priority = std::nullopt;
  std::optional<std::size_t> workers = std::nullopt;
  std::optional<std::vector<int>> cpus = std::nullopt;
  std::optional<WorkerPolicy> policy = std::nullopt;
  std::optional<SpinStrategy> spin = std::nullopt;
  // SCHED_DEADLINE in place of SCHED_FIFO: the kernel then reserves runtime every period and
  // throttles what exceeds it. Only without pinning, since the kernel refuses pinned threads; no
  // admission by us, since the kernel decides where they run.
  std::optional<DeadlineReservation> reservation = std::nullopt;
  AdmissionAssumptions admission = {};
};

// Everything about a scheduler, fixed when it is created. Fields without remark are limits whose
// memory is allocated then.
struct SchedulerConfig {
  std::string name = "aegis";
  // One CPU a worker. Without, the kernel moves workers at will, and admission is refused.
  bool cpu_pinning = true;
  // Real-time classes for the groups that name one. Where the kernel refuses, the scheduler runs
  // degraded and says so (NanosecondScheduler::degraded), unless require_real_time.
  bool rt_scheduling = true;
  bool require_real_time = false;
  // Of each group.
  std::size_t workers = 1;
  // The CPUs of a group's workers, in turn. Empty: the last ones this process may use. A CPU may
  // serve several groups: the higher priority preempts, and only its group can admit with a proof.
  std::vector<int> cpus;
  // From arrival to start on a worker that has nothing else to do. What exceeds it is counted and
  // alerted.
  Duration latency_budget = Duration::microseconds(50);
  WorkerPolicy policy = WorkerPolicy::kEdf;
  SpinStrategy spin;
  // Keeps all CPUs of the machine out of deep idle states while the scheduler lives: a parked
  // worker wakes in about 2 us instead of 10 to 25. Costs power.
  bool shallow_idle = true;
  // Indexed by Priority.
  std::array<GroupConfig, kPriorities> groups{GroupConfig{.fifo_priority = 80},
                                              GroupConfig{.fifo_priority = 60},
                                              GroupConfig{.fifo_priority = 40}, GroupConfig{}};
  [[nodiscard]] GroupConfig& group(Priority priority) {
    return groups[static_cast<std::size_t>(priority)];
  }

  std::size_t queue_capacity =
      1024;  // pending tasks of one submitting thread; a power of two, at most 2^19
  std::size_t max_submitters = 16;  // threads that submit, workers not counted; at most 200
  std::size_t max_recurrent = 256;  // periodic tasks at a time
  std::size_t max_kinds = 64;       // with the sporadic ones

  // A job that runs longer than this (and than hang_factor times its WCET) is reported as hung by
  // the watchdog, with its name.
  Duration hang_limit = Duration::milliseconds(100);
  int hang_factor = 20;

  // Called by an ordinary thread of the scheduler, within about a millisecond; may be empty. An
  // exception is caught and counted.
  std::function<void(const Alert&)> on_alert;
  std::function<void(const DeadlineMiss&)> on_miss;
  // Called on the worker itself as soon as it knows that a job of class kHard is late: it must not
  // allocate, block or throw. For a job that is still running, the watchdog calls it, at most about
  // a millisecond after the deadline. Once a job.
  std::function<void(const DeadlineMiss&)> emergency;

  // Null: a calibrated TscClock of the scheduler's own. Must read CLOCK_MONOTONIC's time line,
  // since the kernel's sleeps do. Outlives the scheduler.
  const Clock* clock = nullptr;
};

// Whether the numbers are such; the first problem otherwise, kInvalidArgument or kNotFound (a CPU
// that this process may not use), detail naming the field. create() asks it first.
[[nodiscard]] Status validate(const SchedulerConfig& config);

}  // namespace aegis::executor
