// SPDX-License-Identifier: Apache-2.0
#include "edf_demand.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "demand_sweep.h"

namespace aegis::theory {
namespace {

// A point costs about 30 ns, so a check at the limit takes some 30 ms. Deadlines equal to periods
// need the points before the longest period only: at 1 ms and 15 minutes side by side, 10^6. Beyond
// it are sets of such spread, or constrained deadlines at U = 1 - epsilon without a common
// multiple.
constexpr std::int64_t kMostPoints = 1'000'000;

// ceil((S + b) / (1 - U)), rounded up; nothing when 1 - U is too small to divide by. Floating point
// is good enough for a bound that may be too large: the margins exceed the error of summing n <
// 2^20 doubles.
std::optional<Duration> quotient_bound(const Timings& tasks, Duration b) {
  double load = 0, surplus = static_cast<double>(b.ns());
  for (const Timing& task : tasks) {
    const double share =
        static_cast<double>(task.wcet.ns()) / static_cast<double>(task.period.ns());
    const Duration earlier = std::max(Duration::zero(), task.period + task.jitter - task.deadline);
    load += share;
    surplus += share * static_cast<double>(earlier.ns());
  }
  if (surplus == 0) return Duration::zero();
  const double room = 1 - load - 1e-9;
  if (room <= 0) return std::nullopt;
  const double bound = std::ceil(surplus * (1 + 1e-9) / room) + 1;
  if (bound >= static_cast<double>(kLargestSum.ns())) return std::nullopt;
  return Duration::nanoseconds(static_cast<std::int64_t>(bound));
}

// max over the tasks of f(task), at least zero.
template <class F>
Duration largest(const Timings& tasks, F f) {
  return std::accumulate(tasks.begin(), tasks.end(), Duration::zero(),
                         [&](Duration m, const Timing& task) { return std::max(m, f(task)); });
}

Duration latest_first_deadline(const Timings& tasks) {
  return largest(tasks, [](const Timing& task) { return task.deadline - task.jitter; });
}

std::optional<Duration> periodic_bound(const Timings& tasks) {
  const auto cycle = hyperperiod(tasks);
  if (!cycle) return std::nullopt;
  return *cycle + latest_first_deadline(tasks);
}

// min over t of t - dbf(t) from each task's first deadline on. Tasks are kept by rank of that
// deadline; a minimum is kept per stretch between two of them, so that a point costs O(1).
class Tolerance {
 public:
  explicit Tolerance(const Timings& tasks) : rank_(tasks.size()) {
    firsts_.reserve(tasks.size());
    for (const Timing& task : tasks) firsts_.push_back(task.deadline - task.jitter);
    std::sort(firsts_.begin(), firsts_.end());
    minima_.assign(firsts_.size(), Duration::max());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const auto first =
          std::lower_bound(firsts_.begin(), firsts_.end(), tasks[i].deadline - tasks[i].jitter);
      rank_[i] = static_cast<std::size_t>(first - firsts_.begin());
    }
  }

  void add(Duration t, Duration slack) {
    while (stretch_ + 1 < firsts_.size() && firsts_[stretch_ + 1] <= t) ++stretch_;
    minima_[stretch_] = std::min(minima_[stretch_], slack);
  }
  // The largest any task has; meaningful once every task's first deadline was seen.
  [[nodiscard]] Duration greatest() const { return minima_.back(); }

  [[nodiscard]] std::vector<Duration> by_task() const {
    std::vector<Duration> from = minima_;  // suffix minima
    for (std::size_t i = from.size(); i-- > 1;) from[i - 1] = std::min(from[i - 1], from[i]);
    std::vector<Duration> result;
    for (const std::size_t rank : rank_) result.push_back(from[rank]);
    return result;
  }

 private:
  std::vector<Duration> firsts_;
  std::vector<Duration> minima_;
  std::vector<std::size_t> rank_;
  std::size_t stretch_ = 0;
};

// One walk over the deadlines, shared by its two stretches: up to the verdict's horizon, and beyond
// it to where the tolerances can no longer shrink.
class Check {
 public:
  Check(const TaskSet& tasks, const Timings& timing, const BlockingProfile& blocking)
      : tasks_(tasks), blocking_(blocking), sweep_(timing), tolerance_(timing) {}

  // Whether every point before `end` was seen, and held.
  bool walk_to(Duration end) {
    while (sweep_.next() < end && points_ > 0 && !failure_) {
      --points_;
      sweep_.advance();
      look();
    }
    return !failure_ && sweep_.next() >= end;
  }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
  [[nodiscard]] const Tolerance& tolerance() const { return tolerance_; }

 private:
  void look() {
    const Duration t = sweep_.t(), demand = sweep_.demand();
    const Block block = blocking_.at(t);
    tolerance_.add(t, t - demand);
    if (demand + block.length > t) {
      failure_ = Failure{tasks_[sweep_.task()].id, t, demand, block.length, block.blocker};
    }
  }

  const TaskSet& tasks_;
  const BlockingProfile& blocking_;
  DemandSweep sweep_;
  Tolerance tolerance_;
  std::optional<Failure> failure_;
  std::int64_t points_ = kMostPoints;
};

}  // namespace

std::optional<Duration> demand_horizon(const Timings& tasks, const Rational& utilisation,
                                       Duration b) {
  std::optional<Duration> end;
  const auto consider = [&](std::optional<Duration> bound) {
    if (bound && (!end || *bound < *end)) end = bound;
  };
  consider(quotient_bound(tasks, b));
  if (utilisation == Rational(1)) consider(periodic_bound(tasks));
  // Both leave the blocking by tasks of the set out, which ends with the last first deadline.
  if (end) end = std::max(*end, latest_first_deadline(tasks)) + Duration::nanoseconds(1);
  consider(busy_period(tasks, b, end.value_or(kLargestSum)));
  return end;
}

DemandCheck check_demand(const TaskSet& tasks, const BlockingProfile& blocking) {
  const Rational u = utilisation(tasks);
  if (u > Rational(1)) return {.verdict = Verdict::kUnschedulable};
  const Timings timing = timings(tasks);
  Check check(tasks, timing, blocking);

  const auto end = demand_horizon(timing, u, Duration::zero());
  const bool holds = end && check.walk_to(*end);
  if (check.failure()) return {.verdict = Verdict::kUnschedulable, .failure = check.failure()};
  if (!holds) return {};

  // What is tolerated is asked of blocking from outside the set, which needs a longer walk: where
  // dbf(t) <= t throughout, nothing breaks beyond the horizon of a blocking b, so the horizon of
  // the largest tolerance seen so far is enough for all of them.
  if (!check.walk_to(latest_first_deadline(timing) + Duration::nanoseconds(1))) {
    return {.verdict = Verdict::kSchedulable};
  }
  const auto last = demand_horizon(timing, u, check.tolerance().greatest());
  if (last && check.walk_to(*last)) {
    return {.verdict = Verdict::kSchedulable, .tolerance = check.tolerance().by_task()};
  }
  return {.verdict = Verdict::kSchedulable};
}

}  // namespace aegis::theory
