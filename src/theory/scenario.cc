// SPDX-License-Identifier: Apache-2.0
#include "scenario.h"

#include <algorithm>

#include "timing.h"

namespace aegis::theory {
namespace {

void add_declared(const Task& task, const Scenario& scenario, std::vector<PlannedJob>& jobs) {
  const TimePoint first = TimePoint{} + *task.offset;
  for (TimePoint a = first; a < scenario.instant + scenario.length; a += task.period) {
    const TimePoint latest = a + task.release_jitter;
    TimePoint release = a;
    if (scenario.offset_jitter == OffsetJitter::kAlways) release = latest;
    if (scenario.offset_jitter == OffsetJitter::kTogether && latest >= scenario.instant) {
      release = std::max(a, scenario.instant);
    }
    jobs.push_back({task.id, a, release, {}});
  }
}

void add_from(const Task& task, TimePoint arrival, const Scenario& scenario,
              std::vector<PlannedJob>& jobs) {
  for (; arrival < scenario.instant + scenario.length; arrival += task.period) {
    jobs.push_back({task.id, arrival, std::max(arrival, scenario.instant), {}});
  }
}

void add_head_start(const Task& task, const Scenario& scenario, Duration tick,
                    std::vector<PlannedJob>& jobs) {
  PlannedJob job{task.id, scenario.instant - tick, {}, {}};
  for (std::size_t i = 0; i < task.segments.size(); ++i) {
    const bool before = i < scenario.head_start->segment;
    job.execution_times.push_back(before ? task.segments[i].bcet : task.segments[i].wcet);
    if (before) job.arrival = job.arrival - task.segments[i].bcet;
  }
  job.release = job.arrival;
  const TimePoint next = job.arrival + task.period;
  jobs.push_back(std::move(job));
  for (TimePoint a = next; a < scenario.instant + scenario.length; a += task.period) {
    jobs.push_back({task.id, a, a, {}});
  }
}

// Of the arrivals that lie whole periods from the shifted one, the first whose jitter reaches the
// instant.
TimePoint first_arrival(const Task& task, const Scenario& scenario) {
  if (!scenario.shift || scenario.shift->task != task.id) {
    return scenario.instant - task.release_jitter;
  }
  const Duration by = scenario.shift->by;
  const std::int64_t periods = floor_divide(by + task.release_jitter, task.period);
  return scenario.instant + by - periods * task.period;
}

std::int64_t count_in(Duration span, Duration period) {
  return span / period + 1;
}

}  // namespace

std::vector<PlannedJob> jobs_of(const TaskSet& tasks, const Scenario& scenario, Duration tick) {
  std::vector<PlannedJob> jobs;
  for (const Task& task : tasks) {
    if (task.offset) {
      add_declared(task, scenario, jobs);
    } else if (scenario.head_start && scenario.head_start->task == task.id) {
      add_head_start(task, scenario, tick, jobs);
    } else {
      add_from(task, first_arrival(task, scenario), scenario, jobs);
    }
  }
  sort_by_release(jobs);
  return jobs;
}

TimePoint first_instant(const TaskSet& tasks) {
  Duration before = Duration::nanoseconds(1);
  for (const Task& task : tasks) {
    before = std::max({before, task.release_jitter, *total_wcet(task)});
  }
  return TimePoint{} + 2 * before;
}

std::optional<std::int64_t> size_of(const TaskSet& tasks, const Supply& supply,
                                    const Scenario& scenario, std::int64_t most) {
  const bool declared =
      std::any_of(tasks.begin(), tasks.end(), [](const Task& task) { return task.offset; });
  std::int64_t size = 0;
  const auto add = [&](std::int64_t n) { return (size += n) <= most && n <= most; };
  for (const Task& task : tasks) {
    const Duration before =
        declared ? scenario.instant - TimePoint{} : std::max(task.release_jitter, task.period);
    if (!add(count_in(before + scenario.length, task.period))) return std::nullopt;
    if (!supply.is_full() && !add(count_in(task.deadline.value, supply.window))) return {};
  }
  if (!supply.is_full() && !add(count_in(scenario.length, supply.window))) return std::nullopt;
  return size;
}

std::optional<Duration> longest_scenario(const TaskSet& tasks, const Supply& supply,
                                         TimePoint instant, std::int64_t most) {
  const auto fits = [&](Duration length) {
    return size_of(tasks, supply, {.instant = instant, .length = length}, most).has_value();
  };
  Duration holds, breaks = kLargestSum;
  if (!fits(holds)) return std::nullopt;
  while (breaks - holds > Duration::nanoseconds(1)) {
    const Duration middle = holds + (breaks - holds) / 2;
    (fits(middle) ? holds : breaks) = middle;
  }
  return holds;
}

}  // namespace aegis::theory
