// SPDX-License-Identifier: Apache-2.0
#include "answers.h"

#include <algorithm>

#include "aegis/base/duration_text.h"

namespace aegis::theory {

std::string name_of(const TaskSet& tasks, TaskId task) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [task](const Task& t) { return t.id == task; });
  if (found != tasks.end() && !found->name.empty()) return found->name;
  return "task " + std::to_string(task.value);
}

std::optional<Analysis> refused_input(const TaskSet& tasks, const char* theorem) {
  const Status valid = validate(tasks);
  if (valid) return std::nullopt;
  return Analysis{Verdict::kUnknown, theorem,
                  "not a task set to analyse: " + valid.error().message()};
}

std::optional<Analysis> overutilised(const TaskSet& tasks, const char* theorem) {
  const Rational u = utilisation(tasks);
  if (u <= Rational(1)) return std::nullopt;
  return Analysis{Verdict::kUnschedulable, theorem,
                  "the utilisation " + std::to_string(u.to_double()) +
                      " exceeds 1: work arrives faster than one lane can do it"};
}

bool has_offsets(const TaskSet& tasks) {
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const Task& t) { return t.offset.has_value(); });
}

std::string sentence(const TaskSet& tasks, const Failure& failure) {
  std::string text = "in " + format_duration(failure.interval) + ", jobs due need " +
                     format_duration(failure.demand);
  if (failure.blocker.valid()) {
    text += " and " + name_of(tasks, failure.blocker) + ", started just before, holds the lane " +
            format_duration(failure.blocking);
  }
  return text + ": " + format_duration(failure.demand + failure.blocking) + " > " +
         format_duration(failure.interval);
}

}  // namespace aegis::theory
