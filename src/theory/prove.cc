// SPDX-License-Identifier: Apache-2.0
#include "prove.h"

#include <algorithm>
#include <utility>

#include "edf_demand.h"
#include "edf_response.h"
#include "level_response.h"
#include "overload_stay.h"

namespace aegis::theory {
namespace {

using policy::Policy;

bool is_preemptive(const AnalysisOptions& options) {
  return options.preemption == Preemption::kPreemptive;
}

// What the analysis promises to each task; empty when it derived no tolerance.
std::vector<Duration> tolerances_of(const Analysis& analysis) {
  std::vector<Duration> tolerances;
  for (const TaskBound& bound : analysis.tasks) {
    if (!bound.blocking_tolerance) return {};
    tolerances.push_back(*bound.blocking_tolerance);
  }
  return tolerances;
}

// EDF and FIFO: by arrival + a constant. A bound that is the deadline rests on the demand.
std::optional<std::vector<TaskProof>> prove_responses_by(const EdfResponse& response,
                                                         const TaskSet& tasks,
                                                         const Analysis& analysis,
                                                         bool demand_proves_deadlines) {
  std::vector<TaskProof> proofs;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Duration bound = *analysis.tasks[i].response_time;
    TaskProof proof{.task = tasks[i].id, .response = {}, .tolerance = {}};
    if (!demand_proves_deadlines || bound < tasks[i].deadline.value) {
      auto steps = response.proof(i, bound);
      if (!steps) return std::nullopt;
      proof.response = std::move(*steps);
    }
    proofs.push_back(std::move(proof));
  }
  return proofs;
}

std::optional<Proof> prove_edf(const TaskSet& tasks, const AnalysisOptions& options,
                               const Analysis& analysis) {
  const Timings timing = timings(tasks);
  const BlockingProfile blocking =
      is_preemptive(options) ? BlockingProfile()
                             : BlockingProfile(tasks, deadlines_of(timing), options.blocking);
  auto demand = EdfDemand(timing, blocking, options.supply).proof(tolerances_of(analysis));
  const EdfResponse response(timing, blocking, options.supply, is_preemptive(options));
  auto responses = prove_responses_by(response, tasks, analysis, true);
  if (!demand || !responses) return std::nullopt;
  return Proof{std::move(demand), std::move(*responses)};
}

std::optional<Proof> prove_fifo(const TaskSet& tasks, const AnalysisOptions& options,
                                const Analysis& analysis) {
  Timings ordering = timings(tasks);
  for (Timing& task : ordering) task.deadline = Duration::zero();
  const BlockingProfile blocking(tasks, deadlines_of(ordering), options.blocking);
  const EdfResponse response(ordering, blocking, options.supply, /*preemptive=*/false);
  auto responses = prove_responses_by(response, tasks, analysis, false);
  if (!responses) return std::nullopt;
  return Proof{std::nullopt, std::move(*responses)};
}

std::optional<TaskProof> prove_level(const Task& task, Level level, const TaskBound& bound) {
  auto response = prove_responses(level, *bound.response_time);
  if (!response) return std::nullopt;
  TaskProof proof{task.id, std::move(*response), {}};
  if (!bound.blocking_tolerance) return proof;
  level.block.length = *bound.blocking_tolerance;
  proof.tolerance = prove_responses(level, std::min(task.deadline.value, longest_stay(task)));
  return proof.tolerance ? std::optional(std::move(proof)) : std::nullopt;
}

std::optional<Proof> prove_levels(const TaskSet& tasks, const AnalysisOptions& options,
                                  const Analysis& analysis) {
  const LevelTerms terms{options.policy,
                         is_preemptive(options) ? std::nullopt : std::optional(options.blocking),
                         options.supply};
  Proof proof;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto task = prove_level(tasks[i], level_of(tasks, i, terms), analysis.tasks[i]);
    if (!task) return std::nullopt;
    proof.tasks.push_back(std::move(*task));
  }
  return proof;
}

}  // namespace

std::optional<Proof> prove(const TaskSet& charged, const AnalysisOptions& options,
                           const Analysis& analysis) {
  switch (options.policy) {
    case Policy::kEdf:
      return prove_edf(charged, options, analysis);
    case Policy::kFifo:
      return prove_fifo(charged, options, analysis);
    case Policy::kRateMonotonic:
    case Policy::kDeadlineMonotonic:
    case Policy::kStaticPriority:
      break;
  }
  return prove_levels(charged, options, analysis);
}

}  // namespace aegis::theory
