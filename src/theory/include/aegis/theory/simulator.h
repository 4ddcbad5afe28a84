// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/outages.h"
#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/preemption.h"
#include "aegis/theory/schedule_observer.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// The lane to simulate: its policy, what it costs, and whether it drops jobs.
struct SimulationOptions {
  policy::Policy policy = policy::Policy::kEdf;
  Preemption preemption = Preemption::kNonPreemptive;
  // Added to every segment (and, release, to a job's first), as the analyses charge it; the clock
  // error has no part in it.
  Overheads overheads;
  // Whether overload rules drop jobs. Without, every job waits.
  bool overload_rules = true;
  // When the lane does nothing.
  std::vector<Outage> outages;
};

// What became of one job.
struct JobRecord {
  JobId id;
  TimePoint arrival;
  TimePoint release;
  AbsoluteDeadline deadline;
  std::optional<TimePoint> start;       // of its first segment; nothing: dropped
  std::optional<TimePoint> completion;  // nothing: dropped
  [[nodiscard]] bool dropped() const { return !completion.has_value(); }
  [[nodiscard]] bool missed() const { return dropped() || *completion > deadline.value; }
};

// What became of all jobs.
struct Schedule {
  std::vector<JobRecord> jobs;  // in the order of releases
  [[nodiscard]] bool has_miss() const;
  // The longest response of each task that completed a job, from arrival to completion.
  [[nodiscard]] std::map<TaskId, Duration> longest_responses() const;
};

// Runs the jobs on one lane, by the same ordering as the executor (policy/ordering.h): whenever the
// lane is free, the first released job of the order runs its next segment to the end; preemptive,
// to the end or to the next release. Of what happens at one instant, the end of a segment comes
// first, then the begin of an outage, then releases, then the choice.
//
// While an outage lasts nothing progresses: a segment that runs is stretched over it, and a choice
// that would fall into it is made at its end, after all releases up to then.
//
// Running example, synchronous, non-preemptive EDF, milliseconds:
//
//     B(0..15) A(15..35) C(35..65)        all in time; but with C one tick before the others:
//     C(0..30) B(30..45) A(45..65)        B, due at 40, and A, due at 50, miss
//     B(0..15) A(20..40) C(40..75)        with outages 15..20 and 50..55
//
// Discrete-event: every job of the list is run to its end, however late. Deterministic, and the
// same with any observer. O(jobs · (log jobs + candidates when observed)).
//
// Errors: kInvalidArgument or kNotFound when the set is invalid or the jobs are not a behaviour it
// allows (allowed_by), or the outages are not in order; kOutOfRange when an overhead is negative or
// times pass kLargestSum.
[[nodiscard]] Result<Schedule> simulate(const TaskSet& tasks, std::vector<PlannedJob> jobs,
                                        const SimulationOptions& options,
                                        ScheduleObserver* observer = nullptr);

}  // namespace aegis::theory
