// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/parameter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aegis/base/wide_integer.h"

#include "level_response.h"

namespace aegis::theory {
namespace {

constexpr Duration kTick = Duration::nanoseconds(1);
constexpr std::int64_t kWhole = Scaling{}.parts_per_billion;

// a · b / c rounded up, at least a tick; nothing beyond kLargestSum.
std::optional<Duration> part(Duration a, std::int64_t b, std::int64_t c) {
  const Int128 product = (Int128{a.ns()} * b + c - 1) / c;
  if (product > Int128{kLargestSum.ns()}) return std::nullopt;
  return std::max(Duration::nanoseconds(static_cast<std::int64_t>(product)), kTick);
}

void set_wcet(Segment& segment, Duration wcet) {
  segment = {.wcet = wcet, .bcet = std::min(segment.bcet, wcet)};
}

std::vector<Segment>::iterator longest_of(Task& task) {
  return std::max_element(task.segments.begin(), task.segments.end(),
                          [](const Segment& a, const Segment& b) { return a.wcet < b.wcet; });
}

}  // namespace

Duration value_of(const Task& task, Parameter parameter) {
  switch (parameter) {
    case Parameter::kWcet:
      return total_wcet(task).value_or(Duration::max());
    case Parameter::kLongestSegment:
      return longest_segment(task);
    case Parameter::kPeriod:
      return task.period;
    case Parameter::kDeadline:
      return task.deadline.value;
    case Parameter::kJitter:
      break;
  }
  return task.release_jitter;
}

Task with(Task task, Parameter parameter, Duration value) {
  switch (parameter) {
    case Parameter::kWcet: {
      const Duration now = value_of(task, Parameter::kWcet);
      for (Segment& segment : task.segments) {
        const auto share = part(segment.wcet, value.ns(), now.ns());
        set_wcet(segment, share.value_or(kLargestSum));
      }
      return task;
    }
    case Parameter::kLongestSegment:
      set_wcet(*longest_of(task), value);
      return task;
    case Parameter::kPeriod:
      task.period = value;
      return task;
    case Parameter::kDeadline:
      task.deadline = {value};
      return task;
    case Parameter::kJitter:
      task.release_jitter = value;
      return task;
  }
  return task;
}

FixedOrder in_fixed_order(TaskSet tasks, AnalysisOptions options) {
  std::vector<std::int64_t> keys;
  for (const Task& task : tasks) {
    const auto key = priority_of(options.policy, task);
    if (!key) return {std::move(tasks), options};
    keys.push_back(*key);
  }
  std::vector<std::int64_t> ranked = keys;
  std::sort(ranked.begin(), ranked.end());
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].priority = {std::lower_bound(ranked.begin(), ranked.end(), keys[i]) - ranked.begin()};
  }
  options.policy = policy::Policy::kStaticPriority;
  return {std::move(tasks), options};
}

std::optional<TaskSet> scaled(TaskSet tasks, Scaling scaling) {
  for (Task& task : tasks) {
    for (Segment& segment : task.segments) {
      const auto wcet = part(segment.wcet, scaling.parts_per_billion, kWhole);
      if (!wcet) return std::nullopt;
      set_wcet(segment, *wcet);
    }
  }
  return tasks;
}

}  // namespace aegis::theory
