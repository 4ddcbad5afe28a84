// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/witness.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "aegis/base/rational.h"

#include "replay.h"
#include "scenario.h"
#include "timing.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// 20 MB of job records, simulated in a tenth of a second.
constexpr std::int64_t kLargest = 200'000;

const Task* find(const TaskSet& tasks, TaskId id) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [id](const Task& task) { return task.id == id; });
  return found == tasks.end() ? nullptr : &*found;
}

std::int64_t key_of(Policy policy, const Task& task) {
  return policy::order(policy, {{task.id, 0}, {}, {}, task.period, task.deadline, task.priority})
      .key;
}

// Whether the task's jobs take part in the failure.
bool matters(const Task& task, const Task* late, const Failure& failure, Policy policy) {
  if (policy == Policy::kEdf) return task.deadline.value - task.release_jitter <= failure.interval;
  if (policy == Policy::kFifo || !late) return true;
  return key_of(policy, task) <= key_of(policy, *late);
}

TaskSet members(const TaskSet& tasks, const Failure& failure, Policy policy) {
  const Task* late = find(tasks, failure.task);
  TaskSet result;
  for (const Task& task : tasks) {
    if (task.id == failure.blocker || matters(task, late, failure, policy)) result.push_back(task);
  }
  return result;
}

// The blocker's segment that is as long as charged, the earliest such.
std::optional<HeadStart> head_start(const TaskSet& tasks, const Failure& failure,
                                    Blocking blocking) {
  const Task* blocker = find(tasks, failure.blocker);
  if (!blocker) return std::nullopt;
  const auto longest =
      std::find_if(blocker->segments.begin(), blocker->segments.end(),
                   [&](const Segment& s) { return blocking.of(s.wcet) >= failure.blocking; });
  if (longest == blocker->segments.end()) return std::nullopt;
  return HeadStart{blocker->id, static_cast<std::size_t>(longest - blocker->segments.begin())};
}

// FIFO: when the late task's worst job arrives after a synchronous release: with another's, since
// what it waits for grows only then. Where nothing is lost the first is the worst, since U <= 1;
// where time is lost a later one may meet two losses.
Shift fifo_shift(const TaskSet& tasks, const Task& late, const Supply& supply, Duration tick,
                 Duration limit) {
  const Timings timing = timings(tasks);
  const Duration busy = busy_period(timing, Duration::zero(), limit, supply).value_or(limit);
  Duration worst, longest;
  for (const Timing& task : timing) {
    for (Duration a; a < busy; a += task.period) {
      Duration work;
      for (const Timing& other : timing) work += requested_until(other, a);
      const Duration response = time_to_serve(supply, work) - a;
      if (response > longest) worst = a;
      longest = std::max(longest, response);
    }
  }
  return Shift{late.id, worst + tick};
}

// One scenario, made longer until it misses.
class Attempt {
 public:
  // Nothing where any scenario of these tasks is too large.
  static std::optional<Attempt> of(TaskSet tasks, const AnalysisOptions& options) {
    const TimePoint instant = first_instant(tasks);
    const auto limit = longest_scenario(tasks, options.supply, instant, kLargest);
    if (!limit) return std::nullopt;
    return Attempt(std::move(tasks), options, instant, *limit);
  }

  [[nodiscard]] Scenario& scenario() { return scenario_; }
  [[nodiscard]] Duration limit() const { return limit_; }

  // `ends`: whether it is over when the lane has nothing left to do.
  std::optional<Witness> lengthened_from(Duration length, bool ends) {
    for (bool last = false; !last; length = 2 * length) {
      last = length >= limit_;
      scenario_.length = std::min(length, limit_);
      Replay result = replay(tasks_, options_, behaviour(), scenario_.instant);
      if (result.witness) return std::move(result.witness);
      if (ends && result.idled) return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  Attempt(TaskSet tasks, const AnalysisOptions& options, TimePoint instant, Duration limit)
      : tasks_(std::move(tasks)), options_(options), supply_(options.supply), limit_(limit) {
    scenario_.instant = instant;
  }

  // The lane goes on losing until the last job is due, but best effort never is.
  [[nodiscard]] Behaviour behaviour() const {
    Duration latest;
    for (const Task& task : tasks_) latest = std::max(latest, task.deadline.value);
    return {jobs_of(tasks_, scenario_, options_.blocking.tick),
            front_loaded_outages(supply_, scenario_.instant,
                                 scenario_.length + std::min(latest, limit_))};
  }

  TaskSet tasks_;
  const AnalysisOptions& options_;
  Supply supply_;
  Scenario scenario_;
  Duration limit_;
};

std::optional<Witness> witness_of(const Failure& failure, const TaskSet& tasks,
                                  const AnalysisOptions& options) {
  auto attempt = Attempt::of(members(tasks, failure, options.policy), options);
  if (!attempt) return std::nullopt;
  attempt->scenario().head_start = head_start(tasks, failure, options.blocking);
  const Task* late = find(tasks, failure.task);
  Duration length = failure.interval;
  if (options.policy == Policy::kFifo && late) {
    const Shift shift =
        fifo_shift(tasks, *late, options.supply, options.blocking.tick, attempt->limit());
    attempt->scenario().shift = shift;
    length = std::max(length, shift.by);
  }
  return attempt->lengthened_from(length + Duration::nanoseconds(1), true);
}

// Whether more is asked of the lane than it supplies, in the long run.
bool is_overloaded(const TaskSet& tasks, const Supply& supply) {
  const Rational lost(static_cast<std::uint64_t>(supply.lost.ns()),
                      static_cast<std::uint64_t>(supply.window.ns()));
  return utilisation(tasks) + lost > Rational(1);
}

std::optional<Witness> witness_of_overload(const TaskSet& tasks, const AnalysisOptions& options) {
  Duration longest;
  for (const Task& task : tasks) longest = std::max(longest, task.deadline.value);
  auto attempt = Attempt::of(tasks, options);
  if (!attempt) return std::nullopt;
  return attempt->lengthened_from(longest + Duration::nanoseconds(1), false);
}

// Best effort as a task that every other comes before, and that runs one segment.
Task best_effort_task(const TaskSet& tasks, Duration segment) {
  TaskId last{0};
  for (const Task& task : tasks) last = std::max(last, task.id);
  const Duration never = kLargestSum / 4;
  return {.id = TaskId{last.value + 1},
          .name = "best effort",
          .segments = {{segment, segment}},
          .period = never,
          .deadline = {never},
          .priority = {std::numeric_limits<std::int64_t>::max()}};
}

}  // namespace

std::optional<Witness> witness(const TaskSet& tasks, const AnalysisOptions& options,
                               const Analysis& analysis) {
  if (analysis.verdict != Verdict::kUnschedulable) return std::nullopt;
  auto charged = charged_for(tasks, options);
  if (!charged || !validate(*charged) || !validate(options.supply)) return std::nullopt;
  if (!validate(options.blocking)) return std::nullopt;
  if (analysis.failure) {
    Failure failure = *analysis.failure;
    if (failure.blocking > Duration::zero() && !failure.blocker.valid()) {
      charged->push_back(best_effort_task(*charged, options.blocking.best_effort));
      failure.blocker = charged->back().id;
      if (!validate(*charged)) return std::nullopt;
    }
    auto found = witness_of(failure, *charged, options);
    if (found || !is_overloaded(*charged, options.supply)) return found;
  }
  return witness_of_overload(*charged, options);
}

}  // namespace aegis::theory
