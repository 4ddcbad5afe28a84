// SPDX-License-Identifier: Apache-2.0
#include "edf_response.h"

#include <algorithm>

#include "fixed_point.h"

namespace aegis::theory {
namespace {

// How often one task's share of the recurrence may be evaluated for a whole set: at about 10 ns
// each, half a second. Sets of 50 tasks with periods from 1 ms to 1 s need some 10^6.
constexpr std::int64_t kMostEvaluations = 50'000'000;

constexpr Duration kTick = Duration::nanoseconds(1);

}  // namespace

EdfResponse::EdfResponse(const Timings& ordering, const BlockingProfile& blocking,
                         const Supply& supply, bool preemptive)
    : tasks_(ordering), blocking_(blocking), supply_(supply), preemptive_(preemptive) {
  const auto cycle = hyperperiod(ordering, supply);
  const Duration repeated = cycle ? *cycle + settling_time(ordering) : kLargestSum;
  if (const auto busy = busy_period(ordering, blocking.always(), repeated, supply)) {
    length_ = *busy;
    end_ = busy;
  } else if (cycle) {
    extent_ = Extent::kHyperperiod;
    length_ = *cycle;
    end_ = repeated;
  }
}

std::int64_t EdfResponse::most_steps() const {
  const auto n = static_cast<std::int64_t>(tasks_.size());
  return kMostEvaluations / (n * n);
}

// The last arrival at or before a, and at or after -J, whose d meets the deadline of some job:
// since then S is the same.
Duration EdfResponse::last_change(std::size_t i, Duration a) const {
  const Duration d = a + tasks_[i].deadline;
  Duration last = -tasks_[i].jitter;
  for (const Timing& task : tasks_) {
    const Duration first = task.first_deadline();
    if (first > d) continue;
    last = std::max(last, d - (d - first) % task.period - tasks_[i].deadline);
  }
  return last;
}

Duration EdfResponse::first_with_blocking_of(std::size_t i, Duration a) const {
  const Timing& own = tasks_[i];
  return std::max(-own.jitter, blocking_.constant_since(a + own.deadline) - own.deadline);
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

// What is ahead of the last segment of a job arriving at a.
class EdfResponse::Recurrence {
 public:
  Recurrence(const EdfResponse& of, std::size_t i, Duration a)
      : of_(of),
        i_(i),
        d_(a + of.tasks_[i].deadline),
        // Preemptive: the job is done when all of it is; otherwise once its last segment starts,
        // for which a tick of supply is needed.
        tail_(of.preemptive_ ? Duration::zero() : of.tasks_[i].last_segment),
        service_(of.preemptive_ ? Duration::zero() : kTick) {
    const Timing& own = of.tasks_[i];
    const std::int64_t own_jobs = floor_divide(a + own.jitter, own.period) + 1;
    fixed_ = of.blocking_.at(d_).length + own_jobs * own.wcet - tail_;
  }

  [[nodiscard]] Duration fixed() const { return fixed_; }
  [[nodiscard]] Duration tail() const { return tail_; }
  [[nodiscard]] Duration work(Duration x) const { return fixed_ + of_.interference(i_, d_, x); }
  [[nodiscard]] Duration start_after(Duration x) const {
    return work(x) + lost_supply(of_.supply_, x + service_);
  }
  // Precondition: start_after(x) <= x.
  [[nodiscard]] Completion completion(Duration x) const {
    if (of_.preemptive_) return {x, x};
    return {x, std::max(x + tail_, time_to_serve(of_.supply_, work(x) + tail_))};
  }

 private:
  const EdfResponse& of_;
  std::size_t i_;
  Duration d_;
  Duration tail_;
  Duration service_;
  Duration fixed_;
};

// The completion at the least fixed point.
std::optional<EdfResponse::Completion> EdfResponse::complete(std::size_t i, Duration a,
                                                             std::int64_t& steps) const {
  const Recurrence recurrence(*this, i, a);
  const auto start = least_fixed_point(recurrence.fixed(), 2 * kLargestSum, steps,
                                       [&](Duration x) { return recurrence.start_after(x); });
  if (!start) return std::nullopt;
  return recurrence.completion(*start);
}

// A completion no earlier than that, with a response of at most `limit`, found without the many
// steps to a fixed point far away: every x with start_after(x) <= x is at or beyond the least one.
std::optional<EdfResponse::Completion> EdfResponse::complete_within(std::size_t i, Duration a,
                                                                    Duration limit,
                                                                    std::int64_t& steps) const {
  const Recurrence recurrence(*this, i, a);
  for (const std::int64_t share : {2, 4, 16}) {
    --steps;
    const Duration x = a + limit - limit / share - recurrence.tail();
    if (x < recurrence.fixed() || recurrence.start_after(x) > x) continue;
    const Completion done = recurrence.completion(x);
    if (done.finish - a <= limit) return done;
  }
  return std::nullopt;
}

std::optional<Duration> EdfResponse::bound(std::size_t i) const {
  if (!end_) return std::nullopt;
  std::int64_t steps = most_steps();
  const Duration first = -tasks_[i].jitter;
  // The job released with all others often responds last, and spares the walk what is shorter.
  const auto together = complete(i, first, steps);
  if (!together) return std::nullopt;
  Duration longest = std::max(tasks_[i].jitter + tasks_[i].wcet, together->finish - first);
  for (Duration a = *end_ - kTick; a >= first;) {
    // Everything that arrives in a busy period is done by its end.
    if (extent_ == Extent::kBusyPeriod) a = std::min(a, length_ - longest - kTick);
    if (a < first) break;
    if (steps-- <= 0) return std::nullopt;
    const Duration changed = last_change(i, a);
    const auto done = complete(i, changed, steps);
    if (!done) return std::nullopt;
    longest = std::max(longest, done->finish - changed);
    a = std::max(done->finish - longest, first_with_blocking_of(i, changed)) - kTick;
  }
  return longest;
}

bool EdfResponse::is_within(std::size_t i, Duration limit) const {
  const Duration first = -tasks_[i].jitter;
  if (!end_ || tasks_[i].jitter + tasks_[i].wcet > limit) return false;
  std::int64_t steps = most_steps() / 4;  // searches ask this thousands of times
  Duration a = *end_ - kTick;
  if (extent_ == Extent::kBusyPeriod) a = std::min(a, length_ - limit - kTick);
  while (a >= first) {
    if (steps-- <= 0) return false;
    const Duration changed = last_change(i, a);
    auto done = complete_within(i, changed, limit, steps);
    if (!done) done = complete(i, changed, steps);
    if (!done || done->finish - changed > limit) return false;
    a = std::max(done->finish - limit, first_with_blocking_of(i, changed)) - kTick;
  }
  return true;
}

std::optional<ResponseProof> EdfResponse::proof(std::size_t i, Duration bound) const {
  if (!end_) return std::nullopt;
  std::int64_t steps = most_steps();
  ResponseProof proof{extent_, length_, {}};
  for (Duration a = *end_ - kTick; a >= -tasks_[i].jitter;) {
    if (steps-- <= 0) return std::nullopt;
    const Duration changed = last_change(i, a);
    const auto done = complete(i, changed, steps);
    if (!done) return std::nullopt;
    proof.steps.push_back({a, done->start, done->finish});
    a = std::max(done->finish - bound, first_with_blocking_of(i, changed)) - kTick;
  }
  std::reverse(proof.steps.begin(), proof.steps.end());
  return proof;
}

}  // namespace aegis::theory
