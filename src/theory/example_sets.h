// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

// Task sets that several tests of this layer use.
namespace aegis::theory::example {

// How much the properties try: an unoptimised build, as for coverage, is a hundred times slower.
#ifdef __OPTIMIZE__
inline constexpr int kThoroughness = 8;
#else
inline constexpr int kThoroughness = 1;
#endif

// Numbers of a task in ticks; one tick is one nanosecond here. Priority is the position in the set.
struct Numbers {
  std::int64_t wcet, period, deadline, jitter = 0;
};

inline Task task(std::uint32_t id, const Numbers& numbers, Duration tick) {
  const Duration wcet = numbers.wcet * tick;
  return {.id = TaskId{id},
          .name = std::string(1, static_cast<char>('A' + id % 26)),
          .segments = {{wcet, wcet}},
          .period = numbers.period * tick,
          .deadline = {numbers.deadline * tick},
          .release_jitter = numbers.jitter * tick,
          .offset = {},
          .priority = {id},
          .overload = {OverloadRule::kQueue, 1'000},
          .batch = 1,
          .stages = {}};
}

inline TaskSet set(const std::vector<Numbers>& numbers, Duration tick = Duration::nanoseconds(1)) {
  TaskSet tasks;
  for (const Numbers& n : numbers) {
    tasks.push_back(task(static_cast<std::uint32_t>(tasks.size()), n, tick));
  }
  return tasks;
}

inline TaskSet running_example() {
  return set({{20, 100, 50}, {15, 80, 40}, {30, 200, 100}}, Duration::milliseconds(1));
}
inline TaskSet running_example_without_c() {
  TaskSet tasks = running_example();
  tasks.pop_back();
  return tasks;
}

// The same task with its WCET cut into equal pieces.
inline Task in_segments(Task task, std::int64_t pieces) {
  const Duration piece = *total_wcet(task) / pieces;
  task.segments.assign(static_cast<std::size_t>(pieces), {piece, piece});
  return task;
}

inline TaskSet running_example_with_c_in(std::int64_t pieces) {
  TaskSet tasks = running_example();
  tasks[2] = in_segments(tasks[2], pieces);
  return tasks;
}

// Small sets of every kind the analyses meet: integers, so that exhaustive simulation is possible.
struct Kind {
  std::size_t most_tasks = 4;
  std::int64_t longest_period = 12;
  std::int64_t largest_jitter = 0;  // per task, also above the period
  bool deadlines_beyond_periods = false;
  bool segments = false;
};

class RandomSets {
 public:
  explicit RandomSets(std::uint64_t seed) : random_(seed) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

  TaskSet next(const Kind& kind) {
    TaskSet tasks;
    const auto n =
        static_cast<std::uint32_t>(between(1, static_cast<std::int64_t>(kind.most_tasks)));
    for (std::uint32_t id = 0; id < n; ++id) {
      const std::int64_t period = between(2, kind.longest_period);
      const std::int64_t wcet = between(1, std::max<std::int64_t>(1, 2 * period / (n + 1)));
      const std::int64_t latest = kind.deadlines_beyond_periods ? 2 * period : period;
      const std::int64_t deadline = between(std::min(wcet, latest), latest);
      tasks.push_back(task(id, {wcet, period, deadline, between(0, kind.largest_jitter)},
                           Duration::nanoseconds(1)));
      if (kind.segments) cut(tasks.back());
    }
    return tasks;
  }

 private:
  void cut(Task& task) {
    const std::int64_t wcet = task.segments.front().wcet.ns();
    const std::int64_t first = between(1, wcet);
    const auto piece = [](std::int64_t n) {
      return Segment{Duration::nanoseconds(n), Duration::nanoseconds(n)};
    };
    task.segments = {piece(first)};
    if (first < wcet) task.segments.push_back(piece(wcet - first));
  }

  std::mt19937_64 random_;
};

inline constexpr Preemption kPreemptions[] = {Preemption::kNonPreemptive, Preemption::kPreemptive};

// Options that are exact in the integer time of these sets.
inline AnalysisOptions in_ticks(policy::Policy policy, Preemption preemption) {
  return {.policy = policy,
          .preemption = preemption,
          .blocking = Blocking::started_before(Duration::nanoseconds(1))};
}

// The options that most tests ask with: a policy, no overheads, blocking closed.
inline AnalysisOptions by(policy::Policy policy,
                          Preemption preemption = Preemption::kNonPreemptive) {
  return {.policy = policy, .preemption = preemption};
}

// The numbers of a set that broke a test.
inline std::string text_of(const TaskSet& tasks, const AnalysisOptions& options) {
  std::string text =
      std::string(to_string(options.policy)) + " " + std::string(to_string(options.preemption));
  for (const Task& t : tasks) {
    text += " | T " + std::to_string(t.period.ns()) + " D " +
            std::to_string(t.deadline.value.ns()) + " J " + std::to_string(t.release_jitter.ns()) +
            " C";
    for (const Segment& s : t.segments) text += " " + std::to_string(s.wcet.ns());
  }
  return text;
}

}  // namespace aegis::theory::example
