// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/preemptive_edf_demand.h"

#include "answers.h"
#include "edf_demand.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem =
    "processor demand, preemptive EDF (Baruah, Mok, Rosier 1990; Spuri 1996)";

std::string reason(const TaskSet& tasks, const DemandCheck& check) {
  if (check.failure) return sentence(tasks, *check.failure);
  if (check.verdict == Verdict::kSchedulable) return "in every interval, the jobs due fit";
  return "the set has more deadlines to check than the limit of 1,000,000";
}

}  // namespace

Analysis analyse_preemptive_edf_demand(const TaskSet& tasks) {
  if (auto refusal = refused_input(tasks, kTheorem)) return *refusal;
  if (auto refusal = overutilised(tasks, kTheorem)) return *refusal;
  const DemandCheck check = check_demand(tasks, BlockingProfile());
  if (check.failure && has_offsets(tasks)) {
    return {
        Verdict::kUnknown, kTheorem,
        "sporadic tasks would miss, the declared offsets may prevent it: " + reason(tasks, check)};
  }
  Analysis analysis{check.verdict, kTheorem, reason(tasks, check), {}, check.failure};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    analysis.tasks.push_back({.task = tasks[i].id});
    if (!check.tolerance.empty()) analysis.tasks[i].blocking_tolerance = check.tolerance[i];
  }
  return analysis;
}

}  // namespace aegis::theory
