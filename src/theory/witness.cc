// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/witness.h"

#include <algorithm>

#include "aegis/theory/simulator.h"

#include "level_response.h"
#include "timing.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr std::int64_t kMostJobs =
    200'000;  // 20 MB of job records, simulated in a tenth of a second

const Task* find(const TaskSet& tasks, TaskId id) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [id](const Task& task) { return task.id == id; });
  return found == tasks.end() ? nullptr : &*found;
}

// Whether the task's jobs take part in the failure of `late`.
bool matters(const Task& task, const Task& late, const Failure& failure, Policy policy) {
  if (policy == Policy::kEdf) return task.deadline.value - task.release_jitter <= failure.interval;
  if (policy == Policy::kFifo) return true;
  return priority_of(policy, task) <= priority_of(policy, late);
}

// How long the releases must go on: through the interval that breaks, or through the busy period it
// lies in, of which a hyperperiod and the deadline is enough (level_response.cc).
std::optional<Duration> extent(const TaskSet& members, const Failure& failure, Policy policy) {
  if (policy == Policy::kEdf) return failure.interval + Duration::nanoseconds(1);
  const Timings timing = timings(members);
  const auto cycle = hyperperiod(timing);
  const Duration most = cycle ? *cycle + failure.interval : kLargestSum;
  const auto busy = busy_period(timing, failure.blocking, most);
  if (!busy && !cycle) return std::nullopt;
  return busy.value_or(most);
}

bool is_small(const TaskSet& members, Duration end) {
  std::int64_t jobs = 0;
  for (const Task& task : members) {
    jobs += (end + task.release_jitter) / task.period + 1;
    if (jobs > kMostJobs) return false;
  }
  return true;
}

// The blocker's segment that is as long as charged, the earliest such; its job starts so early that
// the segment begins at `begin`.
PlannedJob blocking_job(const Task& blocker, TimePoint begin, Blocking blocking, Duration length) {
  PlannedJob job{blocker.id, begin, begin};
  bool reached = false;
  for (const Segment& segment : blocker.segments) {
    reached = reached || blocking.of(segment.wcet) >= length;
    job.execution_times.push_back(reached ? segment.wcet : segment.bcet);
    if (!reached) job.arrival = job.arrival - segment.bcet;
  }
  job.release = job.arrival;
  return job;
}

// An instant late enough for everything that must happen before it.
TimePoint common_release(const TaskSet& tasks) {
  Duration before = Duration::nanoseconds(1);
  for (const Task& task : tasks) {
    before = std::max({before, task.release_jitter, *total_wcet(task)});
  }
  return TimePoint{} + 2 * before;
}

void delay(std::vector<PlannedJob>& jobs, TaskId task, Duration by) {
  for (PlannedJob& job : jobs) {
    if (job.task != task) continue;
    job.arrival += by;
    job.release += by;
  }
}

std::optional<std::vector<PlannedJob>> scenario(const TaskSet& tasks, const Failure& failure,
                                                const AnalysisOptions& options) {
  const Task* late = find(tasks, failure.task);
  if (!late) return std::nullopt;
  TaskSet members;
  for (const Task& task : tasks) {
    if (matters(task, *late, failure, options.policy)) members.push_back(task);
  }
  const auto end = extent(members, failure, options.policy);
  if (!end || !is_small(members, *end)) return std::nullopt;
  const TimePoint instant = common_release(tasks);
  auto jobs = synchronous_releases_after_full_jitter(members, instant, *end);
  const Duration tick = options.blocking.tick;
  if (const Task* blocker = find(tasks, failure.blocker)) {
    jobs.push_back(blocking_job(*blocker, instant - tick, options.blocking, failure.blocking));
  }
  if (options.policy == Policy::kFifo) delay(jobs, late->id, tick);
  return jobs;
}

}  // namespace

std::optional<std::vector<PlannedJob>> witness(const TaskSet& tasks, const AnalysisOptions& options,
                                               const Analysis& analysis) {
  if (!analysis.failure) return std::nullopt;
  const auto charged = charged_for(tasks, options);
  if (!charged || !validate(*charged)) return std::nullopt;
  auto jobs = scenario(*charged, *analysis.failure, options);
  if (!jobs) return std::nullopt;
  const auto schedule =
      simulate(*charged, *jobs, {.policy = options.policy, .preemption = options.preemption});
  if (!schedule || !schedule->has_miss()) return std::nullopt;
  sort_by_release(*jobs);
  return jobs;
}

}  // namespace aegis::theory
