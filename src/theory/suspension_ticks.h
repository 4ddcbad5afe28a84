// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "aegis/theory/self_suspension.h"

#include "example_sets.h"

// Suspending jobs run tick by tick, sharing nothing with the analysis: what its bounds are compared
// with. One tick is one nanosecond.
namespace aegis::theory {

// One stretch of a job: away for so long, then so much execution (> 0), which is not interrupted
// where the lane is not preemptive.
struct Stretch {
  std::int64_t away, execution;
};

// A job as it will behave.
struct SuspendingJob {
  std::size_t task;
  std::int64_t arrival, release;
  std::vector<Stretch> stretches;
};

namespace ticks {

struct RunningJob {
  SuspendingJob job;
  std::size_t stretch = 0;
  std::int64_t back_at = -1;  // when it may go on; -1: not yet begun
  bool in_stretch = false;
  std::int64_t done = -1;
};

class SuspensionLane {
 public:
  SuspensionLane(const SuspendingTaskSet& tasks, const AnalysisOptions& options)
      : tasks_(tasks), options_(options) {}

  // The longest response of each task, ns. Jobs of a task stand in the order of their arrivals.
  std::vector<std::int64_t> run(const std::vector<SuspendingJob>& jobs) {
    for (const SuspendingJob& job : jobs) jobs_.push_back({.job = job});
    std::vector<std::int64_t> longest(tasks_.size());
    std::size_t left = jobs_.size();
    for (std::int64_t now = 0; left > 0; ++now) {
      begin(now);
      RunningJob* job = choose(now);
      if (job == nullptr || !execute(*job, now)) continue;
      --left;
      longest[job->job.task] = std::max(longest[job->job.task], job->done - job->job.arrival);
    }
    return longest;
  }

 private:
  // A job begins, by being away or ready, once it is released and its task's job before is done.
  void begin(std::int64_t now) {
    std::vector<bool> busy(tasks_.size());
    for (RunningJob& job : jobs_) {
      if (job.done >= 0) continue;
      if (!busy[job.job.task] && job.back_at < 0 && job.job.release <= now) {
        job.back_at = now + job.job.stretches.front().away;
      }
      busy[job.job.task] = true;
    }
  }

  [[nodiscard]] std::int64_t key(const SuspendingJob& job) const {
    const Task& task = tasks_[job.task].task;
    switch (options_.policy) {
      case policy::Policy::kEdf:
        return job.arrival + task.deadline.value.ns();
      case policy::Policy::kFifo:
        return job.arrival;
      case policy::Policy::kDeadlineMonotonic:
        return task.deadline.value.ns();
      case policy::Policy::kRateMonotonic:
        return task.period.ns();
      default:
        return task.priority.value;
    }
  }

  RunningJob* choose(std::int64_t now) {
    RunningJob* chosen = nullptr;
    std::tuple<bool, std::int64_t, std::int64_t, std::size_t> best;
    for (RunningJob& job : jobs_) {
      if (job.done >= 0 || job.back_at < 0 || job.back_at > now) continue;
      const bool holds = job.in_stretch && options_.preemption == Preemption::kNonPreemptive;
      const std::tuple candidate{!holds, key(job.job), job.job.arrival, job.job.task};
      if (chosen != nullptr && candidate >= best) continue;
      chosen = &job;
      best = candidate;
    }
    return chosen;
  }

  // One tick; whether the job is done with it.
  static bool execute(RunningJob& job, std::int64_t now) {
    job.in_stretch = --job.job.stretches[job.stretch].execution > 0;
    if (job.in_stretch) return false;
    if (++job.stretch < job.job.stretches.size()) {
      job.back_at = now + 1 + job.job.stretches[job.stretch].away;
      return false;
    }
    job.done = now + 1;
    return true;
  }

  const SuspendingTaskSet& tasks_;
  const AnalysisOptions& options_;
  std::vector<RunningJob> jobs_;
};

}  // namespace ticks

// Random tasks, some of them suspending.
inline SuspendingTaskSet random_suspending_tasks(example::RandomSets& random) {
  SuspendingTaskSet set;
  for (const Task& task : random.next({.most_tasks = 4,
                                       .longest_period = 30,
                                       .largest_jitter = random.between(0, 1) * 3,
                                       .deadlines_beyond_periods = random.between(0, 3) == 0,
                                       .segments = true})) {
    SuspendingTask suspending{.task = task, .suspension = Duration{}};
    suspending.task.priority = {random.between(0, 4)};
    if (random.between(0, 2) > 0) {
      suspending.suspension =
          Duration::nanoseconds(random.between(1, std::max<std::int64_t>(1, task.period.ns() / 3)));
      suspending.times = static_cast<std::uint32_t>(
          random.between(1, static_cast<std::int64_t>(task.segments.size())));
    }
    set.push_back(suspending);
  }
  return set;
}

// How a job behaves: where preemptive, cut anywhere with a suspension at every cut ("dynamic");
// otherwise away at most `times`, before segments. Often all the execution and suspension allowed.
inline std::vector<Stretch> random_stretches(example::RandomSets& random,
                                             const SuspendingTask& suspending, bool preemptive) {
  std::vector<Stretch> stretches;
  for (const Segment& segment : suspending.task.segments) {
    std::int64_t left =
        random.between(0, 3) ? segment.wcet.ns() : random.between(1, segment.wcet.ns());
    while (preemptive && left > 1 && random.between(0, 1)) {
      const std::int64_t cut = random.between(1, left - 1);
      stretches.push_back({0, cut});
      left -= cut;
    }
    stretches.push_back({0, left});
  }
  std::int64_t away = suspending.suspension.ns();
  if (random.between(0, 2) == 0) away = random.between(0, away);
  const std::uint32_t most = preemptive ? 8 : suspending.times;
  for (std::uint32_t n = 0; n < most && away > 0; ++n) {
    auto& stretch = stretches[static_cast<std::size_t>(
        random.between(0, static_cast<std::int64_t>(stretches.size()) - 1))];
    const std::int64_t part = n + 1 == most ? away : random.between(0, away);
    stretch.away += part;
    away -= part;
  }
  return stretches;
}

inline std::vector<SuspendingJob> random_suspending_jobs(example::RandomSets& random,
                                                         const SuspendingTaskSet& set,
                                                         const AnalysisOptions& options) {
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  std::vector<SuspendingJob> jobs;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Task& task = set[i].task;
    const bool periodic = random.between(0, 3) > 0;
    for (std::int64_t at = random.between(0, 30); at < 150;) {
      jobs.push_back({i, at, at + random.between(0, task.release_jitter.ns()),
                      random_stretches(random, set[i], preemptive)});
      at += task.period.ns() + (periodic ? 0 : random.between(0, 4));
    }
  }
  return jobs;
}

inline std::string text_of(const SuspendingTaskSet& set, const AnalysisOptions& options) {
  std::string text =
      std::string(to_string(options.policy)) + " " + std::string(to_string(options.preemption));
  for (const auto& [task, suspension, times] : set) {
    text += " | p " + std::to_string(task.priority.value) + " T " +
            std::to_string(task.period.ns()) + " D " + std::to_string(task.deadline.value.ns()) +
            " J " + std::to_string(task.release_jitter.ns()) + " S " +
            std::to_string(suspension.ns()) + " x " + std::to_string(times) + " C";
    for (const Segment& s : task.segments) text += " " + std::to_string(s.wcet.ns());
  }
  return text;
}

}  // namespace aegis::theory
