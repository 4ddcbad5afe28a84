// SPDX-License-Identifier: Apache-2.0
#include "overload_stay.h"

#include <algorithm>

#include "aegis/theory/fifo_response_time.h"

#include "edf_response.h"
#include "level_response.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// Whether `responds_within(i, stay)` for every task whose deadline allows it to outstay.
template <class RespondsWithin>
bool all_within(const TaskSet& tasks, const RespondsWithin& responds_within) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (may_outstay_its_rule(tasks[i]) && !responds_within(i, longest_stay(tasks[i]))) return false;
  }
  return true;
}

bool kept_by_edf(const TaskSet& tasks, const AnalysisOptions& options) {
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  const Timings ordering = timings(tasks);
  const BlockingProfile profile =
      preemptive ? BlockingProfile()
                 : BlockingProfile(tasks, deadlines_of(ordering), options.blocking);
  const EdfResponse response(ordering, profile, options.supply, preemptive);
  return all_within(tasks,
                    [&](std::size_t i, Duration stay) { return response.is_within(i, stay); });
}

bool kept_by_fifo(const TaskSet& tasks, const AnalysisOptions& options) {
  const Analysis analysis = analyse_fifo_response_time(tasks, options.blocking, options.supply);
  return all_within(tasks, [&](std::size_t i, Duration stay) {
    const auto bound = analysis.tasks[i].response_time;
    return bound && *bound <= stay;
  });
}

LevelTerms level_terms(const AnalysisOptions& options) {
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  return {options.policy, preemptive ? std::nullopt : std::optional(options.blocking),
          options.supply};
}

}  // namespace

Duration longest_stay(const Task& task) {
  const bool queues = task.overload.rule == OverloadRule::kQueue;
  const std::int64_t periods = 1 + (queues ? std::int64_t{task.overload.queue_depth} : 0);
  return Duration::checked_multiply(task.period, periods).value_or(Duration::max());
}

bool may_outstay_its_rule(const Task& task) {
  return task.deadline.value > longest_stay(task);
}

bool keeps_overload_rules(const TaskSet& charged, const AnalysisOptions& options) {
  if (std::none_of(charged.begin(), charged.end(), may_outstay_its_rule)) return true;
  if (options.policy == Policy::kEdf) return kept_by_edf(charged, options);
  if (options.policy == Policy::kFifo) return kept_by_fifo(charged, options);
  const LevelTerms terms = level_terms(options);
  return all_within(charged, [&](std::size_t i, Duration stay) {
    const auto longest = longest_response(level_of(charged, i, terms), stay);
    return longest && *longest <= stay;
  });
}

Duration tolerance_within_rule(const TaskSet& charged, const AnalysisOptions& options,
                               std::size_t i, Duration tolerance) {
  if (!may_outstay_its_rule(charged[i])) return tolerance;
  const LevelTerms terms = level_terms(options);
  if (priority_of(options.policy, charged[i])) {
    return blocking_tolerance(level_of(charged, i, terms), longest_stay(charged[i]));
  }
  const Duration best_effort =
      terms.blocking ? terms.blocking->of(terms.blocking->best_effort) : Duration::zero();
  return std::min(tolerance, best_effort);
}

}  // namespace aegis::theory
