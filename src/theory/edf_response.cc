// SPDX-License-Identifier: Apache-2.0
#include "edf_response.h"

#include <algorithm>

#include "demand_sweep.h"
#include "fixed_point.h"

namespace aegis::theory {
namespace {

// Evaluations of the recurrence a task may cost: with 20 tasks one takes about 0.4 us, so at most a
// second. A set with periods from 1 ms to 1 s needs some 10^4.
constexpr std::int64_t kMostSteps = 2'000'000;

// The end of the arrivals that differ: the busy period, or with U = 1, where its recurrence may
// have no solution, a hyperperiod past the point from which dbf repeats.
std::optional<Duration> end_of_arrivals(const Timings& tasks) {
  Duration settled;
  for (const Timing& task : tasks) {
    settled = std::max({settled, task.deadline, task.jitter, task.period});
  }
  const auto cycle = hyperperiod(tasks);
  const Duration limit = cycle ? *cycle + 2 * settled : kLargestSum;
  if (const auto busy = busy_period(tasks, Duration::zero(), limit)) return busy;
  if (cycle) return limit;
  return std::nullopt;
}

}  // namespace

EdfResponse::EdfResponse(const Timings& ordering, const BlockingProfile& blocking, bool preemptive)
    : tasks_(ordering),
      blocking_(blocking),
      preemptive_(preemptive),
      latest_arrival_(end_of_arrivals(ordering)) {}

// What other tasks can run before x ahead of a job ordered by d: released by then and due by d.
Duration EdfResponse::interference(std::size_t i, Duration d, Duration x) const {
  Duration work;
  for (std::size_t j = 0; j < tasks_.size(); ++j) {
    if (j == i) continue;
    const Duration released =
        preemptive_ ? requested_before(tasks_[j], x) : requested_until(tasks_[j], x);
    work += std::min(released, due_by(tasks_[j], d));
  }
  return work;
}

std::optional<Duration> EdfResponse::finish(std::size_t i, Duration a, std::int64_t& steps) const {
  const Timing& own = tasks_[i];
  const Duration d = a + own.deadline;
  // Preemptive: the job is done when all of it is; otherwise once its last segment starts.
  const Duration tail = preemptive_ ? Duration::zero() : own.last_segment;
  const std::int64_t own_jobs = floor_divide(a + own.jitter, own.period) + 1;
  const Duration fixed = blocking_.at(d).length + own_jobs * own.wcet - tail;
  const auto start = least_fixed_point(fixed, 2 * kLargestSum, steps,
                                       [&](Duration x) { return fixed + interference(i, d, x); });
  if (!start) return std::nullopt;
  return *start + tail;
}

std::optional<Duration> EdfResponse::bound(std::size_t i) const {
  if (!latest_arrival_) return std::nullopt;
  std::int64_t steps = kMostSteps;
  const Timing& own = tasks_[i];
  Duration longest = own.jitter + own.wcet;
  // S(a) grows only where d meets a deadline of some task; between, the response falls as a grows.
  for (DemandSweep sweep(tasks_); sweep.next() < *latest_arrival_ + own.deadline;) {
    if (steps-- <= 0) return std::nullopt;
    sweep.advance();
    const Duration a = sweep.t() - own.deadline;
    if (a < -own.jitter) continue;
    const auto finished = finish(i, a, steps);
    if (!finished) return std::nullopt;
    longest = std::max(longest, *finished - a);
  }
  return longest;
}

}  // namespace aegis::theory
