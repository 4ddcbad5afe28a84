// SPDX-License-Identifier: Apache-2.0
#include "timing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aegis/base/rational.h"

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

std::vector<Duration> deadlines_of(const Timings& tasks) {
  std::vector<Duration> deadlines;
  deadlines.reserve(tasks.size());
  for (const Timing& task : tasks) deadlines.push_back(task.deadline);
  return deadlines;
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

Duration latest_first_deadline(const Timings& tasks) {
  Duration latest;
  for (const Timing& task : tasks) latest = std::max(latest, task.first_deadline());
  return latest;
}

std::strong_ordering compare_load_with_one(const Timings& tasks, const Supply& supply) {
  const auto share = [](Duration part, Duration whole) {
    return static_cast<double>(part.ns()) / static_cast<double>(whole.ns());
  };
  double load = share(supply.lost, supply.window);
  for (const Timing& task : tasks) load += share(task.wcet, task.period);
  // Every term and every sum is off by at most 2^-51 of a load that is near 1.
  const double error = static_cast<double>(tasks.size() + 2) * 0x1p-50;
  if (std::abs(load - 1) > error) {
    return load < 1 ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const auto exact = [](Duration part, Duration whole) {
    return Rational(static_cast<std::uint64_t>(part.ns()), static_cast<std::uint64_t>(whole.ns()));
  };
  Rational sum = exact(supply.lost, supply.window);
  for (const Timing& task : tasks) sum = sum + exact(task.wcet, task.period);
  return sum <=> Rational(1);
}

std::optional<Duration> hyperperiod(const Timings& tasks, const Supply& supply) {
  std::optional<Duration> multiple = supply.is_full() ? Duration::nanoseconds(1) : supply.window;
  for (const Timing& task : tasks) {
    const std::int64_t common = std::gcd(multiple->ns(), task.period.ns());
    multiple = Duration::checked_multiply(*multiple, task.period.ns() / common);
    if (!multiple || *multiple > kLargestSum) return std::nullopt;
  }
  return multiple;
}

Duration settling_time(const Timings& tasks) {
  Duration latest;
  for (const Timing& task : tasks) {
    latest = std::max({latest, task.deadline, task.jitter, task.period});
  }
  return 2 * latest;
}

std::optional<Duration> busy_period(const Timings& tasks, Duration blocking, Duration limit,
                                    const Supply& supply) {
  std::int64_t steps = 100'000;
  return least_fixed_point(Duration::nanoseconds(1), limit, steps, [&](Duration t) {
    Duration work = blocking + lost_supply(supply, t);
    for (const Timing& task : tasks) work += requested_before(task, t);
    return work;
  });
}

}  // namespace aegis::theory
