// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/service/analyze.h"

namespace aegis::service {

// What is wrong with a request, found before it has cost anything: what does not go together, and
// outputs that cannot be written.
[[nodiscard]] std::optional<Problem> contradiction(const AnalyzeRequest& request);

// What is wrong with it for this set: times between the ticks, overheads whose sums overflow, a
// simulation too long.
[[nodiscard]] std::optional<Problem> unusable(const AnalyzeRequest& request,
                                              const theory::TaskSet& tasks);

}  // namespace aegis::service
