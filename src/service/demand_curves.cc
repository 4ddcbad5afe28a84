// SPDX-License-Identifier: Apache-2.0
#include "demand_curves.h"

#include <algorithm>
#include <map>

#include "aegis/theory/demand_bound.h"

namespace aegis::service {

namespace {

using theory::Task;
using theory::TaskSet;
using theory::policy::Policy;
using Step = DemandCurves::Step;

constexpr std::int64_t kMostRounds = 100'000;     // of a recurrence
constexpr std::int64_t kMostDeadlines = 100'000;  // looked at for the tightest interval
constexpr std::int64_t kMostJobs = 10'000;        // of a busy period
constexpr std::size_t kMostSteps = 300;           // of a picture that shows the whole test
constexpr std::size_t kMostDrawn = 5'000;         // a point each 0.2 units
constexpr Duration kTick = Duration::nanoseconds(1);

Error unsupported(const char* why) {
  return Error::permanent(ErrorCode::kUnsupported, why);
}

Error endless() {
  return unsupported("no picture of demand: the busy period is too long, or never ends");
}
Error too_fine() {
  return unsupported("no picture of demand: it would have more than 5,000 steps");
}

// When so much work is served at the latest; nothing beyond 2^61 ns, where sums might overflow.
std::optional<Duration> served(const theory::Supply& supply, Duration work) {
  const auto share = static_cast<double>((supply.window - supply.lost).ns()) /
                     static_cast<double>(supply.window.ns());
  const double about = static_cast<double>((work + supply.window).ns()) / share;
  if (work > theory::kLargestSum || about > 2e18) return std::nullopt;
  return theory::time_to_serve(supply, work);
}

// The least x >= `from` with supply(x) >= work(x), for work that does not shrink.
template <class Work>
std::optional<Duration> least_served(const theory::Supply& supply, Duration from, Work work) {
  Duration x = from;
  for (std::int64_t round = 0; round < kMostRounds; ++round) {
    const auto next = served(supply, work(x));
    if (!next) return std::nullopt;
    if (*next <= x) return x;
    x = *next;
  }
  return std::nullopt;
}

// Walks the instants first, first + period, … of many tasks in order, each instant once.
class Instants {
 public:
  void add(Duration first, Duration period) { next_.emplace(first, period); }
  [[nodiscard]] Duration next() const {
    return next_.empty() ? Duration::max() : next_.begin()->first;
  }
  void advance() {
    const Duration now = next();
    while (next() == now && !next_.empty()) {
      const Duration period = next_.begin()->second;
      next_.erase(next_.begin());
      if (period > Duration::zero()) next_.emplace(now + period, period);
    }
  }

 private:
  std::multimap<Duration, Duration> next_;
};

// B(t) of np_edf_demand.h: the longest segment with D - max(J, p) > t, p the least execution of its
// job before it.
class BlockingStairs {
 public:
  BlockingStairs(const TaskSet& tasks, const theory::AnalysisOptions& options) {
    if (options.preemption == theory::Preemption::kPreemptive) return;
    for (const Task& task : tasks) {
      Duration before;
      for (const theory::Segment& segment : task.segments) {
        const Duration until = task.deadline.value - std::max(task.release_jitter, before);
        Duration& longest = stairs_[until];
        longest = std::max(longest, options.blocking.of(segment.wcet));
        before += segment.bcet;
      }
    }
    Duration longest;
    std::for_each(stairs_.rbegin(), stairs_.rend(), [&longest](auto& stair) {
      longest = stair.second = std::max(longest, stair.second);
    });
  }
  [[nodiscard]] Duration at(Duration t) const {
    const auto stair = stairs_.upper_bound(t);
    return stair == stairs_.end() ? Duration::zero() : stair->second;
  }
  // Where it falls.
  void add_to(Instants& instants) const {
    for (const auto& [until, longest] : stairs_) instants.add(until, Duration::zero());
  }

 private:
  std::map<Duration, Duration> stairs_;  // until when: how long
};

class EdfCurves {
 public:
  EdfCurves(const TaskSet& tasks, const DrawnDemand& drawn)
      : tasks_(tasks), supply_(drawn.supply), blocking_(tasks, drawn.options) {}

  Result<DemandCurves> take() {
    find_horizon();
    find_mark();
    choose_end();
    if (!walk()) return fail(too_fine());
    return std::move(curves_);
  }

