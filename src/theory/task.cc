// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/task.h"

#include <algorithm>
#include <set>

namespace aegis::theory {
namespace {

// Adds non-negative durations; nothing once the sum passes its limit.
class BoundedSum {
 public:
  bool add(Duration value) {
    const auto sum = Duration::checked_add(sum_, value);
    if (!sum || *sum > kLargestSum) return false;
    sum_ = *sum;
    return true;
  }

 private:
  Duration sum_;
};

constexpr const char* kTooLarge =
    "the set's periods, deadlines, jitters and WCETs sum to over 36 years";

// The first thing wrong with one task's own numbers, or nothing.
const char* problem_of_timing(const Task& task) {
  if (task.period <= Duration::zero()) return "the period is not positive";
  if (task.deadline.value <= Duration::zero()) return "the deadline is not positive";
  if (task.release_jitter < Duration::zero()) return "the release jitter is negative";
  if (task.offset.value_or(Duration::zero()) < Duration::zero()) return "the offset is negative";
  if (task.overload.rule == OverloadRule::kQueue && task.overload.queue_depth == 0) {
    return "the overload rule queues but its queue has no room";
  }
  return nullptr;
}

const char* problem_of_segments(const std::vector<Segment>& segments) {
  if (segments.empty()) return "there is no segment";
  for (const Segment& segment : segments) {
    if (segment.wcet <= Duration::zero()) return "a segment's WCET is not positive";
    if (segment.bcet < Duration::zero()) return "a segment's BCET is negative";
    if (segment.bcet > segment.wcet) return "a segment's BCET exceeds its WCET";
  }
  return nullptr;
}

const char* problem_of_stages(const std::vector<Stage>& stages) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (const char* problem = problem_of_segments(stages[i].segments)) return problem;
    const auto& before = stages[i].predecessors;
    if (std::any_of(before.begin(), before.end(), [i](auto p) { return p >= i; })) {
      return "a stage does not come after its predecessors";
    }
  }
  return nullptr;
}

bool add_times(const Task& task, BoundedSum& sum) {
  const auto wcet = total_wcet(task);
  return wcet && sum.add(*wcet) && sum.add(task.period) && sum.add(task.deadline.value) &&
         sum.add(task.release_jitter) && sum.add(task.offset.value_or(Duration::zero()));
}

Status invalid(const Task& task, const char* problem) {
  return fail(Error::permanent(ErrorCode::kInvalidArgument, problem).with_detail(task.name));
}

std::optional<Segment> lengthened(const Segment& segment, Duration by) {
  const auto wcet = Duration::checked_add(segment.wcet, by);
  if (!wcet) return std::nullopt;
  return Segment{*wcet, segment.bcet};
}

std::optional<Task> charged(Task task, const Overheads& overheads, Duration per_segment) {
  if (task.segments.empty() || task.deadline.value <= overheads.clock_error) return std::nullopt;
  for (Segment& segment : task.segments) {
    const bool is_first = &segment == &task.segments.front();
    auto longer = lengthened(segment, per_segment);
    if (longer && is_first) longer = lengthened(*longer, overheads.release);
    if (!longer) return std::nullopt;
    segment = *longer;
  }
  if (!total_wcet(task)) return std::nullopt;
  task.deadline.value -= overheads.clock_error;
  return task;
}

}  // namespace

Status validate(const TaskSet& tasks) {
  if (tasks.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "the task set is empty"));
  }
  std::set<TaskId> ids;
  BoundedSum sum;
  for (const Task& task : tasks) {
    if (!task.id.valid() || !ids.insert(task.id).second) {
      return invalid(task, "the task's id is not valid or not unique");
    }
    if (const char* problem = problem_of_timing(task)) return invalid(task, problem);
    if (const char* problem = problem_of_segments(task.segments)) return invalid(task, problem);
    if (const char* problem = problem_of_stages(task.stages)) return invalid(task, problem);
    if (!add_times(task, sum)) return invalid(task, kTooLarge);
  }
  return ok();
}

Status validate(const Blocking& blocking) {
  const auto refuse = [](const char* why) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, why));
  };
  if (blocking.tick <= Duration::zero()) return refuse("the tick of blocking is not positive");
  if (blocking.best_effort < Duration::zero()) {
    return refuse("the longest best-effort segment is negative");
  }
  if (blocking.tick > kLargestSum) return refuse("the tick of blocking is over 36 years");
  if (blocking.best_effort > kLargestSum) {
    return refuse("the longest best-effort segment is over 36 years");
  }
  return ok();
}

std::optional<Duration> total_wcet(const Task& task) {
  std::optional<Duration> sum = Duration::zero();
  for (const Segment& segment : task.segments) {
    sum = Duration::checked_add(*sum, segment.wcet);
    if (!sum) return std::nullopt;
  }
  return sum;
}

Duration longest_segment(const Task& task) {
  Duration longest;
  for (const Segment& segment : task.segments) longest = std::max(longest, segment.wcet);
  return longest;
}

Rational utilisation(const TaskSet& tasks) {
  Rational sum;
  for (const Task& task : tasks) {
    const Duration wcet = total_wcet(task).value_or(Duration::zero());
    sum = sum + Rational(static_cast<std::uint64_t>(wcet.ns()),
                         static_cast<std::uint64_t>(task.period.ns()));
  }
  return sum;
}

std::optional<TaskSet> charge(const TaskSet& tasks, const Overheads& overheads) {
  const auto [release, dispatch, completion, clock_error] = overheads;
  if (std::min({release, dispatch, completion, clock_error}) < Duration::zero())
    return std::nullopt;
  const auto per_segment = Duration::checked_add(dispatch, completion);
  if (!per_segment) return std::nullopt;
  TaskSet charged_tasks;
  for (const Task& task : tasks) {
    auto with_overheads = charged(task, overheads, *per_segment);
    if (!with_overheads) return std::nullopt;
    charged_tasks.push_back(std::move(*with_overheads));
  }
  return charged_tasks;
}

}  // namespace aegis::theory
