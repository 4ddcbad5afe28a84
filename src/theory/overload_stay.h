// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// How long after its arrival a job may stay without its overload rule dropping a later one: T for
// skip and reject, (depth + 1) T for a queue. Duration::max() when that is longer than any time.
[[nodiscard]] Duration longest_stay(const Task& task);

// Whether a job that is in time may still be late enough for that.
[[nodiscard]] bool may_outstay_its_rule(const Task& task);

// Whether no job of a schedulable set, its overheads charged, outstays its rule: by the response
// bounds of those tasks only whose deadlines do not say so already.
[[nodiscard]] bool keeps_overload_rules(const TaskSet& charged, const AnalysisOptions& options);

// The longest foreign segment under which task i also keeps its rule, where `tolerance` is the one
// under which it keeps its deadline: under EDF, where the demand says nothing of responses, that of
// best effort, with which they were bounded. Precondition: it keeps both as it is.
[[nodiscard]] Duration tolerance_within_rule(const TaskSet& charged, const AnalysisOptions& options,
                                             std::size_t i, Duration tolerance);

}  // namespace aegis::theory