 private:
  [[nodiscard]] static Duration first_deadline(const Task& task) {
    return task.deadline.value - task.release_jitter;
  }
  [[nodiscard]] Step step(Duration t) const {
    const Duration demand = theory::demand_bound(tasks_, t);
    // Where nothing is due, nobody is held back.
    if (demand == Duration::zero()) return {t, demand, demand};
    return {t, demand, blocking_.at(t)};
  }
  [[nodiscard]] Duration room(const Step& step) const {
    return supplied(supply_, step.t) - step.demand - step.blocking;
  }
  [[nodiscard]] Instants deadlines() const {
    Instants instants;
    for (const Task& task : tasks_) instants.add(first_deadline(task), task.period);
    return instants;
  }

  // The longest busy period, and every task's first deadline at least: there blocking may count.
  void find_horizon() {
    curves_.horizon =
        least_served(supply_, kTick, [&](Duration x) { return theory::request_bound(tasks_, x); });
    if (!curves_.horizon) return;
    for (const Task& task : tasks_) {
      curves_.horizon = std::max(*curves_.horizon, first_deadline(task));
    }
  }

  // The first interval that is too short, otherwise the one with the least room.
  void find_mark() {
    Instants instants = deadlines();
    curves_.mark = step(instants.next());
    for (std::int64_t i = 0; i < kMostDeadlines; ++i, instants.advance()) {
      const Duration t = instants.next();
      if (t > curves_.horizon.value_or(theory::kLargestSum)) break;
      const Step here = step(t);
      if (room(here) < room(curves_.mark)) curves_.mark = here;
      if (room(here) < Duration::zero()) break;
    }
    curves_.limit = supplied(supply_, curves_.mark.t);
  }

  // The whole test where that is legible, and in any case the mark with as much beside it.
  void choose_end() {
    // An interval may be negative, where jitter exceeds a deadline.
    const Duration length = std::max(curves_.mark.t, -curves_.mark.t);
    const Duration enough = std::max(4 * length, kTick);
    curves_.end = enough;
    if (!curves_.horizon) return;
    const Duration whole = *curves_.horizon + *curves_.horizon / 12;
    if (whole <= enough || (whole <= 2 * enough && steps_until(whole) <= kMostSteps)) {
      curves_.end = std::max(whole, curves_.mark.t + curves_.mark.t / 4);
    }
  }

  [[nodiscard]] std::size_t steps_until(Duration end) const {
    Instants instants = deadlines();
    std::size_t steps = 0;
    for (; instants.next() <= end && steps <= kMostSteps; instants.advance()) ++steps;
    return steps;
  }

  [[nodiscard]] bool walk() {
    Instants instants = deadlines();
    blocking_.add_to(instants);
    curves_.steps.push_back(step(std::min(Duration::zero(), instants.next())));
    for (; instants.next() <= curves_.end; instants.advance()) {
      if (curves_.steps.size() == kMostDrawn) return false;
      if (instants.next() > curves_.steps.front().t) curves_.steps.push_back(step(instants.next()));
    }
    return true;
  }

  const TaskSet& tasks_;
  theory::Supply supply_;
  BlockingStairs blocking_;
  DemandCurves curves_;
};

std::int64_t rank(Policy policy, const Task& task) {
  if (policy == Policy::kRateMonotonic) return task.period.ns();
  if (policy == Policy::kDeadlineMonotonic) return task.deadline.value.ns();
  return task.priority.value;
}

// One task under fixed priorities: the recurrence of np_fp_response_time.h and
// preemptive_fp_response_time.h.
class LevelCurves {
 public:
  LevelCurves(const TaskSet& tasks, const DrawnDemand& drawn, const Task& task)
      : task_(task),
        supply_(drawn.supply),
        preemptive_(drawn.options.preemption == theory::Preemption::kPreemptive) {
    const Policy policy = drawn.options.policy;
    for (const Task& other : tasks) {
      if (other.id == task.id) continue;
      if (rank(policy, other) <= rank(policy, task)) {
        higher_.push_back(other);
      } else if (!preemptive_) {
        const Duration length = drawn.options.blocking.of(theory::longest_segment(other));
        blocking_ = std::max(blocking_, length);
      }
    }
    tail_ = preemptive_ ? Duration::zero() : task.segments.back().wcet;
  }

  Result<DemandCurves> take() {
    const auto jobs = jobs_of_busy_period();
    if (!jobs) return fail(endless());
    std::optional<Duration> longest;
    for (std::int64_t q = 0; q < *jobs; ++q) {
      const auto start = start_of_tail(q);
      const auto done = start ? served(supply_, requested(q, *start) + tail_) : std::nullopt;
      if (!done) return fail(endless());
      const Duration response = *done - arrival(q);
      if (longest && response <= *longest) continue;
      longest = response;
      choose(q, *start, *done);
    }
    curves_.task = task_.name.empty() ? "the task" : task_.name;
    if (!walk()) return fail(too_fine());
    return std::move(curves_);
  }

