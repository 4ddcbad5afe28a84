// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "aegis/theory/schedulability.h"

#include "overload_stay.h"

namespace aegis::theory {

// The bound on the response time of one task under EDF; nothing as in EdfResponse.
[[nodiscard]] std::optional<Duration> edf_response_time(const TaskSet& tasks,
                                                        const AnalysisOptions& options,
                                                        std::size_t i);

// The same task with a queue that no job within 2^60 ns can fill.
[[nodiscard]] Task never_dropping(Task task);

}  // namespace aegis::theory
