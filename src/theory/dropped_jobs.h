// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "aegis/theory/schedulability.h"

#include "overload_stay.h"

namespace aegis::theory {

// Whether judge() answers kSchedulable, at the price of a search also where jobs may outstay their
// overload rule (D beyond the stay): judge() then needs the whole analysis, this only
//
//   fixed priorities, FIFO   a deadline no longer than the stay, since responses do not depend on D
//   EDF                      the response bounds of the tasks whose D is longer
//
// Precondition: validate(tasks).
[[nodiscard]] bool is_schedulable(const TaskSet& tasks, const AnalysisOptions& options);

// The bound on the response time of one task under EDF; nothing as in EdfResponse.
[[nodiscard]] std::optional<Duration> edf_response_time(const TaskSet& tasks,
                                                        const AnalysisOptions& options,
                                                        std::size_t i);

// The same task with a queue that no job within 2^60 ns can fill.
[[nodiscard]] Task never_dropping(Task task);

}  // namespace aegis::theory
