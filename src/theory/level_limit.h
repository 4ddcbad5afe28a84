// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "aegis/theory/sensitivity.h"

namespace aegis::theory {

// Where the limit of a number lies between a value that holds and one that does not, under static
// priorities: the least of the limits that each task's response sets. Task after task, only the
// best value so far is tried, and bisection begins where that fails; of n limits in any order
// about ln n are a new least, so that this costs some n + 30 ln n responses where bisection over
// the whole set costs 30 n. Precondition: validate(tasks), and the policy is kStaticPriority.
[[nodiscard]] Duration limit_by_levels(const TaskSet& tasks, const AnalysisOptions& options,
                                       std::size_t changed, Parameter parameter, Duration holds,
                                       Duration breaks);

}  // namespace aegis::theory
