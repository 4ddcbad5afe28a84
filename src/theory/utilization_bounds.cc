// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/utilization_bounds.h"

#include <algorithm>

#include "aegis/base/rational.h"

#include "answers.h"

namespace aegis::theory {
namespace {

// What the tests need beyond small utilisations; nothing when they apply.
const char* obstacle(const TaskSet& tasks) {
  for (const Task& task : tasks) {
    if (task.deadline.value < task.period) return "a deadline is shorter than its period";
    if (task.release_jitter > Duration::zero()) return "a task has release jitter";
  }
  return nullptr;
}

bool within_liu_layland(const TaskSet& tasks) {
  const Rational factor = Rational(1) + utilisation(tasks) * Rational(1, tasks.size());
  Rational power(1);
  for (std::size_t i = 0; i < tasks.size(); ++i) power = power * factor;
  return power <= Rational(2);
}

bool within_hyperbola(const TaskSet& tasks) {
  Rational product(1);
  for (const Task& task : tasks) product = product * (Rational(1) + utilisation({task}));
  return product <= Rational(2);
}

Analysis analyse_bound(const TaskSet& tasks, const char* theorem, bool (*holds)(const TaskSet&)) {
  if (auto refusal = refused_input(tasks, Supply{}, theorem)) return *refusal;
  if (auto refusal = overutilised(tasks, Supply{}, theorem)) return *refusal;
  if (const char* why = obstacle(tasks)) {
    return {Verdict::kUnknown, theorem, std::string("the bound does not apply: ") + why};
  }
  const std::string u = std::to_string(utilisation(tasks).to_double());
  if (holds(tasks))
    return {Verdict::kSchedulable, theorem, "the utilisation " + u + " is within the bound"};
  return {Verdict::kUnknown, theorem,
          "the utilisation " + u + " is beyond the bound, which is sufficient only"};
}

}  // namespace

Analysis analyse_liu_layland_bound(const TaskSet& tasks) {
  return analyse_bound(tasks, "utilisation bound, preemptive rate monotonic (Liu, Layland 1973)",
                       within_liu_layland);
}

Analysis analyse_hyperbolic_bound(const TaskSet& tasks) {
  return analyse_bound(
      tasks, "hyperbolic bound, preemptive rate monotonic (Bini, Buttazzo, Buttazzo 2003)",
      within_hyperbola);
}

}  // namespace aegis::theory
