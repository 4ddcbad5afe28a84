// SPDX-License-Identifier: Apache-2.0
#include "level_response.h"

#include <algorithm>

#include "aegis/base/duration_text.h"
#include "aegis/base/rational.h"

#include "answers.h"
#include "fixed_point.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// How often one task's share of the recurrence may be evaluated for one level and blocking: at 5 ns
// each, 25 ms. A busy period that needs more has hundreds of thousands of jobs.
constexpr std::int64_t kMostEvaluations = 5'000'000;

Rational utilisation_of(const Timing& task) {
  return Rational(static_cast<std::uint64_t>(task.wcet.ns()),
                  static_cast<std::uint64_t>(task.period.ns()));
}

Rational utilisation_of(const Level& level) {
  Rational u = utilisation_of(level.own);
  for (const Timing& task : level.higher) u = u + utilisation_of(task);
  return u;
}

// How many jobs of the task must be looked at: those of the level-i busy period, but no more than
// one hyperperiod H holds, since S(k + H / T) <= S(k) + H when U_i <= 1 (put S(k) + H into its
// recurrence). With U_i = 1 and blocking or jitter the period may never end.
std::optional<std::int64_t> jobs_in_busy_period(const Level& level) {
  Timings all = level.higher;
  all.push_back(level.own);
  const auto cycle = hyperperiod(all);
  if (const auto busy = busy_period(all, level.block.length, cycle.value_or(kLargestSum))) {
    return -floor_divide(-(*busy + level.own.jitter), level.own.period);
  }
  if (cycle) return *cycle / level.own.period;
  return std::nullopt;
}

// When the q-th job (from 0) of the busy period is done, counted from its begin.
std::optional<Duration> finish(const Level& level, std::int64_t q, bool preemptive, Duration from,
                               std::int64_t& steps) {
  const Duration tail = preemptive ? Duration::zero() : level.own.last_segment;
  const Duration fixed = level.block.length + (q + 1) * level.own.wcet - tail;
  const auto start =
      least_fixed_point(std::max(fixed, from - tail), 2 * kLargestSum, steps, [&](Duration x) {
        Duration work = fixed;
        for (const Timing& task : level.higher) {
          work += preemptive ? requested_before(task, x) : requested_until(task, x);
        }
        return work;
      });
  if (!start) return std::nullopt;
  return *start + tail;
}

TaskBound bound_of(const Task& task, const Level& level, bool preemptive) {
  TaskBound bound{.task = task.id, .blocking = level.block.length};
  if (const auto responses = successive_responses(level, preemptive)) {
    bound.response_time = *std::max_element(responses->begin(), responses->end());
    bound.slack = task.deadline.value - *bound.response_time;
  }
  return bound;
}

// The largest blocking with which the response stays within D, by bisection: the response grows
// with the blocking.
std::optional<Duration> tolerance(Level level, Duration deadline, bool preemptive) {
  Duration holds = level.block.length, breaks = deadline + Duration::nanoseconds(1);
  while (breaks - holds > Duration::nanoseconds(1)) {
    level.block.length = holds + (breaks - holds) / 2;
    const auto responses = successive_responses(level, preemptive);
    const bool fits =
        responses && *std::max_element(responses->begin(), responses->end()) <= deadline;
    (fits ? holds : breaks) = level.block.length;
  }
  return holds;
}

std::string late_sentence(const TaskSet& tasks, const Failure& failure) {
  std::string text = name_of(tasks, failure.task) + " may respond after " +
                     format_duration(failure.demand + failure.blocking) + " > " +
                     format_duration(failure.interval);
  if (!failure.blocker.valid()) return text;
  return text + ", " + format_duration(failure.blocking) + " of them held back by " +
         name_of(tasks, failure.blocker);
}

// Gathers the tasks' answers into one.
class Answer {
 public:
  Answer(const TaskSet& tasks, const char* theorem)
      : tasks_(tasks), analysis_{Verdict::kSchedulable, theorem, {}} {}

