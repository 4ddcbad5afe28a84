// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// Whether judge() answers kSchedulable, at the price of a search also where jobs may outstay their
// overload rule (D beyond the stay): judge() then needs the whole analysis, this only
//
//   fixed priorities, FIFO   a deadline no longer than the stay, since responses do not depend on D
//   EDF                      the response bounds of the tasks whose D is longer
//
// Precondition: validate(tasks).
[[nodiscard]] bool is_schedulable(const TaskSet& tasks, const AnalysisOptions& options);

// How long after its arrival a job may stay without its overload rule dropping a later one;
// Duration::max() when that is longer than any time.
[[nodiscard]] Duration longest_stay(const Task& task);

}  // namespace aegis::theory
