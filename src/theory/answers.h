// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// The sentences that several analyses give for their answers.

// "C", or "task 2" when it has no name.
[[nodiscard]] std::string name_of(const TaskSet& tasks, TaskId task);

// kUnknown, with validate()'s words, when the set, the supply or the blocking is not one the
// analyses are defined for; otherwise nothing.
[[nodiscard]] std::optional<Analysis> refused_input(const TaskSet& tasks, const Supply& supply,
                                                    const char* theorem,
                                                    const Blocking& blocking = {});

// kUnschedulable when U + sigma / pi > 1, whatever the policy; otherwise nothing.
[[nodiscard]] std::optional<Analysis> overutilised(const TaskSet& tasks, const Supply& supply,
                                                   const char* theorem);

// Whether any task declares an offset: a test for sporadic tasks is then sufficient only, since it
// assumes releases together that the offsets keep apart.
[[nodiscard]] bool has_offsets(const TaskSet& tasks);

// "C", or "best effort". Precondition: something blocks.
[[nodiscard]] std::string blocker_of(const TaskSet& tasks, const Failure& failure);

// The analysis with the failure of the demand criterion in it: kUnschedulable, or kUnknown where
// offsets may prevent what it describes.
[[nodiscard]] Analysis refused_by_demand(const TaskSet& tasks, Analysis analysis,
                                         const Failure& failure);

// "in 40 ms, jobs due need 15 ms and C, started just before, holds the lane 30 ms: 45 ms > 40 ms".
[[nodiscard]] std::string sentence(const TaskSet& tasks, const Failure& failure);

}  // namespace aegis::theory