  void add(const Task& task, const Level& level, bool preemptive) {
    TaskBound bound = bound_of(task, level, preemptive);
    if (!bound.slack) {
      give_up(task, level);
    } else if (*bound.slack < Duration::zero()) {
      refuse(task, level, bound);
    } else {
      bound.blocking_tolerance = tolerance(level, task.deadline.value, preemptive);
    }
    analysis_.tasks.push_back(bound);
  }

  Analysis take() && {
    if (analysis_.reason.empty())
      analysis_.reason = "every response-time bound is within its deadline";
    return std::move(analysis_);
  }

 private:
  void give_up(const Task& task, const Level& level) {
    if (analysis_.verdict == Verdict::kUnschedulable) return;
    const std::string name = name_of(tasks_, task.id);
    if (level.overutilised) {
      analysis_.verdict = Verdict::kUnschedulable;
      analysis_.reason = name + " and the tasks above it use more than the whole lane";
      return;
    }
    doubt(name + "'s busy period is longer than the limit of the analysis");
  }

  void refuse(const Task& task, const Level& level, const TaskBound& bound) {
    if (analysis_.verdict == Verdict::kUnschedulable) return;
    const Failure failure{task.id, task.deadline.value, *bound.response_time - bound.blocking,
                          bound.blocking, level.block.blocker};
    const std::string text = late_sentence(tasks_, failure);
    if (has_offsets(tasks_))
      return doubt("sporadic tasks would miss, offsets may prevent it: " + text);
    if (level.ties) return doubt("equal priorities are counted against each other: " + text);
    analysis_.verdict = Verdict::kUnschedulable;
    analysis_.reason = text;
    analysis_.failure = failure;
  }

  void doubt(const std::string& reason) {
    if (analysis_.verdict == Verdict::kUnknown) return;
    analysis_.verdict = Verdict::kUnknown;
    analysis_.reason = reason;
  }

  const TaskSet& tasks_;
  Analysis analysis_;
};

}  // namespace

std::optional<std::int64_t> priority_of(Policy policy, const Task& task) {
  switch (policy) {
    case Policy::kRateMonotonic:
      return task.period.ns();
    case Policy::kDeadlineMonotonic:
      return task.deadline.value.ns();
    case Policy::kStaticPriority:
      return task.priority.value;
    case Policy::kEdf:
    case Policy::kFifo:
      break;
  }
  return std::nullopt;
}

Level level_of(const TaskSet& tasks, std::size_t i, Policy policy,
               std::optional<Blocking> blocking) {
  Level level{.own = timing(tasks[i])};
  const auto own = priority_of(policy, tasks[i]);
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    if (j == i) continue;
    const auto other = priority_of(policy, tasks[j]);
    if (other <= own) {
      level.higher.push_back(timing(tasks[j]));
      level.ties = level.ties || other == own;
    } else if (blocking) {
      const Duration length = blocking->of(longest_segment(tasks[j]));
      if (length > level.block.length) level.block = {length, tasks[j].id};
    }
  }
  level.overutilised = utilisation_of(level) > Rational(1);
  return level;
}

std::optional<std::vector<Duration>> successive_responses(const Level& level, bool preemptive) {
  if (level.overutilised) return std::nullopt;
  const auto jobs = jobs_in_busy_period(level);
  if (!jobs) return std::nullopt;
  std::vector<Duration> responses;
  std::int64_t steps = kMostEvaluations / static_cast<std::int64_t>(level.higher.size() + 1);
  Duration finished;
  for (std::int64_t q = 0; q < *jobs; ++q) {
    const auto done = finish(level, q, preemptive, finished, steps);
    if (!done) return std::nullopt;
    finished = *done;
    responses.push_back(finished - (q * level.own.period - level.own.jitter));
  }
  return responses;
}

Analysis analyse_levels(const TaskSet& tasks, Policy policy, std::optional<Blocking> blocking,
                        const char* theorem) {
  if (auto refusal = refused_input(tasks, theorem)) return *refusal;
  if (!priority_of(policy, tasks.front())) {
    return {Verdict::kUnknown, theorem,
            "the policy " + std::string(to_string(policy)) + " has no fixed priorities"};
  }
  Answer answer(tasks, theorem);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    answer.add(tasks[i], level_of(tasks, i, policy, blocking), !blocking);
  }
  return std::move(answer).take();
}

}  // namespace aegis::theory
