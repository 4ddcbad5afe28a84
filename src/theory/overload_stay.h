// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace aegis::theory
