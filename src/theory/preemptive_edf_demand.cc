// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/preemptive_edf_demand.h"

#include <utility>

#include "answers.h"
#include "edf_demand.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem =
    "processor demand, preemptive EDF (Baruah, Mok, Rosier 1990; Spuri 1996)";

}  // namespace

Analysis analyse_preemptive_edf_demand(const TaskSet& tasks, const Supply& supply) {
  if (auto refusal = refused_input(tasks, supply, kTheorem)) return *refusal;
  if (auto refusal = overutilised(tasks, supply, kTheorem)) return *refusal;
  const Timings timing = timings(tasks);
  const BlockingProfile nothing;
  const EdfDemand demand(timing, nothing, supply);
  const EdfDemand::Outcome outcome = demand.decide();
  Analysis analysis{outcome.verdict, kTheorem, EdfDemand::kTooMany};
  for (const Task& task : tasks) analysis.tasks.push_back({.task = task.id});
  if (outcome.verdict == Verdict::kUnschedulable) {
    const Failure failure = demand.failure_up_to(outcome.broken, tasks);
    return refused_by_demand(tasks, std::move(analysis), failure);
  }
  if (outcome.verdict == Verdict::kUnknown) return analysis;
  analysis.reason = "in every interval, the jobs due fit";
  const std::vector<Duration> tolerances = demand.tolerances();
  for (std::size_t i = 0; i < tolerances.size(); ++i) {
    analysis.tasks[i].blocking_tolerance = tolerances[i];
  }
  return analysis;
}

Verdict judge_preemptive_edf_demand(const TaskSet& tasks, const Supply& supply) {
  if (!validate(tasks) || !validate(supply)) return Verdict::kUnknown;
  const Timings timing = timings(tasks);
  if (compare_load_with_one(timing, supply) > 0) return Verdict::kUnschedulable;
  const BlockingProfile nothing;
  const Verdict verdict = EdfDemand(timing, nothing, supply).decide().verdict;
  const bool doubtful = verdict == Verdict::kUnschedulable && has_offsets(tasks);
  return doubtful ? Verdict::kUnknown : verdict;
}

}  // namespace aegis::theory
