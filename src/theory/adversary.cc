// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/adversary.h"

#include <algorithm>
#include <set>
#include <utility>

#include "answers.h"
#include "scenario.h"
#include "seeded_random.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// Scenarios kept at once, some 100 bytes each.
constexpr std::size_t kMostScenarios = 20'000;
// How many deadlines of another task one is shifted onto: the first are where a busy period is
// tightest, and random perturbations reach the rest.
constexpr std::int64_t kDeadlinesAimedAt = 4;
// How many arrivals of tasks with offsets are tried as the instant.
constexpr std::size_t kInstants = 16;

policy::OrderingKey order_of(Policy policy, const Task& task, TimePoint arrival) {
  return policy::order(
      policy,
      {{task.id, 0}, arrival, arrival + task.deadline, task.period, task.deadline, task.priority});
}

bool has_fixed_priorities(Policy policy) {
  return policy != Policy::kEdf && policy != Policy::kFifo;
}

// Lists the deliberate scenarios.
class Planner {
 public:
  Planner(const TaskSet& tasks, const AnalysisOptions& options, const Malice& malice)
      : tasks_(tasks), options_(options), malice_(malice), start_(first_instant(tasks)) {}

  std::vector<Scenario> scenarios() && {
    add({.instant = start_, .length = malice_.length});
    if (options_.preemption == Preemption::kNonPreemptive) add_head_starts();
    for (const Task& task : tasks_) {
      if (!task.offset && (!malice_.hurt.valid() || malice_.hurt == task.id)) add_shifts(task);
    }
    const std::vector<TimePoint> instants = declared_arrivals();
    return instants.empty() ? std::move(scenarios_) : at(instants);
  }

 private:
  void add(const Scenario& scenario) {
    if (scenarios_.size() < kMostScenarios) scenarios_.push_back(scenario);
  }

  void add_head_starts() {
    for (const Task& task : tasks_) {
      for (std::size_t i = 0; i < task.segments.size() && !task.offset; ++i) {
        add({.instant = start_, .length = malice_.length, .head_start = HeadStart{task.id, i}});
      }
    }
  }

  void add_shifts(const Task& task) {
    for (const Duration by : coincidences(task)) {
      Scenario scenario{.instant = start_, .length = malice_.length, .shift = Shift{task.id, by}};
      add(scenario);
      if (options_.preemption == Preemption::kPreemptive) continue;
      scenario.head_start = longest_behind(task, by);
      if (scenario.head_start) add(scenario);
    }
  }

  // How long after the instant the task must arrive for a tie with another's job, or to lose it.
  [[nodiscard]] std::set<Duration> coincidences(const Task& task) const {
    std::set<Duration> all;
    for (const Task& other : tasks_) {
      if (other.id == task.id || !can_tie(task, other)) continue;
      for (std::int64_t k = 0; k < kDeadlinesAimedAt; ++k) {
        const Duration by = k * other.period - other.release_jitter + lead(other) - lead(task);
        for (const Duration shift : {by, by + options_.blocking.tick}) {
          if (shift >= -task.release_jitter && shift < malice_.length) all.insert(shift);
        }
      }
    }
    return all;
  }

  [[nodiscard]] bool can_tie(const Task& a, const Task& b) const {
    return !has_fixed_priorities(options_.policy) ||
           order_of(options_.policy, a, {}).key == order_of(options_.policy, b, {}).key;
  }
  // How long after its arrival a job stands in the order of keys.
  [[nodiscard]] Duration lead(const Task& task) const {
    return options_.policy == Policy::kEdf ? task.deadline.value : Duration::zero();
  }

  // The longest segment whose job comes after the shifted one.
  [[nodiscard]] std::optional<HeadStart> longest_behind(const Task& task, Duration by) const {
    std::optional<HeadStart> longest;
    Duration length;
    const auto first = order_of(options_.policy, task, start_ + by);
    for (const Task& other : tasks_) {
      if (other.id == task.id || other.offset) continue;
      TimePoint arrival = start_ - options_.blocking.tick;
      for (std::size_t i = 0; i < other.segments.size(); ++i) {
        if (other.segments[i].wcet > length && first < order_of(options_.policy, other, arrival)) {
          longest = HeadStart{other.id, i};
          length = other.segments[i].wcet;
        }
        arrival = arrival - other.segments[i].bcet;
      }
    }
    return longest;
  }

  [[nodiscard]] std::vector<TimePoint> declared_arrivals() const {
    std::set<TimePoint> arrivals;
    for (const Task& task : tasks_) {
      if (!task.offset) continue;
      const TimePoint first = TimePoint{} + *task.offset;
      const std::int64_t skipped =
          std::max(Duration::zero(), start_ - first + task.period - Duration::nanoseconds(1)) /
          task.period;
      for (std::size_t k = 0; k < kInstants; ++k) {
        arrivals.insert(first + (skipped + static_cast<std::int64_t>(k)) * task.period);
      }
    }
    std::vector<TimePoint> instants(arrivals.begin(), arrivals.end());
    instants.resize(std::min(instants.size(), kInstants));
    return instants;
  }

