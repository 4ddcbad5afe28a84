// SPDX-License-Identifier: Apache-2.0
#include "level_response.h"

#include <algorithm>

#include "fixed_point.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// How often one task's share of the recurrence may be evaluated for one level and blocking: at 5 ns
// each, 25 ms. A busy period that needs more has hundreds of thousands of jobs.
constexpr std::int64_t kMostEvaluations = 5'000'000;

constexpr Duration kTick = Duration::nanoseconds(1);

std::int64_t most_steps(const Level& level) {
  return kMostEvaluations / static_cast<std::int64_t>(level.higher.size() + 1);
}

// The jobs of the task that must be looked at, and why no others.
struct Jobs {
  std::int64_t count = 0;
  Extent extent = Extent::kBusyPeriod;
  Duration length;
};

// Those of the level-i busy period, but no more than one hyperperiod H holds, since S(k + H / T) <=
// S(k) + H when the load is at most 1 (put S(k) + H into its recurrence). With a load of 1 and
// blocking or jitter the period may never end.
std::optional<Jobs> jobs_to_look_at(const Level& level) {
  Timings all = level.higher;
  all.push_back(level.own);
  const auto busy_jobs = [&](Duration limit) -> std::optional<Jobs> {
    const auto busy = busy_period(all, level.block.length, limit, level.supply);
    if (!busy) return std::nullopt;
    const auto count = -floor_divide(-(*busy + level.own.jitter), level.own.period);
    return Jobs{count, Extent::kBusyPeriod, *busy};
  };
  // Most busy periods end within a few periods, long before a hyperperiod is worth computing.
  if (const auto jobs = busy_jobs(4 * level.own.period)) return jobs;
  const auto cycle = hyperperiod(all, level.supply);
  if (const auto jobs = busy_jobs(cycle.value_or(kLargestSum))) return jobs;
  if (cycle) return Jobs{*cycle / level.own.period, Extent::kHyperperiod, *cycle};
  return std::nullopt;
}

struct Completion {
  Duration start;  // of the last segment
  Duration finish;
};

// When the q-th job (from 0) of the busy period is done, counted from its begin, knowing that it
// does not start before `from`.
std::optional<Completion> complete(const Level& level, std::int64_t q, Duration from,
                                   std::int64_t& steps) {
  const Duration tail = level.preemptive ? Duration::zero() : level.own.last_segment;
  const Duration service = level.preemptive ? Duration::zero() : kTick;
  const Duration fixed = level.block.length + (q + 1) * level.own.wcet - tail;
  const auto work = [&](Duration x) {
    Duration sum = fixed;
    for (const Timing& task : level.higher) {
      sum += level.preemptive ? requested_before(task, x) : requested_until(task, x);
    }
    return sum;
  };
  const auto start = least_fixed_point(
      std::max(fixed, from), 2 * kLargestSum, steps,
      [&](Duration x) { return work(x) + lost_supply(level.supply, x + service); });
  if (!start) return std::nullopt;
  if (level.preemptive) return Completion{*start, *start};
  return Completion{*start,
                    std::max(*start + tail, time_to_serve(level.supply, work(*start) + tail))};
}

// Calls `look(arrival, completion)` for the jobs in order until it answers false. Whether all were
// seen that it wanted to see.
template <class Look>
bool for_successive_jobs(const Level& level, const Look& look) {
  if (level.overutilised) return false;
  const auto jobs = jobs_to_look_at(level);
  if (!jobs) return false;
  std::int64_t steps = most_steps(level);
  Duration from;
  for (std::int64_t q = 0; q < jobs->count; ++q) {
    const auto done = complete(level, q, from, steps);
    if (!done) return false;
    from = done->start;
    if (!look(q * level.own.period - level.own.jitter, *done)) break;
  }
  return true;
}

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

Level level_of(const TaskSet& tasks, std::size_t i, const LevelTerms& terms) {
  Level level{.own = timing(tasks[i]), .supply = terms.supply, .preemptive = terms.preemptive()};
  if (terms.blocking) level.block.length = terms.blocking->of(terms.blocking->best_effort);
  const auto own = priority_of(terms.policy, tasks[i]);
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    if (j == i) continue;
    const auto other = priority_of(terms.policy, tasks[j]);
    if (other <= own) {
      level.higher.push_back(timing(tasks[j]));
      level.ties = level.ties || other == own;
    } else if (terms.blocking) {
      const Duration length = terms.blocking->of(longest_segment(tasks[j]));
      if (length > level.block.length) level.block = {length, tasks[j].id};
    }
  }
  Timings all = level.higher;
  all.push_back(level.own);
  level.overutilised = compare_load_with_one(all, level.supply) > 0;
  return level;
}

std::optional<std::vector<Duration>> successive_responses(const Level& level) {
  std::vector<Duration> responses;
  const bool all = for_successive_jobs(level, [&](Duration arrival, const Completion& done) {
    responses.push_back(done.finish - arrival);
    return true;
  });
  if (!all) return std::nullopt;
  return responses;
}

std::optional<Duration> longest_response(const Level& level, Duration limit) {
  Duration longest;
  const bool all = for_successive_jobs(level, [&](Duration arrival, const Completion& done) {
    longest = std::max(longest, done.finish - arrival);
    return longest <= limit;
  });
  if (!all) return std::nullopt;
  return longest;
}

Duration blocking_tolerance(Level level, Duration deadline) {
  Duration holds = level.block.length, breaks = deadline + kTick;
  while (breaks - holds > kTick) {
    level.block.length = holds + (breaks - holds) / 2;
    const auto longest = longest_response(level, deadline);
    (longest && *longest <= deadline ? holds : breaks) = level.block.length;
  }
  return holds;
}

// As EdfResponse::proof: downwards, since what one job's completion says of those before it.
std::optional<ResponseProof> prove_responses(const Level& level, Duration bound) {
  const auto jobs = jobs_to_look_at(level);
  if (!jobs) return std::nullopt;
  std::int64_t steps = most_steps(level);
  ResponseProof proof{jobs->extent, jobs->length, {}};
  for (std::int64_t q = jobs->count - 1; q >= 0;) {
    const auto done = complete(level, q, Duration::zero(), steps);
    if (!done) return std::nullopt;
    proof.steps.push_back({q * level.own.period - level.own.jitter, done->start, done->finish});
    // The first job that, done by then, is within the bound.
    const Duration since = done->finish - bound + level.own.jitter;
    q = std::min(q, -floor_divide(-since, level.own.period)) - 1;
  }
  std::reverse(proof.steps.begin(), proof.steps.end());
  return proof;
}

}  // namespace aegis::theory
