// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/self_suspension.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "aegis/base/duration_text.h"

#include "level_response.h"
#include "overload_stay.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr const char* kTheorem =
    "self-suspension: oblivious, as jitter and as blocking (Chen, Nelissen, Huang 2016; Chen, "
    "Nelissen, Huang et al. 2019)";

// Into how many pieces a suspension is cut at most, see with_time_away().
constexpr std::int64_t kMostPieces = 1'000;

std::string name_of(const Task& task) {
  return task.name.empty() ? "task " + std::to_string(task.id.value) : task.name;
}

aegis::Failure<Error> refused(const Task& task, const char* problem) {
  return fail(Error::permanent(ErrorCode::kInvalidArgument, problem).with_detail(task.name));
}

aegis::Failure<Error> too_large() {
  return fail(Error::permanent(ErrorCode::kOutOfRange,
                               "the set with its suspensions and overheads sums to over 36 years"));
}

TaskSet tasks_of(const SuspendingTaskSet& set) {
  TaskSet tasks;
  for (const SuspendingTask& suspending : set) tasks.push_back(suspending.task);
  return tasks;
}

Status validate(const SuspendingTaskSet& set, const AnalysisOptions& options) {
  if (auto valid = theory::validate(tasks_of(set)); !valid) return valid;
  for (const auto& [task, suspension, times] : set) {
    if (suspension < Duration::zero()) return refused(task, "the suspension is negative");
    if (suspension == Duration::zero()) continue;
    if (times == 0) return refused(task, "the task suspends, but no time at all");
    if (times > task.segments.size()) {
      return refused(task, "the task suspends more often than it has segments");
    }
  }
  if (auto valid = theory::validate(options.supply); !valid) return valid;
  if (auto valid = theory::validate(options.blocking); !valid) return valid;
  const auto [release, dispatch, completion, clock_error] = options.overheads;
  if (std::min({release, dispatch, completion, clock_error}) < Duration::zero()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "an overhead is negative"));
  }
  return ok();
}

// The task with `away` as execution before its last segment, in pieces no longer than its longest
// segment: where segments block, time away must not block as one.
Task with_time_away(Task task, Duration away) {
  const Duration piece =
      std::max(longest_segment(task), away / kMostPieces + Duration::nanoseconds(1));
  while (away > Duration::zero()) {
    const Segment next{std::min(piece, away), Duration::zero()};
    task.segments.insert(task.segments.end() - 1, next);
    away -= next.wcet;
  }
  return task;
}

// What each suspension may cost beyond itself: the longest segment of the others, or of best
// effort.
Duration blocking_at_return(const TaskSet& tasks, std::size_t i, const AnalysisOptions& options) {
  if (options.preemption == Preemption::kPreemptive) return {};
  Duration longest = options.blocking.best_effort;
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    if (j != i) longest = std::max(longest, longest_segment(tasks[j]));
  }
  return options.blocking.of(longest);
}

// The set in which suspensions are execution; nothing where it is too large.
std::optional<TaskSet> oblivious_set(const SuspendingTaskSet& set, const TaskSet& charged,
                                     const AnalysisOptions& options) {
  TaskSet tasks;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Duration suspension = set[i].suspension;
    const Duration at_return =
        suspension > Duration::zero() ? blocking_at_return(charged, i, options) : Duration::zero();
    const auto blocked = Duration::checked_multiply(at_return, set[i].times);
    const auto away = blocked ? Duration::checked_add(suspension, *blocked) : std::nullopt;
    if (!away || *away > kLargestSum) return std::nullopt;
    tasks.push_back(with_time_away(charged[i], *away));
  }
  if (!theory::validate(tasks)) return std::nullopt;
  return tasks;
}

std::optional<Duration> smallest(const SuspensionBounds& bounds) {
  std::optional<Duration> least;
  for (const auto& bound : {bounds.oblivious, bounds.as_jitter, bounds.as_blocking}) {
    if (bound) least = std::min(least.value_or(*bound), *bound);
  }
  return least;
}

