// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_edf_demand.h"

#include <algorithm>

#include "answers.h"
#include "edf_demand.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem =
    "processor demand with blocking, non-preemptive EDF (Jeffay, Stanat, Martel 1991; George, "
    "Rivierre, Spuri 1996; Bertogna, Baruah 2010)";

std::vector<TaskBound> bounds(const TaskSet& tasks, const BlockingProfile& profile,
                              const std::vector<Duration>& tolerance) {
  std::vector<TaskBound> all;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskBound bound{.task = tasks[i].id};
    bound.blocking = profile.at(tasks[i].deadline.value - tasks[i].release_jitter).length;
    if (!tolerance.empty()) bound.blocking_tolerance = tolerance[i];
    all.push_back(bound);
  }
  return all;
}

// What `ask` gives for the set without any blocking; empty when it is not schedulable even so.
template <class Ask>
std::vector<Duration> ask_without_blocking(const TaskSet& tasks, const Supply& supply,
                                           const Ask& ask) {
  if (!validate(tasks) || !validate(supply)) return {};
  const Timings timing = timings(tasks);
  if (compare_load_with_one(timing, supply) > 0) return {};
  const BlockingProfile nothing;
  const EdfDemand demand(timing, nothing, supply);
  if (demand.decide().verdict != Verdict::kSchedulable) return {};
  return ask(demand);
}

}  // namespace

Analysis analyse_np_edf_demand(const TaskSet& tasks, Blocking blocking, const Supply& supply) {
  if (auto refusal = refused_input(tasks, supply, kTheorem, blocking)) return *refusal;
  if (auto refusal = overutilised(tasks, supply, kTheorem)) return *refusal;
  const Timings timing = timings(tasks);
  const BlockingProfile profile(tasks, deadlines_of(timing), blocking);
  const EdfDemand demand(timing, profile, supply);
  const EdfDemand::Outcome outcome = demand.decide();
  if (outcome.verdict == Verdict::kUnschedulable) {
    return refused_by_demand(tasks, {{}, kTheorem, {}, bounds(tasks, profile, {})},
                             demand.failure_up_to(outcome.broken, tasks));
  }
  Analysis analysis{outcome.verdict, kTheorem, EdfDemand::kTooMany, bounds(tasks, profile, {})};
  if (outcome.verdict == Verdict::kSchedulable) {
    analysis.tasks = bounds(tasks, profile, demand.tolerances());
    analysis.reason = "in every interval, the jobs due and one blocking segment fit";
  }
  return analysis;
}

Verdict judge_np_edf_demand(const TaskSet& tasks, Blocking blocking, const Supply& supply) {
  if (!validate(tasks) || !validate(supply) || !validate(blocking)) return Verdict::kUnknown;
  const Timings timing = timings(tasks);
  if (compare_load_with_one(timing, supply) > 0) return Verdict::kUnschedulable;
  const BlockingProfile profile(tasks, deadlines_of(timing), blocking);
  const Verdict verdict = EdfDemand(timing, profile, supply).decide().verdict;
  const bool doubtful = verdict == Verdict::kUnschedulable && has_offsets(tasks);
  return doubtful ? Verdict::kUnknown : verdict;
}

std::optional<Duration> blocking_tolerance(const TaskSet& tasks, const Supply& supply) {
  const std::vector<Duration> tolerances =
      ask_without_blocking(tasks, supply, [](const EdfDemand& d) { return d.tolerances(); });
  if (tolerances.empty()) return std::nullopt;
  return *std::min_element(tolerances.begin(), tolerances.end());
}

std::vector<Duration> longest_admissible_segments(const TaskSet& tasks, const Supply& supply) {
  return ask_without_blocking(tasks, supply,
                              [](const EdfDemand& d) { return d.admissible_segments(); });
}

}  // namespace aegis::theory
