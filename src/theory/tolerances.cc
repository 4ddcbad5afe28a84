// SPDX-License-Identifier: Apache-2.0
#include "tolerances.h"

#include <algorithm>

#include "aegis/theory/np_edf_demand.h"
#include "aegis/theory/preemptive_edf_demand.h"

#include "level_response.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// The segment whose blocking is this long.
Duration segment_of(Duration blocking, const Blocking& convention) {
  const bool closed = convention.convention == Blocking::Convention::kClosed;
  if (closed || blocking == Duration::max()) return blocking;
  return blocking + convention.tick;
}

std::optional<Tolerances> under_edf(const TaskSet& tasks, const AnalysisOptions& options) {
  const Blocking& convention = options.blocking;
  const Analysis analysis = analyse_preemptive_edf_demand(tasks, options.supply);
  const std::vector<Duration> own = longest_admissible_segments(tasks, options.supply);
  if (analysis.verdict != Verdict::kSchedulable || own.empty()) return std::nullopt;
  Tolerances result;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto foreign = analysis.tasks[i].blocking_tolerance;
    if (!foreign) return std::nullopt;
    result.foreign.emplace_back(segment_of(*foreign, convention));
    result.own.emplace_back(segment_of(own[i], convention));
  }
  return result;
}

std::optional<Duration> foreign_under_fp(const TaskSet& tasks, std::size_t i,
                                         const AnalysisOptions& options) {
  const LevelTerms terms{
      .policy = options.policy, .blocking = options.blocking, .supply = options.supply};
  Level level = level_of(tasks, i, terms);
  level.block = {};
  const Duration deadline = tasks[i].deadline.value;
  const auto response = longest_response(level, deadline);
  if (!response || *response > deadline) return std::nullopt;
  return segment_of(blocking_tolerance(level, deadline), options.blocking);
}

Tolerances under_fp(const TaskSet& tasks, const AnalysisOptions& options) {
  Tolerances result;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    result.foreign.push_back(foreign_under_fp(tasks, i, options));
  }
  for (const Task& task : tasks) {
    std::optional<Duration> least = Duration::max();
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      if (priority_of(options.policy, tasks[j]) >= priority_of(options.policy, task)) continue;
      least = least && result.foreign[j] ? std::optional(std::min(*least, *result.foreign[j]))
                                         : std::nullopt;
    }
    result.own.push_back(least);
  }
  return result;
}

}  // namespace

std::optional<Tolerances> tolerances(const TaskSet& charged, const AnalysisOptions& options) {
  if (!validate(charged) || !validate(options.supply) || !validate(options.blocking)) return {};
  if (options.preemption == Preemption::kPreemptive) return std::nullopt;
  if (options.policy == Policy::kFifo) return std::nullopt;
  if (options.policy == Policy::kEdf) return under_edf(charged, options);
  return under_fp(charged, options);
}

}  // namespace aegis::theory
