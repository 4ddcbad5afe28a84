// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// How long a single segment may be, per task, in the set's order. Unlike the blocking_tolerance of
// an Analysis, the segments of the set's own do not count, so that a set refused for one of them
// has tolerances too.
struct Tolerances {
  // From anywhere else, without breaking the task's own deadlines; nothing: broken without any.
  std::vector<std::optional<Duration>> foreign;
  // Of the task's own, without breaking the others' deadlines; Duration::max(): none can break.
  std::vector<std::optional<Duration>> own;
};

// `charged` is a set with its overheads inside, and so are the answers. Nothing where segments do
// not block by their length alone (preemptive, FIFO) and where the analysis refuses the set or
// reaches its limits. Under fixed priorities 30 response times a task.
[[nodiscard]] std::optional<Tolerances> tolerances(const TaskSet& charged,
                                                   const AnalysisOptions& options);

}  // namespace aegis::theory
