// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// The sentences that several analyses give for their answers.

// "C", or "task 2" when it has no name.
[[nodiscard]] std::string name_of(const TaskSet& tasks, TaskId task);

// kUnknown, with validate()'s words, when the set is not one the analyses are defined for;
// otherwise nothing.
[[nodiscard]] std::optional<Analysis> refused_input(const TaskSet& tasks, const char* theorem);

// kUnschedulable when U > 1, whatever the policy; otherwise nothing.
[[nodiscard]] std::optional<Analysis> overutilised(const TaskSet& tasks, const char* theorem);

// Whether any task declares an offset: a test for sporadic tasks is then sufficient only, since it
// assumes releases together that the offsets keep apart.
[[nodiscard]] bool has_offsets(const TaskSet& tasks);

// "in 40 ms, jobs due need 15 ms and C, started just before, holds the lane 30 ms: 45 ms > 40 ms".
[[nodiscard]] std::string sentence(const TaskSet& tasks, const Failure& failure);

}  // namespace aegis::theory