// The second and third bound, task by task from the highest priority down.
class FixedPriorities {
 public:
  // `tasks` with overheads charged; `options` without them.
  FixedPriorities(const SuspendingTaskSet& set, const TaskSet& tasks, AnalysisOptions options)
      : set_(set), tasks_(tasks), policy_(options.policy), options_(options) {
    options_.policy = Policy::kStaticPriority;
  }

  void improve(std::vector<SuspensionBounds>& bounds) const {
    std::vector<std::size_t> order(tasks_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair{priority(a), a} < std::pair{priority(b), b};
    });
    for (const std::size_t k : order) improve(k, bounds);
  }

 private:
  [[nodiscard]] std::int64_t priority(std::size_t i) const {
    return *priority_of(policy_, tasks_[i]);
  }
  [[nodiscard]] Duration wcet(std::size_t i) const { return *total_wcet(tasks_[i]); }
  // S, jitter included.
  [[nodiscard]] Duration away(std::size_t i) const {
    return set_[i].suspension + tasks_[i].release_jitter;
  }

  // A task of so much execution and jitter, with the period of task i.
  [[nodiscard]] Task stand_in(std::size_t i, Duration execution, Duration jitter, int rank) const {
    Task task = tasks_[i];
    task.segments = {{execution, Duration::zero()}};
    task.release_jitter = jitter;
    task.offset.reset();
    task.priority = {rank};
    task.overload = {OverloadRule::kQueue, std::numeric_limits<std::uint32_t>::max()};
    task.stages.clear();
    return task;
  }

  void improve(std::size_t k, std::vector<SuspensionBounds>& bounds) const {
    TaskSet with_jitter, with_blocking;
    Duration blocking;
    for (std::size_t j = 0; j < tasks_.size(); ++j) {
      if (j == k || priority(j) > priority(k)) continue;
      // Of equal priorities the later has its oblivious bound only as yet.
      const auto response = smallest(bounds[j]);
      if (!response || *response > tasks_[j].period) return;
      const bool leaves = away(j) > Duration::zero();
      with_jitter.push_back(
          stand_in(j, wcet(j), leaves ? *response - wcet(j) : Duration::zero(), 0));
      with_blocking.push_back(stand_in(j, wcet(j), Duration::zero(), 0));
      blocking += std::min(wcet(j), away(j));
    }
    const Duration own = wcet(k) + away(k);
    with_jitter.push_back(stand_in(k, own, Duration::zero(), 1));
    with_blocking.push_back(stand_in(k, own + blocking, Duration::zero(), 1));
    bounds[k].as_jitter = last_response(with_jitter);
    bounds[k].as_blocking = last_response(with_blocking);
  }

  // Of the last task of the set; nothing beyond its period, where the bounds do not hold.
  [[nodiscard]] std::optional<Duration> last_response(const TaskSet& tasks) const {
    const Analysis analysis = analyse(tasks, options_);
    if (analysis.tasks.size() < tasks.size()) return std::nullopt;
    const auto response = analysis.tasks.back().response_time;
    if (!response || *response > tasks.back().period) return std::nullopt;
    return response;
  }

  const SuspendingTaskSet& set_;
  const TaskSet& tasks_;
  Policy policy_;
  AnalysisOptions options_;
};

bool has_fixed_priorities(Policy policy) {
  return policy != Policy::kEdf && policy != Policy::kFifo;
}

