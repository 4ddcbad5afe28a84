// SPDX-License-Identifier: Apache-2.0
#include "timing.h"

#include <algorithm>
#include <numeric>

#include "fixed_point.h"

namespace aegis::theory {

Timing timing(const Task& task) {
  return {total_wcet(task).value_or(Duration::zero()), task.period, task.deadline.value,
          task.release_jitter, task.segments.back().wcet};
}

Timings timings(const TaskSet& tasks) {
  Timings all;
  for (const Task& task : tasks) all.push_back(timing(task));
  return all;
}

std::int64_t floor_divide(Duration a, Duration b) {
  return a / b - (a % b < Duration::zero() ? 1 : 0);
}

Duration requested_before(const Timing& task, Duration t) {
  return requested_until(task, t - Duration::nanoseconds(1));
}

Duration requested_until(const Timing& task, Duration t) {
  return (floor_divide(t + task.jitter, task.period) + 1) * task.wcet;
}

Duration due_by(const Timing& task, Duration t) {
  const auto jobs = floor_divide(t + task.jitter - task.deadline, task.period) + 1;
  return std::max<std::int64_t>(jobs, 0) * task.wcet;
}

std::optional<Duration> hyperperiod(const Timings& tasks) {
  Duration multiple = Duration::nanoseconds(1);
  for (const Timing& task : tasks) {
    const std::int64_t common = std::gcd(multiple.ns(), task.period.ns());
    const auto next = Duration::checked_multiply(multiple, task.period.ns() / common);
    if (!next || *next > kLargestSum) return std::nullopt;
    multiple = *next;
  }
  return multiple;
}

std::optional<Duration> busy_period(const Timings& tasks, Duration blocking, Duration limit) {
  std::int64_t steps = 100'000;
  return least_fixed_point(Duration::nanoseconds(1), limit, steps, [&](Duration t) {
    Duration work = blocking;
    for (const Timing& task : tasks) work += requested_before(task, t);
    return work;
  });
}

}  // namespace aegis::theory
