// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/deferred_preemption.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "aegis/base/duration_text.h"
#include "aegis/theory/np_fp_response_time.h"

#include "answers.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr const char* kTheorem =
    "final non-preemptive regions (Davis, Bertogna 2012; Bertogna, Buttazzo, Yao 2011)";

bool is_fixed_priority(Policy policy) {
  return policy != Policy::kEdf && policy != Policy::kFifo;
}

// What the priority of a task is ordered by, smaller first.
std::int64_t priority_under(Policy policy, const Task& task) {
  const policy::JobParameters job{
      .period = task.period, .relative_deadline = task.deadline, .priority = task.priority};
  return policy::order(policy, job).key;
}

// Positions in the set, the lowest priority first.
std::vector<std::size_t> from_the_lowest(const TaskSet& tasks, Policy policy) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(priority_under(policy, tasks[a]), a) >
           std::pair(priority_under(policy, tasks[b]), b);
  });
  return order;
}

bool has_ties(const TaskSet& tasks, Policy policy) {
  const auto order = from_the_lowest(tasks, policy);
  return std::adjacent_find(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
           return priority_under(policy, tasks[a]) == priority_under(policy, tasks[b]);
         }) != order.end();
}

// The task with its last `count` segments as one; count >= 1.
Task with_last_joined(Task task, std::size_t count) {
  Segment last{Duration::zero(), Duration::zero()};
  for (std::size_t i = 0; i < count; ++i) {
    last.wcet += task.segments.back().wcet;
    last.bcet += task.segments.back().bcet;
    task.segments.pop_back();
  }
  task.segments.push_back(last);
  return task;
}

// Joins what is needed in a charged set, task by task.
class Joining {
 public:
  Joining(TaskSet charged, const AnalysisOptions& options)
      : given_(charged), tasks_(std::move(charged)), options_(options), joined_(tasks_.size(), 1) {}

  // Joins the fewest last segments of the task at position i that keep it in time; false when not
  // even all of them do.
  bool join(std::size_t i) {
    std::size_t fewest = 1, most = given_[i].segments.size();
    if (!in_time(i, most)) return false;
    while (fewest < most) {
      const std::size_t middle = fewest + (most - fewest) / 2;
      if (in_time(i, middle)) {
        most = middle;
      } else {
        fewest = middle + 1;
      }
    }
    joined_[i] = most;
    tasks_[i] = with_last_joined(given_[i], most);
    return true;
  }

  // The bound of the task at position i with all its segments as one.
  TaskBound at_best(std::size_t i) { return bound_of(i, given_[i].segments.size()); }

  [[nodiscard]] const std::vector<std::size_t>& joined() const { return joined_; }

 private:
  bool in_time(std::size_t i, std::size_t count) {
    const TaskBound bound = bound_of(i, count);
    return bound.slack && *bound.slack >= Duration::zero();
  }

  TaskBound bound_of(std::size_t i, std::size_t count) {
    tasks_[i] = with_last_joined(given_[i], count);
    const auto responses = np_successive_responses(tasks_, tasks_[i].id, options_.policy,
                                                   options_.blocking, options_.supply);
    TaskBound bound{.task = tasks_[i].id, .blocking = blocking_of(i)};
    if (responses.empty()) return bound;
    bound.response_time = *std::max_element(responses.begin(), responses.end());
    bound.slack = tasks_[i].deadline.value - *bound.response_time;
    return bound;
  }

  [[nodiscard]] Duration blocking_of(std::size_t i) const {
    Duration longest = options_.blocking.of(options_.blocking.best_effort);
    for (const Task& task : tasks_) {
      if (priority_under(options_.policy, task) <= priority_under(options_.policy, tasks_[i])) {
        continue;
      }
      longest = std::max(longest, options_.blocking.of(longest_segment(task)));
    }
    return longest;
  }

  TaskSet given_;
  TaskSet tasks_;
  AnalysisOptions options_;
  std::vector<std::size_t> joined_;
};

DeferredPreemption refused(const TaskSet& tasks, const TaskBound& late,
                           const AnalysisOptions& options) {
  DeferredPreemption result{Verdict::kUnschedulable, kTheorem, {}, {}, {}, late};
  const char* doubt = nullptr;
  if (has_offsets(tasks)) doubt = "; the declared offsets may prevent it";
  if (has_ties(tasks, options.policy)) doubt = "; equal priorities are counted against each other";
  if (options.overheads.dispatch + options.overheads.completion > Duration::zero()) {
    doubt = "; fewer segments cost less overhead, which was not counted";
  }
  result.reason = name_of(tasks, late.task);
  if (late.response_time) {
    result.reason += " may respond after " + format_duration(*late.response_time) + " > " +
                     format_duration(*late.response_time + *late.slack) +
                     " even without any interruption";
  } else {
    result.reason += "'s response has no bound, or the analysis none within its limits";
  }
  const bool unbounded = !late.response_time && utilisation(tasks) <= Rational(1);
  if (doubt != nullptr || unbounded) result.verdict = Verdict::kUnknown;
  if (doubt != nullptr) result.reason += doubt;
  return result;
}

DeferredPreemption joined(const TaskSet& tasks, const std::vector<std::size_t>& counts,
                          const AnalysisOptions& options) {
  DeferredPreemption result{Verdict::kSchedulable, kTheorem, {}, {}, counts, {}};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    result.tasks.push_back(with_last_joined(tasks[i], counts[i]));
  }
  if (judge(result.tasks, options) != Verdict::kSchedulable) {
    return {Verdict::kUnknown, kTheorem, analyse(result.tasks, options).reason, {}, {}, {}};
  }
  const auto shorter = std::count_if(counts.begin(), counts.end(), [](auto n) { return n > 1; });
  result.reason = "every response-time bound is within its deadline, with the last segments of " +
                  std::to_string(shorter) + " of " + std::to_string(tasks.size()) +
                  " tasks run as one";
  return result;
}

std::optional<std::string> obstacle(const AnalysisOptions& options) {
  if (options.preemption == Preemption::kPreemptive) {
    return "jobs that are preempted anywhere have no segments to join";
  }
  if (is_fixed_priority(options.policy)) return std::nullopt;
  return "the policy " + std::string(to_string(options.policy)) + " has no fixed priorities";
}

}  // namespace

DeferredPreemption defer_preemption(const TaskSet& tasks, const AnalysisOptions& options) {
  const auto as = [](Analysis refusal) {
    return DeferredPreemption{refusal.verdict, kTheorem, std::move(refusal.reason), {}, {}, {}};
  };
  if (!validate(tasks) || !validate(options.supply) || !validate(options.blocking)) {
    return as(analyse(tasks, options));
  }
  if (auto why = obstacle(options)) return as({Verdict::kUnknown, kTheorem, *why});
  const auto charged = charged_for(tasks, options);
  if (!charged || !validate(*charged)) return as(analyse(tasks, options));
  if (const Rational u = utilisation(tasks); u > Rational(1)) {
    return as({Verdict::kUnschedulable, kTheorem,
               "the utilisation " + std::to_string(u.to_double()) + " exceeds 1"});
  }
  Joining joining(*charged, options);
  for (const std::size_t i : from_the_lowest(tasks, options.policy)) {
    if (!joining.join(i)) return refused(tasks, joining.at_best(i), options);
  }
  return joined(tasks, joining.joined(), options);
}

}  // namespace aegis::theory
