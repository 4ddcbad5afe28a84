// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/priority_assignment.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "aegis/base/duration_text.h"
#include "aegis/theory/np_fp_response_time.h"
#include "aegis/theory/preemptive_fp_response_time.h"

#include "answers.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr const char* kTheorem =
    "optimal priority assignment (Audsley 1991; George, Rivierre, Spuri 1996)";

// Positions in the set, the shortest deadline first.
std::vector<std::size_t> by_deadline(const TaskSet& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(tasks[a].deadline, a) < std::pair(tasks[b].deadline, b);
  });
  return order;
}

// The charged set while its levels are filled from the lowest.
class Levels {
 public:
  Levels(TaskSet tasks, const AnalysisOptions& options)
      : tasks_(std::move(tasks)), options_(options), left_(by_deadline(tasks_)) {
    for (Task& task : tasks_) task.priority = kAbove;
  }

  // The positions that have no level yet.
  [[nodiscard]] const std::vector<std::size_t>& left() const { return left_; }

  // Places one task below all others that are left; false when none fits.
  bool place_one() {
    for (auto i = left_.rbegin(); i != left_.rend(); ++i) {
      const TaskBound bound = as_lowest(*i);
      if (!bound.slack || *bound.slack < Duration::zero()) continue;
      tasks_[*i].priority = kBelow;
      placed_.push_back(*i);
      left_.erase(std::next(i).base());
      return true;
    }
    return false;
  }

  // What the task at position i can be sure of below the others that are left.
  TaskBound as_lowest(std::size_t i) {
    tasks_[i].priority = kTried;
    const auto responses = responses_of(tasks_[i].id);
    tasks_[i].priority = kAbove;
    TaskBound bound{.task = tasks_[i].id};
    for (const std::size_t placed : placed_) {
      if (options_.preemption == Preemption::kPreemptive) break;
      bound.blocking =
          std::max(bound.blocking, options_.blocking.of(longest_segment(tasks_[placed])));
    }
    if (responses.empty()) return bound;
    bound.response_time = *std::max_element(responses.begin(), responses.end());
    bound.slack = tasks_[i].deadline.value - *bound.response_time;
    return bound;
  }

  // The positions from the lowest level up; all of them once nothing is left.
  [[nodiscard]] const std::vector<std::size_t>& placed() const { return placed_; }

 private:
  // One task is tried at a time, so that three priorities say all that its response depends on.
  static constexpr Priority kAbove{0}, kTried{1}, kBelow{2};

  [[nodiscard]] std::vector<Duration> responses_of(TaskId task) const {
    return options_.preemption == Preemption::kPreemptive
               ? preemptive_successive_responses(tasks_, task, Policy::kStaticPriority,
                                                 options_.supply)
               : np_successive_responses(tasks_, task, Policy::kStaticPriority, options_.blocking,
                                         options_.supply);
  }

  TaskSet tasks_;
  AnalysisOptions options_;
  std::vector<std::size_t> left_;  // the shortest deadline first
  std::vector<std::size_t> placed_;
};

// "A after 65 ms > 50 ms", the one that misses by the least; of tasks without a bound the first.
std::string least_late(const TaskSet& tasks, const std::vector<TaskBound>& unplaced) {
  const TaskBound& least =
      *std::max_element(unplaced.begin(), unplaced.end(), [](const auto& a, const auto& b) {
        return a.slack.value_or(-Duration::max()) < b.slack.value_or(-Duration::max());
      });
  const std::string name = name_of(tasks, least.task);
  if (!least.response_time) return name + " has no bound";
  return name + " would respond after " + format_duration(*least.response_time) + " > " +
         format_duration(*least.response_time + *least.slack);
}

PriorityAssignment refused(const TaskSet& tasks, Levels& levels) {
  PriorityAssignment result{Verdict::kUnschedulable, kTheorem, {}, {}, {}};
  std::vector<std::size_t> left = levels.left();
  std::sort(left.begin(), left.end());
  for (const std::size_t i : left) {
    result.unplaced.push_back(levels.as_lowest(i));
    if (!result.unplaced.back().response_time) result.verdict = Verdict::kUnknown;
  }
  result.reason = "none of the " + std::to_string(left.size()) + " tasks left can have priority " +
                  std::to_string(left.size() - 1) + ", below the others; the least late, " +
                  least_late(tasks, result.unplaced);
  if (has_offsets(tasks)) {
    result.verdict = Verdict::kUnknown;
    result.reason += "; the declared offsets may prevent it";
  }
  return result;
}

PriorityAssignment assigned(TaskSet tasks, const std::vector<std::size_t>& from_the_lowest,
                            const AnalysisOptions& options) {
  auto level = static_cast<std::int64_t>(tasks.size());
  for (const std::size_t i : from_the_lowest) tasks[i].priority = {--level};
  if (judge(tasks, options) != Verdict::kSchedulable) {
    return {Verdict::kUnknown, kTheorem, analyse(tasks, options).reason, {}, {}};
  }
  return {Verdict::kSchedulable,
          kTheorem,
          "with these priorities every response-time bound is within its deadline",
          std::move(tasks),
          {}};
}

}  // namespace

TaskSet with_deadline_monotonic_priorities(TaskSet tasks) {
  std::int64_t next = 0;
  for (const std::size_t i : by_deadline(tasks)) tasks[i].priority = {next++};
  return tasks;
}

PriorityAssignment assign_priorities(const TaskSet& tasks, const AnalysisOptions& asked) {
  AnalysisOptions options = asked;
  options.policy = Policy::kStaticPriority;
  const auto as = [](Analysis refusal) {
    return PriorityAssignment{refusal.verdict, kTheorem, std::move(refusal.reason), {}, {}};
  };
  if (!validate(tasks) || !validate(options.supply) || !validate(options.blocking)) {
    return as(analyse(tasks, options));
  }
  const auto charged = charged_for(tasks, options);
  if (!charged || !validate(*charged)) return as(analyse(tasks, options));
  if (const Rational u = utilisation(*charged); u > Rational(1)) {
    return as({Verdict::kUnschedulable, kTheorem,
               "the utilisation " + std::to_string(u.to_double()) + " exceeds 1"});
  }
  Levels levels(*charged, options);
  while (!levels.left().empty()) {
    if (!levels.place_one()) return refused(tasks, levels);
  }
  return assigned(tasks, levels.placed(), options);
}

}  // namespace aegis::theory
