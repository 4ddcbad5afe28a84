// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/theory/end_to_end.h"

namespace aegis::theory {

// The stages of chains as tasks of their resources; end_to_end.h has the theory.

// One stage. `task.id` is its index among all stages of all chains.
struct StageTask {
  std::size_t chain = 0;
  std::size_t resource = 0;
  std::vector<std::size_t> predecessors;  // indices among all stages, each smaller than its own
  Duration earliest_arrival;              // phi, after the chain's arrival, as all that follow
  Duration longest_path;                  // of WCETs, this stage's included
  RelativeDeadline deadline;              // given or derived
  Task task;                              // as its resource sees it: D = deadline - phi
  Duration response;                      // R; what the iteration raises, from phi + J on
};
using StageTasks = std::vector<StageTask>;

// All stages, chain by chain in the order given, their jitters at the bottom of the iteration: the
// chain's own for first stages, zero for others. Errors as analyse_end_to_end().
[[nodiscard]] Result<StageTasks> stage_tasks(const Chains& chains, const Resources& resources);

// The tasks of one resource.
[[nodiscard]] TaskSet tasks_of(const StageTasks& stages, std::size_t resource);

// The options with deadline monotonic priorities as static ones: those of the deadlines that count
// from the chain's arrival, which run time has too, and not of D, which the analysis derives.
[[nodiscard]] AnalysisOptions options_for_stages(AnalysisOptions options);

}  // namespace aegis::theory
