// SPDX-License-Identifier: Apache-2.0
#include "edf_response.h"

#include <algorithm>

#include "demand_sweep.h"
#include "fixed_point.h"

namespace aegis::theory {
namespace {

// How often one task's share of the recurrence may be evaluated for a whole set: at about 10 ns
// each, some seconds. A set of 20 tasks with periods from 1 ms to 1 s needs some 10^6.
constexpr std::int64_t kMostEvaluations = 400'000'000;

// The point from which on, U = 1, everything repeats with the hyperperiod.
Duration settled(const Timings& tasks) {
  Duration latest;
  for (const Timing& task : tasks) {
    latest = std::max({latest, task.deadline, task.jitter, task.period});
  }
  return 2 * latest;
}

}  // namespace

EdfResponse::EdfResponse(const Timings& ordering, const BlockingProfile& blocking, bool preemptive)
    : tasks_(ordering), blocking_(blocking), preemptive_(preemptive) {
  const auto cycle = hyperperiod(ordering);
  const auto repeats = cycle ? std::optional(*cycle + settled(ordering)) : std::nullopt;
  busy_ = busy_period(ordering, Duration::zero(), repeats.value_or(kLargestSum));
  latest_arrival_ = busy_ ? busy_ : repeats;
}

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
  const auto n = static_cast<std::int64_t>(tasks_.size());
  std::int64_t steps = kMostEvaluations / (n * n);
  const Timing& own = tasks_[i];
  Duration longest = own.jitter + own.wcet;
  // S(a) grows only where d meets a deadline of some task; between, the response falls as a grows.
  for (DemandSweep sweep(tasks_); sweep.next() < *latest_arrival_ + own.deadline;) {
    if (steps-- <= 0) return std::nullopt;
    sweep.advance();
    const Duration a = sweep.t() - own.deadline;
    if (a < -own.jitter) continue;
    if (busy_ && *busy_ - a <= longest) break;
    const auto finished = finish(i, a, steps);
    if (!finished) return std::nullopt;
    longest = std::max(longest, *finished - a);
  }
  return longest;
}

}  // namespace aegis::theory
