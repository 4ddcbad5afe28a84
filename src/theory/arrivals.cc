// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/arrivals.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "seeded_random.h"

namespace aegis::theory {
namespace {

std::vector<Duration> execution_times(const Task& task, const RandomBehaviour& how,
                                      Random& random) {
  std::vector<Duration> times;
  if (!how.random_execution_times) return times;
  for (const Segment& segment : task.segments) {
    times.push_back(random.between(segment.bcet, segment.wcet));
  }
  return times;
}

void add_random_jobs(const Task& task, Duration end, const RandomBehaviour& how, Random& random,
                     std::vector<PlannedJob>& jobs) {
  TimePoint released;
  TimePoint arrival =
      TimePoint{} + task.offset.value_or(random.between(Duration::zero(), task.period));
  while (arrival - TimePoint{} < end) {
    released = std::max(released, arrival + random.between(Duration::zero(), task.release_jitter));
    jobs.push_back({task.id, arrival, released, execution_times(task, how, random)});
    arrival += task.period;
    if (!task.offset && random.with_percent(how.late_percent)) {
      arrival += random.between(Duration::zero(), task.period);
    }
  }
}

Error not_allowed(const char* why, const Task& task) {
  return Error::permanent(ErrorCode::kInvalidArgument, why).with_detail(task.name);
}

Status allowed_alone(const Task& task, const PlannedJob& job) {
  if (job.release < job.arrival || job.release > job.arrival + task.release_jitter) {
    return fail(not_allowed("a release is not within the jitter after its arrival", task));
  }
  const Duration since_offset = job.arrival - TimePoint{} - task.offset.value_or(Duration::zero());
  if (task.offset &&
      (since_offset < Duration::zero() || since_offset % task.period != Duration::zero())) {
    return fail(not_allowed("an arrival is not at the offset plus whole periods", task));
  }
  if (job.execution_times.empty()) return ok();
  if (job.execution_times.size() != task.segments.size()) {
    return fail(not_allowed("a job's execution times do not match its segments", task));
  }
  for (std::size_t i = 0; i < task.segments.size(); ++i) {
    const Duration time = job.execution_times[i];
    if (time < Duration::zero() || time > task.segments[i].wcet) {
      return fail(not_allowed("an execution time is not within [0, WCET]", task));
    }
  }
  return ok();
}

}  // namespace

void sort_by_release(std::vector<PlannedJob>& jobs) {
  std::sort(jobs.begin(), jobs.end(), [](const PlannedJob& a, const PlannedJob& b) {
    return std::tie(a.release, a.arrival, a.task) < std::tie(b.release, b.arrival, b.task);
  });
}

std::vector<PlannedJob> synchronous_arrivals(const TaskSet& tasks, Duration end) {
  std::vector<PlannedJob> jobs;
  for (const Task& task : tasks) {
    for (Duration a = task.offset.value_or(Duration::zero()); a < end; a += task.period) {
      jobs.push_back({task.id, TimePoint{} + a, TimePoint{} + a});
    }
  }
  sort_by_release(jobs);
  return jobs;
}

std::vector<PlannedJob> random_arrivals(const TaskSet& tasks, Duration end,
                                        const RandomBehaviour& how) {
  std::vector<PlannedJob> jobs;
  Random random(how.seed);
  for (const Task& task : tasks) add_random_jobs(task, end, how, random, jobs);
  sort_by_release(jobs);
  return jobs;
}

std::vector<PlannedJob> synchronous_releases_after_full_jitter(const TaskSet& tasks,
                                                               TimePoint start, Duration end) {
  std::vector<PlannedJob> jobs;
  for (const Task& task : tasks) {
    for (TimePoint a = start - task.release_jitter; a < start + end; a += task.period) {
      jobs.push_back({task.id, a, std::max(a, start)});
    }
  }
  sort_by_release(jobs);
  return jobs;
}

Status allowed_by(const TaskSet& tasks, const std::vector<PlannedJob>& jobs) {
  std::map<TaskId, const Task*> by_id;
  for (const Task& task : tasks) by_id[task.id] = &task;
  std::map<TaskId, const PlannedJob*> previous;
  for (const PlannedJob& job : jobs) {
    const auto task = by_id.find(job.task);
    if (task == by_id.end()) {
      return fail(Error::permanent(ErrorCode::kNotFound, "a job is of no task of the set"));
    }
    const Status alone = allowed_alone(*task->second, job);
    if (!alone) return alone;
    const PlannedJob*& last = previous[job.task];
    if (last && (job.arrival - last->arrival < task->second->period)) {
      return fail(not_allowed("two arrivals are less than a period apart", *task->second));
    }
    if (last && job.release < last->release) {
      return fail(not_allowed("a job is released before its task's previous one", *task->second));
    }
    last = &job;
  }
  return ok();
}

}  // namespace aegis::theory
