// SPDX-License-Identifier: Apache-2.0
#include "answers.h"

#include <algorithm>

#include "aegis/base/duration_text.h"

#include "timing.h"

namespace aegis::theory {

std::string name_of(const TaskSet& tasks, TaskId task) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [task](const Task& t) { return t.id == task; });
  if (found != tasks.end() && !found->name.empty()) return found->name;
  return "task " + std::to_string(task.value);
}

std::optional<Analysis> refused_input(const TaskSet& tasks, const Supply& supply,
                                      const char* theorem, const Blocking& blocking) {
  if (const Status valid = validate(tasks); !valid) {
    return Analysis{Verdict::kUnknown, theorem,
                    "not a task set to analyse: " + valid.error().message()};
  }
  if (const Status valid = validate(supply); !valid) {
    return Analysis{Verdict::kUnknown, theorem,
                    "not a supply to analyse: " + valid.error().message()};
  }
  if (const Status valid = validate(blocking); !valid) {
    return Analysis{Verdict::kUnknown, theorem,
                    "not a blocking to analyse: " + valid.error().message()};
  }
  return std::nullopt;
}

std::optional<Analysis> overutilised(const TaskSet& tasks, const Supply& supply,
                                     const char* theorem) {
  if (compare_load_with_one(timings(tasks), supply) <= 0) return std::nullopt;
  std::string reason = "the utilisation " + std::to_string(utilisation(tasks).to_double());
  if (!supply.is_full()) {
    reason += ", with " + format_duration(supply.lost) + " of every " +
              format_duration(supply.window) + " lost,";
  }
  return Analysis{Verdict::kUnschedulable, theorem,
                  reason + " exceeds 1: work arrives faster than one lane can do it"};
}

bool has_offsets(const TaskSet& tasks) {
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const Task& t) { return t.offset.has_value(); });
}

std::string blocker_of(const TaskSet& tasks, const Failure& failure) {
  return failure.blocker.valid() ? name_of(tasks, failure.blocker) : "best effort";
}

std::string sentence(const TaskSet& tasks, const Failure& failure) {
  if (failure.interval <= Duration::zero()) {
    return name_of(tasks, failure.task) +
           " may be released when it is already due: its release jitter reaches its deadline";
  }
  std::string text = "in " + format_duration(failure.interval) + ", jobs due need " +
                     format_duration(failure.demand);
  if (failure.blocking > Duration::zero()) {
    text += " and " + blocker_of(tasks, failure) + ", started just before, holds the lane " +
            format_duration(failure.blocking);
  }
  if (failure.lost > Duration::zero()) {
    text += " and " + format_duration(failure.lost) + " may be lost";
  }
  return text + ": " + format_duration(failure.needed()) + " > " +
         format_duration(failure.interval);
}

Analysis refused_by_demand(const TaskSet& tasks, Analysis analysis, const Failure& failure) {
  analysis.reason = sentence(tasks, failure);
  if (has_offsets(tasks)) {
    analysis.verdict = Verdict::kUnknown;
    analysis.reason =
        "sporadic tasks would miss, the declared offsets may prevent it: " + analysis.reason;
    return analysis;
  }
  analysis.verdict = Verdict::kUnschedulable;
  analysis.failure = failure;
  return analysis;
}

}  // namespace aegis::theory
