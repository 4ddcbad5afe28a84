// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// A segment under way when everything is released: a tick before, having taken its WCET to come,
// the segments before it their bcet. Its task is not among those released.
struct HeadStart {
  TaskId task;
  std::size_t segment = 0;
};

// One arrival of this task lies so long after the instant, the others whole periods from it; at the
// earliest it is its jitter before the instant.
struct Shift {
  TaskId task;
  Duration by;
};

// How tasks with a declared offset, whose arrivals no one chooses, use their jitter.
enum class OffsetJitter : std::uint8_t {
  kTogether,  // all of it where that reaches the instant, none elsewhere
  kAlways,
  kNever,
};

// How a busy period begins that is meant to hurt: at `instant` every task releases what has arrived
// by then, at most its jitter ago, and then arrives every period and is released at once, all
// segments at their WCET. Tasks with a declared offset arrive as they must, from 0 on.
struct Scenario {
  TimePoint instant;
  Duration length;  // arrivals go on for so long after the instant
  std::optional<HeadStart> head_start;
  std::optional<Shift> shift;
  OffsetJitter offset_jitter = OffsetJitter::kTogether;
};

// The scenario's jobs, in the order of releases. Preconditions: validate(tasks), the instant not
// before first_instant(tasks), tick > 0.
[[nodiscard]] std::vector<PlannedJob> jobs_of(const TaskSet& tasks, const Scenario& scenario,
                                              Duration tick);

// An instant late enough for everything that must happen before it.
[[nodiscard]] TimePoint first_instant(const TaskSet& tasks);

// How many jobs and outages a scenario has, at most; nothing when more than `most`. Where a task
// declares an offset, all arrivals from 0 on are counted, as a random behaviour has them.
[[nodiscard]] std::optional<std::int64_t> size_of(const TaskSet& tasks, const Supply& supply,
                                                  const Scenario& scenario, std::int64_t most);

// The longest a scenario of at most so many jobs and outages can be; nothing when even the jobs
// that full jitters gather before the instant are more.
[[nodiscard]] std::optional<Duration> longest_scenario(const TaskSet& tasks, const Supply& supply,
                                                       TimePoint instant, std::int64_t most);

}  // namespace aegis::theory
