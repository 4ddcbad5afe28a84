// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <utility>

#include "aegis/theory/task.h"

// The task sets that the benchmarks of this layer use.
namespace aegis::theory {

// n tasks with periods from 1 ms to 1 s, U = 0.6 together, no segment over 200 us.
inline TaskSet tasks_of(std::int64_t n) {
  std::mt19937_64 random(1);
  TaskSet tasks;
  for (std::int64_t i = 0; i < n; ++i) {
    const Duration period = Duration::milliseconds(static_cast<std::int64_t>(1 + random() % 1'000));
    const Duration wcet = period * 6 / (10 * n);
    const std::int64_t pieces = wcet / Duration::microseconds(200) + 1;
    Task task{TaskId{static_cast<std::uint32_t>(i)}, {}, {}, period, {period}};
    task.segments.assign(static_cast<std::size_t>(pieces), {wcet / pieces, Duration::zero()});
    task.priority = {period.ns() * 1'000 + i};
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace aegis::theory
