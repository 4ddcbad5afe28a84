// SPDX-License-Identifier: Apache-2.0
#include "edf_demand.h"

#include <algorithm>
#include <numeric>

#include "demand_sweep.h"

namespace aegis::theory {
namespace {

// Deadlines walked over to find the first that breaks, at 30 ns each.
constexpr std::int64_t kMostDeadlines = 1'000'000;

constexpr Duration kTick = Duration::nanoseconds(1);

// The largest promise that a task due within t was given; tasks by their first deadline.
class Promises {
 public:
  Promises(const Timings& tasks, const std::vector<Duration>& tolerances) {
    for (std::size_t i = 0; i < tolerances.size(); ++i) {
      promises_.push_back({tasks[i].first_deadline(), tolerances[i]});
    }
    std::sort(promises_.begin(), promises_.end(),
              [](const Promise& a, const Promise& b) { return a.from < b.from; });
    for (std::size_t i = 1; i < promises_.size(); ++i) {
      promises_[i].blocking = std::max(promises_[i].blocking, promises_[i - 1].blocking);
    }
  }

  [[nodiscard]] Duration at(Duration t) const {
    const auto next = std::upper_bound(promises_.begin(), promises_.end(), t,
                                       [](Duration v, const Promise& p) { return v < p.from; });
    return next == promises_.begin() ? Duration::zero() : std::prev(next)->blocking;
  }
  [[nodiscard]] Duration largest() const {
    return promises_.empty() ? Duration::zero() : promises_.back().blocking;
  }

 private:
  struct Promise {
    Duration from;
    Duration blocking;
  };
  std::vector<Promise> promises_;
};

// The tasks in the order in which they join in.
std::vector<std::size_t> by_first_deadline(const Timings& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tasks[a].first_deadline() < tasks[b].first_deadline();
  });
  return order;
}

}  // namespace

Duration EdfDemand::demand(Duration t) const {
  Duration sum;
  for (const Timing& task : tasks_) sum += due_by(task, t);
  return sum;
}

std::optional<Duration> EdfDemand::last_deadline_before(Duration t) const {
  std::optional<Duration> last;
  for (const Timing& task : tasks_) {
    const Duration first = task.first_deadline();
    if (first >= t) continue;
    const Duration deadline = t - kTick - (t - kTick - first) % task.period;
    if (!last || deadline > *last) last = deadline;
  }
  return last;
}

bool EdfDemand::breaks_at(Duration t, Duration demand) const {
  // A deadline so short, or a jitter so long, that a job may be due before it is released.
  if (t < Duration::zero()) return true;
  return demand + blocking_.at(t).length > supply_bound(supply_, t);
}

Duration EdfDemand::held_from(Duration demand) const {
  const Duration without = time_to_serve(supply_, demand);
  const Duration blocking = blocking_.at(without).length;
  if (blocking == Duration::zero()) return without;
  return time_to_serve(supply_, demand + blocking);
}

EdfDemand::Outcome EdfDemand::decide() const {
  const auto horizon = this->horizon();
  if (!horizon) return {};
  std::int64_t points = most_points();
  for (auto t = last_deadline_before(horizon->end); t; --points) {
    if (points == 0) return {};
    const Duration due = demand(*t);
    if (breaks_at(*t, due)) return {Verdict::kUnschedulable, *t};
    t = last_deadline_before(std::min(held_from(due), *t));
  }
  return {Verdict::kSchedulable, {}};
}

Failure EdfDemand::failure_up_to(Duration broken, const TaskSet& set) const {
  DemandSweep sweep(tasks_);
  for (std::int64_t i = 0; i < kMostDeadlines && sweep.next() < broken; ++i) {
    sweep.advance();
    if (!breaks_at(sweep.t(), sweep.demand())) continue;
    return failure_at(sweep.t(), set);
  }
  return failure_at(broken, set);
}

// Of the tasks due at t, the last of the set.
Failure EdfDemand::failure_at(Duration t, const TaskSet& set) const {
  const Block block = blocking_.at(t);
  Failure failure{{},
                  t,
                  demand(t),
                  block.length,
                  block.blocker,
                  lost_supply(supply_, std::max(t, Duration::zero()))};
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Duration since_first = t - tasks_[i].first_deadline();
    if (since_first < Duration::zero() || since_first % tasks_[i].period != Duration::zero())
      continue;
    failure.task = set[i].id;
  }
  return failure;
}

// min over the deadlines t in [from, until) of sbf(t) - dbf(t), and of `least`; nothing when the
// points run out.
std::optional<Duration> EdfDemand::least_slack(Duration from, Duration until, Duration least,
                                               std::int64_t& points) const {
  for (auto t = last_deadline_before(until); t && *t >= from;) {
    if (points-- == 0) return std::nullopt;
    const Duration due = demand(*t);
    least = std::min(least, supply_bound(supply_, *t) - due);
    t = last_deadline_before(std::min(time_to_serve(supply_, due + least), *t));
  }
  return least;
}

std::vector<Duration> EdfDemand::tolerances() const {
  // No tolerance is larger than the slack where the last task joins in; nothing beyond its horizon
  // is smaller.
  const Duration settled = latest_first_deadline(tasks_);
  const auto horizon =
      tolerance_horizon(tasks_, supply_, supply_bound(supply_, settled) - demand(settled));
  if (!horizon) return {};
  std::vector<Duration> tolerance(tasks_.size());
  std::optional<Duration> least = Duration::max();
  Duration until = horizon->end;
  std::int64_t points = most_points();
  auto order = by_first_deadline(tasks_);
  std::reverse(order.begin(), order.end());
  for (const std::size_t k : order) {
    const Duration first = tasks_[k].first_deadline();
    least = least_slack(first, until, *least, points);
    if (!least) return {};
    tolerance[k] = *least;
    until = first;
  }
  return tolerance;
}

std::vector<Duration> EdfDemand::admissible_segments() const {
  std::vector<Duration> longest(tasks_.size());
  std::optional<Duration> least = Duration::max();
  Duration from;
  std::int64_t points = most_points();
  for (const std::size_t k : by_first_deadline(tasks_)) {
    const Duration first = tasks_[k].first_deadline();
    least = least_slack(from, first, *least, points);
    if (!least) return {};
    longest[k] = *least;
    from = first;
  }
  return longest;
}

std::optional<DemandProof> EdfDemand::proof(const std::vector<Duration>& tolerances) const {
  const Promises promises(tasks_, tolerances);
  const Duration b = std::max(promises.largest(), blocking_.always());
  const auto horizon = tolerance_horizon(tasks_, supply_, b);
  if (!horizon) return std::nullopt;
  DemandProof proof{horizon->extent, horizon->length, {}};
  for (auto t = last_deadline_before(horizon->end); t;) {
    if (static_cast<std::int64_t>(proof.stretches.size()) == most_points()) return std::nullopt;
    const Duration due = demand(*t);
    const Duration promised = time_to_serve(supply_, due + promises.at(*t));
    const Duration from = std::min(std::max(held_from(due), promised), *t);
    proof.stretches.push_back({from, *t});
    t = last_deadline_before(from);
  }
  std::reverse(proof.stretches.begin(), proof.stretches.end());
  return proof;
}

}  // namespace aegis::theory