 private:
  [[nodiscard]] Duration arrival(std::int64_t q) const {
    return q * task_.period - task_.release_jitter;
  }

  [[nodiscard]] std::optional<std::int64_t> jobs_of_busy_period() const {
    TaskSet level = higher_;
    level.push_back(task_);
    if (theory::utilisation(level) > Rational(1)) return std::nullopt;
    const auto busy = least_served(
        supply_, kTick, [&](Duration x) { return blocking_ + theory::request_bound(level, x); });
    if (!busy) return std::nullopt;
    const std::int64_t jobs = (*busy + task_.release_jitter - kTick) / task_.period + 1;
    return jobs <= kMostJobs ? std::optional(jobs) : std::nullopt;
  }

  // What must be done before the q-th job's last segment starts, if it starts at x; preemptive, is
  // done at x.
  [[nodiscard]] Duration requested(std::int64_t q, Duration x) const {
    // Between segments a release at x itself comes first.
    const Duration until = preemptive_ ? std::max(x, kTick) : x + kTick;
    return blocking_ + own(q) - tail_ + theory::request_bound(higher_, until);
  }
  [[nodiscard]] Duration own(std::int64_t q) const { return (q + 1) * *theory::total_wcet(task_); }
  [[nodiscard]] std::optional<Duration> start_of_tail(std::int64_t q) const {
    return least_served(supply_, Duration::zero(), [&](Duration x) { return requested(q, x); });
  }

  void choose(std::int64_t q, Duration start, Duration done) {
    job_ = q;
    start_ = start;
    curves_.mark = {done, requested(q, start) + tail_ - blocking_, blocking_};
    curves_.limit = arrival(q) + task_.deadline.value;
    curves_.end = std::max(done, curves_.limit) + done / 6;
  }

  // After the start of the last segment no request counts any more.
  [[nodiscard]] bool walk() {
    Instants releases;
    for (const Task& task : higher_) {
      Duration next = -task.release_jitter;
      if (next <= Duration::zero()) next += (-next / task.period + 1) * task.period;
      releases.add(next, task.period);
    }
    const Duration last = preemptive_ ? curves_.end : start_;
    push(Duration::zero());
    for (; releases.next() <= last; releases.advance()) {
      if (curves_.steps.size() == kMostDrawn) return false;
      push(releases.next());
    }
    return true;
  }
  void push(Duration t) {
    const Duration requests = theory::request_bound(higher_, t + kTick);
    curves_.steps.push_back({t, own(job_) + requests, blocking_});
  }

  const Task& task_;
  theory::Supply supply_;
  bool preemptive_;
  TaskSet higher_;
  Duration blocking_, tail_;
  std::int64_t job_ = 0;
  Duration start_;
  DemandCurves curves_;
};

// The task that breaks; otherwise the one with the least slack.
const Task& task_in_question(const TaskSet& tasks, const theory::Analysis& analysis) {
  TaskId id = analysis.failure ? analysis.failure->task : TaskId{};
  std::optional<Duration> least;
  for (const theory::TaskBound& bound : analysis.tasks) {
    if (analysis.failure || !bound.slack || (least && *bound.slack >= *least)) continue;
    least = bound.slack;
    id = bound.task;
  }
  const auto found = std::ranges::find(tasks, id, &Task::id);
  return found == tasks.end() ? tasks.front() : *found;
}

}  // namespace

Duration supplied(const theory::Supply& supply, Duration t) {
  return t < Duration::zero() ? t : theory::supply_bound(supply, t);
}

Result<DemandCurves> demand_curves(const DrawnDemand& drawn) {
  if (const Status valid = theory::validate(drawn.tasks); !valid) return fail(valid.error());
  if (const Status valid = theory::validate(drawn.supply); !valid) return fail(valid.error());
  const auto charged = theory::charged_for(drawn.tasks, drawn.options);
  if (!charged || !theory::validate(*charged)) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument,
                                 "no picture: the overheads leave nothing of a deadline"));
  }
  if (drawn.options.policy == Policy::kFifo) {
    return fail(unsupported("no picture of demand for fifo: draw its schedule"));
  }
  if (drawn.options.policy != Policy::kEdf) {
    return LevelCurves(*charged, drawn, task_in_question(*charged, drawn.analysis)).take();
  }
  if (theory::utilisation(*charged) > Rational(1)) {
    return fail(
        unsupported("no picture of demand: the utilisation exceeds 1, so that every "
                    "interval that is long enough is too short"));
  }
  return EdfCurves(*charged, drawn).take();
}

}  // namespace aegis::service
