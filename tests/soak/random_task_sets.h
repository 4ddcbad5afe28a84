// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

namespace aegis::soak {

// A task set and the question asked of it.
struct Question {
  theory::TaskSet tasks;
  theory::AnalysisOptions options;
  bool small = false;  // integers so small that everything coincides
};

// The n-th question of a seed, the same on every machine. One in three is small: up to 5 tasks,
// times of 1 to 40 ticks. The others are of the kind that is run: 3 to 12 tasks, periods of 1 to
// 500 ms, up to 4 segments. Both with deadlines shorter than, equal to and longer than the period,
// with and without jitter, offsets, overload rules, overheads and lost supply, under every policy,
// preemptive or between segments, with both conventions of blocking.
[[nodiscard]] Question question(std::uint64_t seed, std::uint64_t n);

// The set as a CSV table in nanoseconds that `aegisrt analyze` reads, and the rest of the question
// in a comment above it.
[[nodiscard]] std::string csv_of(const Question& question);

}  // namespace aegis::soak
