// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// The numbers of a set that sensitivity.h and advice.h change.

// A number of a task.
enum class Parameter : std::uint8_t {
  kWcet,            // C, all segments in proportion: see with()
  kLongestSegment,  // the WCET of the longest segment alone, of the first of them
  kPeriod,          // T
  kDeadline,        // D
  kJitter,          // J
};

// Its present value.
[[nodiscard]] Duration value_of(const Task& task, Parameter parameter);

// The task with that number replaced. A WCET of x makes every segment C_k · x / C, rounded up to
// the tick, so that together they may be some ticks beyond x. BCETs never exceed their WCET.
// Precondition: the task is valid.
[[nodiscard]] Task with(Task task, Parameter parameter, Duration value);

// A factor in parts per billion: 1'000'000'000 is the set as it is.
struct Scaling {
  std::int64_t parts_per_billion = 1'000'000'000;
  constexpr auto operator<=>(const Scaling&) const = default;
};

// Every segment's WCET scaled, rounded up to the tick and at least one; BCETs never exceed it.
// Nothing where a WCET would overflow.
[[nodiscard]] std::optional<TaskSet> scaled(TaskSet tasks, Scaling scaling);

// The set and options that ask the same question with the order of RM or DM held fixed, as static
// priorities; unchanged for other policies.
struct FixedOrder {
  TaskSet tasks;
  AnalysisOptions options;
};
[[nodiscard]] FixedOrder in_fixed_order(TaskSet tasks, AnalysisOptions options);

}  // namespace aegis::theory
