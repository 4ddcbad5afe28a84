// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/theory/verdict.h"

#include "level_response.h"

namespace aegis::theory {

// The answer of the fixed-priority analyses: each task's level (level_response.h), gathered.
[[nodiscard]] Analysis analyse_levels(const TaskSet& tasks, const LevelTerms& terms,
                                      const char* theorem);

// Whether the set without its last task is known to be schedulable.
enum class LastTask : std::uint8_t { kIsNoNewcomer, kIsNew };

// The verdict alone. The levels that a newcomer cannot change are not looked at.
[[nodiscard]] Verdict judge_levels(const TaskSet& tasks, const LevelTerms& terms,
                                   LastTask last = LastTask::kIsNoNewcomer);

}  // namespace aegis::theory
