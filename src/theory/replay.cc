// SPDX-License-Identifier: Apache-2.0
#include "replay.h"

#include <algorithm>
#include <utility>

#include "aegis/theory/simulator.h"

namespace aegis::theory {
namespace {

const JobRecord* first_due_of_late(const Schedule& schedule) {
  const JobRecord* first = nullptr;
  for (const JobRecord& job : schedule.jobs) {
    if (job.missed() && (!first || job.deadline < first->deadline)) first = &job;
  }
  return first;
}

bool idled_after(TimePoint instant, const Schedule& schedule) {
  if (schedule.jobs.empty()) return true;
  TimePoint done = std::max(instant, schedule.jobs.front().release);
  for (const JobRecord& job : schedule.jobs) {
    if (job.release > done) return true;
    done = std::max(done, job.completion.value_or(job.release));
  }
  return false;
}

// What happens when all is decided about the late job has no part in its miss.
Witness cut(const TaskSet& tasks, Behaviour behaviour, const JobRecord& late) {
  const TimePoint end = late.completion.value_or(late.release + Duration::nanoseconds(1));
  std::erase_if(behaviour.jobs, [end](const PlannedJob& job) { return job.release >= end; });
  std::erase_if(behaviour.outages, [end](const Outage& outage) { return outage.begin >= end; });
  return {tasks, std::move(behaviour.jobs), std::move(behaviour.outages), late};
}

}  // namespace

Replay replay(const TaskSet& tasks, const AnalysisOptions& options, Behaviour behaviour,
              TimePoint instant) {
  SimulationOptions lane{.policy = options.policy, .preemption = options.preemption};
  lane.outages = behaviour.outages;
  const auto schedule = simulate(tasks, behaviour.jobs, lane);
  if (!schedule) return {};
  Replay result{.witness = {}, .idled = idled_after(instant, *schedule)};
  if (const JobRecord* late = first_due_of_late(*schedule)) {
    sort_by_release(behaviour.jobs);
    result.witness = cut(tasks, std::move(behaviour), *late);
  }
  return result;
}

}  // namespace aegis::theory
