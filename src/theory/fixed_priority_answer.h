// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/verdict.h"

#include "level_response.h"

namespace aegis::theory {

// The answer of the fixed-priority analyses: each task's level (level_response.h), gathered.
[[nodiscard]] Analysis analyse_levels(const TaskSet& tasks, const LevelTerms& terms,
                                      const char* theorem);

// Its verdict alone.
[[nodiscard]] Verdict judge_levels(const TaskSet& tasks, const LevelTerms& terms);

}  // namespace aegis::theory
