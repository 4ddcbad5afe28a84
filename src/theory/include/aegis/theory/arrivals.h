// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// One job as it will happen: when it arrives, when it may run, and how long each segment takes.
struct PlannedJob {
  TaskId task;
  TimePoint arrival;
  TimePoint release;                      // arrival <= release
  std::vector<Duration> execution_times;  // per segment; empty: the WCETs
};

// How the behaviour of sporadic tasks is drawn.
struct RandomBehaviour {
  std::uint64_t seed = 0;
  // Gaps between arrivals are the period and, with this probability in percent, up to one period
  // more.
  std::uint32_t late_percent = 50;
  bool random_execution_times = true;  // uniform in [bcet, wcet]; otherwise the WCETs
};

// Every task from its offset (0 when it declares none), every period, released at once, for all
// arrivals before `end`. In the order of releases. Precondition of all: validate(tasks), end >= 0.
[[nodiscard]] std::vector<PlannedJob> synchronous_arrivals(const TaskSet& tasks, Duration end);

// A behaviour the task model allows, the same for the same seed on every machine: first arrivals
// within one period (at the offset, and strictly periodic, where one is declared), gaps and
// execution times as `how` says, jitter uniform in [0, J] but never overtaking within a task.
[[nodiscard]] std::vector<PlannedJob> random_arrivals(const TaskSet& tasks, Duration end,
                                                      const RandomBehaviour& how);

// Every task releases at `start` a job delayed by its full jitter, then arrives every period and is
// released as early as may be, until `end` after the start: how the analyses begin a busy period.
// Offsets are not looked at.
[[nodiscard]] std::vector<PlannedJob> synchronous_releases_after_full_jitter(const TaskSet& tasks,
                                                                             TimePoint start,
                                                                             Duration end);

// Puts jobs into the order of releases; jobs of one task by arrival.
void sort_by_release(std::vector<PlannedJob>& jobs);

// Whether the jobs are a behaviour of the set: known tasks; arrivals at least a period apart, or
// where an offset is declared at offset plus whole periods; releases within the jitter and in
// order; one execution time per segment within [0, WCET]. The first problem found otherwise.
[[nodiscard]] Status allowed_by(const TaskSet& tasks, const std::vector<PlannedJob>& jobs);

}  // namespace aegis::theory