  [[nodiscard]] std::vector<Scenario> at(const std::vector<TimePoint>& instants) const {
    std::vector<Scenario> all;
    for (const OffsetJitter jitter :
         {OffsetJitter::kNever, OffsetJitter::kTogether, OffsetJitter::kAlways}) {
      for (const TimePoint instant : instants) {
        for (Scenario scenario : scenarios_) {
          if (all.size() == kMostScenarios) return all;
          scenario.instant = instant;
          scenario.offset_jitter = jitter;
          all.push_back(scenario);
        }
      }
    }
    return all;
  }

  const TaskSet& tasks_;
  const AnalysisOptions& options_;
  const Malice& malice_;
  TimePoint start_;
  std::vector<Scenario> scenarios_;
};

// One sporadic task is late, from its first job or a later one on.
void be_late(const TaskSet& tasks, Random& random, std::vector<PlannedJob>& jobs) {
  const Task& task = tasks[random.below(tasks.size())];
  if (task.offset || jobs.empty()) return;
  const Duration by = random.between(Duration::zero(), task.period);
  const TimePoint from =
      random.with_percent(50) ? TimePoint{} : jobs[random.below(jobs.size())].arrival;
  for (PlannedJob& job : jobs) {
    if (job.task != task.id || job.arrival < from) continue;
    job.arrival += by;
    job.release += by;
  }
}

// Some jobs of one task need less than their WCET: between segments that can hurt others.
void be_short(const TaskSet& tasks, Random& random, std::vector<PlannedJob>& jobs) {
  const Task& task = tasks[random.below(tasks.size())];
  for (PlannedJob& job : jobs) {
    if (job.task != task.id || !job.execution_times.empty() || random.with_percent(50)) continue;
    for (const Segment& segment : task.segments) {
      job.execution_times.push_back(random.between(segment.bcet, segment.wcet));
    }
  }
}

}  // namespace

struct Adversary::Plan {
  TaskSet tasks;
  AnalysisOptions options;
  Malice malice;
  std::vector<Scenario> scenarios;

  [[nodiscard]] Behaviour deliberate(const Scenario& scenario) const {
    return {jobs_of(tasks, scenario, options.blocking.tick), outages_from(scenario.instant)};
  }

  [[nodiscard]] Behaviour perturbed(Random& random) const {
    const Scenario& scenario = scenarios[random.below(scenarios.size())];
    Behaviour behaviour{jobs_of(tasks, scenario, options.blocking.tick), {}};
    be_late(tasks, random, behaviour.jobs);
    if (random.with_percent(50)) be_late(tasks, random, behaviour.jobs);
    if (random.with_percent(30)) be_short(tasks, random, behaviour.jobs);
    sort_by_release(behaviour.jobs);
    const Supply supply = options.supply;
    const Duration back = std::min(supply.window, scenario.instant - TimePoint{});
    behaviour.outages = outages_from(scenario.instant - random.between(Duration::zero(), back));
    return behaviour;
  }

  [[nodiscard]] Behaviour random(Random& random) const {
    const Duration before =
        has_offsets(tasks) ? scenarios.front().instant - TimePoint{} : Duration();
    const Duration end = before + malice.length;
    return {random_arrivals(tasks, end,
                            {.seed = random.next(),
                             .late_percent = random.with_percent(50) ? 50U : 0U,
                             .random_execution_times = random.with_percent(30)}),
            random_outages(options.supply, end + longest_deadline(), random.next())};
  }

 private:
  [[nodiscard]] std::vector<Outage> outages_from(TimePoint start) const {
    return front_loaded_outages(options.supply, start, malice.length + longest_deadline());
  }
  [[nodiscard]] Duration longest_deadline() const {
    Duration longest;
    for (const Task& task : tasks) longest = std::max(longest, task.deadline.value);
    return longest;
  }
};

Adversary::Adversary(const TaskSet& tasks, const AnalysisOptions& options, const Malice& malice)
    : plan_(std::make_shared<const Plan>(
          Plan{tasks, options, malice, Planner(tasks, options, malice).scenarios()})) {}

std::size_t Adversary::deliberate() const {
  return plan_->scenarios.size();
}

Behaviour Adversary::behaviour(std::size_t n) const {
  if (n < deliberate()) return plan_->deliberate(plan_->scenarios[n]);
  Random mixed(plan_->malice.seed ^ (n * 0xd1342543de82ef95ULL));
  Random random(mixed.next());
  return random.with_percent(60) ? plan_->perturbed(random) : plan_->random(random);
}

}  // namespace aegis::theory