// The answer from the bounds of the charged tasks.
class Answer {
 public:
  void add(const Task& task, Duration suspension, const TaskBound& bound) {
    analysis_.tasks.push_back(bound);
    const std::string name = name_of(task);
    if (*total_wcet(task) + suspension > task.deadline.value) {
      return say(Verdict::kUnschedulable, name + " alone executes and suspends for " +
                                              format_duration(*total_wcet(task) + suspension) +
                                              " > " + format_duration(task.deadline.value));
    }
    if (!bound.response_time) return say(Verdict::kUnknown, "no bound was found for " + name);
    const std::string response = format_duration(*bound.response_time);
    if (*bound.slack < Duration::zero()) {
      return say(Verdict::kUnknown, name + " may respond after " + response + " > " +
                                        format_duration(task.deadline.value) +
                                        "; the bound need not be reached");
    }
    if (*bound.response_time <= longest_stay(task)) return;
    say(Verdict::kUnknown, name + " may take " + response + ", and after " +
                               format_duration(longest_stay(task)) +
                               " its overload rule drops the next job, which counts as a miss");
  }

  // `without`: the set that never suspends, which it may.
  Analysis take(const Analysis& without) && {
    analysis_.theorem = kTheorem;
    if (without.verdict == Verdict::kUnschedulable) {
      analysis_.verdict = Verdict::kUnschedulable;
      analysis_.reason = "even without suspension: " + without.reason;
      analysis_.failure = without.failure;
    }
    return std::move(analysis_);
  }

 private:
  // The first of the worst is what is said.
  void say(Verdict verdict, std::string reason) {
    const bool worse = analysis_.verdict == Verdict::kSchedulable ||
                       (analysis_.verdict == Verdict::kUnknown && verdict != Verdict::kUnknown);
    if (!worse) return;
    analysis_.verdict = verdict;
    analysis_.reason = std::move(reason);
  }

  Analysis analysis_{
      .verdict = Verdict::kSchedulable,
      .theorem = {},
      .reason = "every response-time bound, time away included, is within its deadline",
      .tasks = {},
      .failure = {}};
};

// All three bounds of all tasks, and in `blocking` what the first charges each.
std::vector<SuspensionBounds> bounds_of(const SuspendingTaskSet& set, const TaskSet& charged,
                                        const Analysis& oblivious, const AnalysisOptions& options) {
  std::vector<SuspensionBounds> bounds(set.size());
  for (std::size_t i = 0; i < oblivious.tasks.size(); ++i) {
    bounds[i].oblivious = oblivious.tasks[i].response_time;
  }
  if (options.preemption == Preemption::kPreemptive && has_fixed_priorities(options.policy)) {
    FixedPriorities(set, charged, options).improve(bounds);
  }
  return bounds;
}

}  // namespace

Result<SuspensionAnalysis> analyse_self_suspension(const SuspendingTaskSet& set,
                                                   const AnalysisOptions& options) {
  if (auto valid = validate(set, options); !valid) return fail(valid.error());
  const TaskSet tasks = tasks_of(set);
  const Analysis without = analyse(tasks, options);
  const auto charged = charged_for(tasks, options);
  if (!charged && without.verdict == Verdict::kUnschedulable) {
    return SuspensionAnalysis{without, std::vector<SuspensionBounds>(set.size())};
  }
  const auto oblivious = charged ? oblivious_set(set, *charged, options) : std::nullopt;
  if (!oblivious) return too_large();
  AnalysisOptions charged_already = options;
  charged_already.overheads = {};
  const Analysis as_execution = analyse(*oblivious, charged_already);
  SuspensionAnalysis answer{{}, bounds_of(set, *charged, as_execution, charged_already)};
  Answer conclusion;
  for (std::size_t i = 0; i < set.size(); ++i) {
    TaskBound bound{.task = set[i].task.id, .response_time = smallest(answer.bounds[i])};
    if (i < as_execution.tasks.size()) bound.blocking = as_execution.tasks[i].blocking;
    if (bound.response_time) bound.slack = (*charged)[i].deadline.value - *bound.response_time;
    conclusion.add((*charged)[i], set[i].suspension, bound);
  }
  answer.analysis = std::move(conclusion).take(without);
  return answer;
}

}  // namespace aegis::theory
