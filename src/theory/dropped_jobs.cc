// SPDX-License-Identifier: Apache-2.0
#include "dropped_jobs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "edf_response.h"

namespace aegis::theory {
namespace {

bool is_schedulable_by_edf(const TaskSet& tasks, const AnalysisOptions& options) {
  TaskSet dropless = tasks;
  for (Task& task : dropless) {
    if (may_outstay_its_rule(task)) task = never_dropping(std::move(task));
  }
  if (judge(dropless, options) != Verdict::kSchedulable) return false;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!may_outstay_its_rule(tasks[i])) continue;
    const Duration stay = longest_stay(tasks[i]);
    // No response of a schedulable set is longer than the deadline it is charged with.
    if (tasks[i].deadline.value - options.overheads.clock_error <= stay) continue;
    const auto bound = edf_response_time(tasks, options, i);
    if (!bound || *bound > stay) return false;
  }
  return true;
}

}  // namespace

std::optional<Duration> edf_response_time(const TaskSet& tasks, const AnalysisOptions& options,
                                          std::size_t i) {
  const auto charged = charged_for(tasks, options);
  if (!charged) return std::nullopt;
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  const Timings ordering = timings(*charged);
  const BlockingProfile profile =
      preemptive ? BlockingProfile()
                 : BlockingProfile(*charged, deadlines_of(ordering), options.blocking);
  return EdfResponse(ordering, profile, options.supply, preemptive).bound(i);
}

Task never_dropping(Task task) {
  task.overload = {OverloadRule::kQueue, std::numeric_limits<std::uint32_t>::max()};
  return task;
}

bool is_schedulable(const TaskSet& tasks, const AnalysisOptions& options) {
  if (std::none_of(tasks.begin(), tasks.end(), may_outstay_its_rule)) {
    return judge(tasks, options) == Verdict::kSchedulable;
  }
  if (options.policy == policy::Policy::kEdf) return is_schedulable_by_edf(tasks, options);
  if (options.policy == policy::Policy::kDeadlineMonotonic) {
    return judge(tasks, options) == Verdict::kSchedulable;  // deadlines are its priorities
  }
  TaskSet within = tasks;
  for (Task& task : within) {
    const Duration stay = std::min(longest_stay(task), kLargestSum) + options.overheads.clock_error;
    task.deadline.value = std::min(task.deadline.value, stay);
  }
  return judge(within, options) == Verdict::kSchedulable;
}

}  // namespace aegis::theory
