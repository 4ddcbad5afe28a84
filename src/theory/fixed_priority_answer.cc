// SPDX-License-Identifier: Apache-2.0
#include "fixed_priority_answer.h"

#include <algorithm>
#include <vector>

#include "aegis/base/duration_text.h"

#include "answers.h"
#include "linear_response.h"

namespace aegis::theory {
namespace {

TaskBound bound_of(const Task& task, const Level& level) {
  TaskBound bound{.task = task.id, .blocking = level.block.length};
  bound.response_time = longest_response(level);
  if (bound.response_time) bound.slack = task.deadline.value - *bound.response_time;
  return bound;
}

std::string late_sentence(const TaskSet& tasks, const Failure& failure) {
  std::string text = name_of(tasks, failure.task) + " may respond after " +
                     format_duration(failure.needed()) + " > " + format_duration(failure.interval);
  if (failure.blocking == Duration::zero()) return text;
  return text + ", " + format_duration(failure.blocking) + " of them held back by " +
         blocker_of(tasks, failure);
}

// Gathers the tasks' answers into one.
class Answer {
 public:
  Answer(const TaskSet& tasks, const char* theorem)
      : tasks_(tasks), analysis_{Verdict::kSchedulable, theorem, {}} {}

  void add(const Task& task, const Level& level) {
    TaskBound bound = bound_of(task, level);
    if (!bound.slack) {
      give_up(task, level);
    } else if (*bound.slack < Duration::zero()) {
      refuse(task, level, *bound.response_time);
    } else {
      bound.blocking_tolerance = theory::blocking_tolerance(level, task.deadline.value);
    }
    analysis_.tasks.push_back(bound);
  }

  Analysis take() && {
    if (analysis_.reason.empty())
      analysis_.reason = "every response-time bound is within its deadline";
    return std::move(analysis_);
  }

 private:
  void give_up(const Task& task, const Level& level) {
    if (analysis_.verdict == Verdict::kUnschedulable) return;
    const std::string name = name_of(tasks_, task.id);
    if (level.overutilised) {
      analysis_.verdict = Verdict::kUnschedulable;
      analysis_.reason = name + " and the tasks above it use more than the whole lane";
      return;
    }
    // The first late job is often found long before the longest response.
    const auto late = longest_response(level, task.deadline.value);
    if (late && *late > task.deadline.value) return refuse(task, level, *late);
    doubt(name + "'s busy period is longer than the limit of the analysis");
  }

  void refuse(const Task& task, const Level& level, Duration response) {
    if (analysis_.verdict == Verdict::kUnschedulable) return;
    const Duration blocking = level.block.length;
    const Failure failure{task.id,  task.deadline.value, response - blocking,
                          blocking, level.block.blocker, {}};
    const std::string text = late_sentence(tasks_, failure);
    if (has_offsets(tasks_))
      return doubt("sporadic tasks would miss, offsets may prevent it: " + text);
    if (level.ties) return doubt("equal priorities are counted against each other: " + text);
    analysis_.verdict = Verdict::kUnschedulable;
    analysis_.reason = text;
    analysis_.failure = failure;
  }

  void doubt(const std::string& reason) {
    if (analysis_.verdict == Verdict::kUnknown) return;
    analysis_.verdict = Verdict::kUnknown;
    analysis_.reason = reason;
  }

  const TaskSet& tasks_;
  Analysis analysis_;
};

// The levels that need no recurrence: the closed form is enough, or nothing about them is new.
class EasyLevels {
 public:
  EasyLevels(const TaskSet& tasks, const LevelTerms& terms, LastTask last)
      : timings_(timings(tasks)),
        linear_(timings_, terms.supply),
        newcomer_(last == LastTask::kIsNew ? tasks.size() - 1 : tasks.size()) {
    const auto blocks = [&](Duration length) {
      return terms.blocking ? terms.blocking->of(length) : Duration::zero();
    };
    for (const Task& task : tasks) {
      priorities_.push_back(*priority_of(terms.policy, task));
      blocks_.push_back(blocks(longest_segment(task)));
    }
    if (terms.blocking) best_effort_ = blocks(terms.blocking->best_effort);
  }

  [[nodiscard]] bool fits(std::size_t i) const {
    Duration blocking = best_effort_;  // without the newcomer
    std::vector<std::size_t> higher;
    for (std::size_t j = 0; j < timings_.size(); ++j) {
      if (j == i) continue;
      if (priorities_[j] <= priorities_[i]) {
        higher.push_back(j);
      } else if (j != newcomer_) {
        blocking = std::max(blocking, blocks_[j]);
      }
    }
    const bool newcomer_is_lower =
        newcomer_ < timings_.size() && priorities_[newcomer_] > priorities_[i];
    if (newcomer_is_lower && blocks_[newcomer_] <= blocking) return true;
    if (newcomer_is_lower) blocking = blocks_[newcomer_];
    return linear_.fits(timings_[i], higher, blocking);
  }

 private:
  Timings timings_;
  LinearResponse linear_;
  std::size_t newcomer_;
  std::vector<std::int64_t> priorities_;
  std::vector<Duration> blocks_;
  Duration best_effort_;
};

}  // namespace

Analysis analyse_levels(const TaskSet& tasks, const LevelTerms& terms, const char* theorem) {
  const Blocking blocking = terms.blocking.value_or(Blocking{});
  if (auto refusal = refused_input(tasks, terms.supply, theorem, blocking)) return *refusal;
  if (!priority_of(terms.policy, tasks.front())) {
    return {Verdict::kUnknown, theorem,
            "the policy " + std::string(to_string(terms.policy)) + " has no fixed priorities"};
  }
  Answer answer(tasks, theorem);
  for (std::size_t i = 0; i < tasks.size(); ++i) answer.add(tasks[i], level_of(tasks, i, terms));
  return std::move(answer).take();
}

Verdict judge_levels(const TaskSet& tasks, const LevelTerms& terms, LastTask last) {
  if (!validate(tasks) || !validate(terms.supply)) return Verdict::kUnknown;
  if (terms.blocking && !validate(*terms.blocking)) return Verdict::kUnknown;
  if (!priority_of(terms.policy, tasks.front())) return Verdict::kUnknown;
  Verdict verdict = Verdict::kSchedulable;
  const EasyLevels easy(tasks, terms, last);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (easy.fits(i)) continue;
    const Level level = level_of(tasks, i, terms);
    if (level.overutilised) return Verdict::kUnschedulable;
    const Duration deadline = tasks[i].deadline.value;
    const auto longest = longest_response(level, deadline);
    if (longest && *longest <= deadline) continue;
    if (longest && !level.ties && !has_offsets(tasks)) return Verdict::kUnschedulable;
    verdict = Verdict::kUnknown;
  }
  return verdict;
}

}  // namespace aegis::theory
