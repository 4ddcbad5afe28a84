// SPDX-License-Identifier: Apache-2.0
#include "level_limit.h"

#include <algorithm>
#include <utility>

#include "bisection.h"
#include "dropped_jobs.h"
#include "level_response.h"

namespace aegis::theory {
namespace {

class Levels {
 public:
  Levels(const TaskSet& tasks, const AnalysisOptions& options, TaskSet charged, std::size_t changed,
         Parameter parameter)
      : original_(tasks[changed]),
        options_(options),
        charged_(std::move(charged)),
        changed_(changed),
        parameter_(parameter),
        terms_{.policy = options.policy, .blocking = {}, .supply = options.supply} {
    if (options.preemption == Preemption::kNonPreemptive) terms_.blocking = options.blocking;
  }

  // Whether task i is in time with this value.
  bool in_time(std::size_t i, Duration value) {
    if (value <= Duration::zero() && parameter_ != Parameter::kJitter) return false;
    const auto task = charged_for({with(original_, parameter_, value)}, options_);
    if (!task) return false;
    charged_[changed_] = task->front();
    const Duration due = std::min(charged_[i].deadline.value, longest_stay(charged_[i]));
    const auto response = longest_response(level_of(charged_, i, terms_), due);
    return response && *response <= due;
  }

 private:
  const Task& original_;
  const AnalysisOptions& options_;
  TaskSet charged_;
  std::size_t changed_;
  Parameter parameter_;
  LevelTerms terms_;
};

}  // namespace

Duration limit_by_levels(const TaskSet& tasks, const AnalysisOptions& options, std::size_t changed,
                         Parameter parameter, Duration holds, Duration breaks) {
  auto charged = charged_for(tasks, options);
  if (!charged) return holds;
  Levels levels(tasks, options, std::move(*charged), changed, parameter);
  Duration least = breaks;
  // The changed task first: its own limit is often the least.
  for (std::size_t k = 0; k < tasks.size() && least != holds; ++k) {
    const std::size_t i = k == 0 ? changed : k - (k <= changed ? 1 : 0);
    if (levels.in_time(i, least)) continue;
    least = between(holds, least, [&](Duration x) { return levels.in_time(i, x); });
  }
  return least;
}

}  // namespace aegis::theory
