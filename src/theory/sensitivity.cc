// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/sensitivity.h"

#include <algorithm>
#include <utility>

#include "bisection.h"
#include "dropped_jobs.h"
#include "level_limit.h"
#include "tolerances.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr Duration kTick = Duration::nanoseconds(1);
// The longest period or deadline tried: what is longer adds nothing, and three tasks of it still
// fit kLargestSum.
constexpr Duration kLongestTried = kLargestSum / 4;
constexpr std::int64_t kWhole = 1'000'000'000;
constexpr std::int64_t kLargestScaling = 1'000'000'000 * kWhole;

// The questions, asked of one set changed in place.
class Search {
 public:
  Search(const TaskSet& tasks, const AnalysisOptions& options)
      : Search(in_fixed_order(tasks, options)) {}

  [[nodiscard]] Verdict verdict() const { return verdict_; }
  [[nodiscard]] std::int64_t calls() const { return calls_; }

  std::optional<Duration> limit(std::size_t i, Parameter parameter) {
    const Task original = tasks_[i];
    const auto holds = [&](Duration value) {
      tasks_[i] = with(original, parameter, value);
      const bool schedulable = ask(tasks_);
      tasks_[i] = original;
      return schedulable;
    };
    auto within = bracket(original, parameter, holds);
    if (within && options_.policy == Policy::kStaticPriority) {
      const Duration step = within->breaks > within->holds ? kTick : -kTick;
      const Duration guess =
          limit_by_levels(tasks_, options_, i, parameter, within->holds, within->breaks);
      if (holds(guess)) within->holds = guess;
      if (guess != within->breaks && !holds(guess + step)) within->breaks = guess + step;
    }
    if (within && options_.policy == Policy::kEdf && parameter == Parameter::kPeriod) {
      narrow_period(i, *within, holds);
    }
    return proved(within, holds);
  }

  std::optional<Scaling> scaling() {
    const auto holds = [&](Duration f) {
      const auto changed = scaled(tasks_, {f.ns()});
      return changed && ask(*changed);
    };
    Bracket bracket{Duration::zero(), Duration::nanoseconds(kWhole)};
    if (present_holds()) {
      bracket = {Duration::nanoseconds(kWhole), Duration::nanoseconds(kLargestScaling)};
      while (bracket.breaks > 2 * bracket.holds && holds(2 * bracket.holds)) {
        bracket.holds = 2 * bracket.holds;
      }
      bracket.breaks = std::min(bracket.breaks, 2 * bracket.holds);
    } else if (!holds(Duration::zero())) {
      return std::nullopt;
    }
    const auto f = proved(bracket, holds);
    return f ? std::optional(Scaling{f->ns()}) : std::nullopt;
  }

  // `expected` is where the limit should be; only overload rules can make it shorter.
  std::optional<Duration> best_effort(std::optional<Duration> expected) {
    const AnalysisOptions original = options_;
    const auto holds = [&](Duration longest) {
      options_.blocking.best_effort = longest;
      const bool schedulable = ask(tasks_);
      options_ = original;
      return schedulable;
    };
    if (expected && holds(*expected)) return proved(Bracket{*expected, *expected + kTick}, holds);
    if (!holds(Duration::zero())) return std::nullopt;
    Duration beyond = options_.blocking.tick;
    for (const Task& task : tasks_) beyond = std::max(beyond, task.deadline.value + kTick);
    return proved(Bracket{Duration::zero(), expected.value_or(beyond)}, holds);
  }

 private:
  // Two values, the first judged schedulable, the second expected not to be.
  struct Bracket {
    Duration holds, breaks;
  };

  explicit Search(FixedOrder&& fixed)
      : tasks_(std::move(fixed.tasks)),
        options_(fixed.options),
        verdict_(judge(tasks_, options_)) {}

  bool ask(const TaskSet& tasks) {
    ++calls_;
    return judge(tasks, options_) == Verdict::kSchedulable;
  }
  [[nodiscard]] bool present_holds() const { return verdict_ == Verdict::kSchedulable; }

  // A limit is answered only where the value beyond it was judged too.
  template <class Holds>
  std::optional<Duration> proved(std::optional<Bracket> bracket, const Holds& holds) {
    if (!bracket) return std::nullopt;
    bool beyond_judged = false;
    Duration breaks = bracket->breaks;
    const Duration value = between(bracket->holds, breaks, [&](Duration x) {
      const bool held = holds(x);
      if (!held) breaks = x, beyond_judged = true;
      return held;
    });
    if (!beyond_judged && holds(breaks)) return std::nullopt;
    return value;
  }

  template <class Holds>
  std::optional<Bracket> bracket(const Task& task, Parameter parameter, const Holds& holds) {
    const Duration present = value_of(task, parameter), harshest = impossible(task, parameter);
    if (present_holds()) return Bracket{present, harshest};
    const Duration mildest = mildest_of(task, parameter);
    if (!holds(mildest)) return std::nullopt;
    const bool grows = parameter == Parameter::kPeriod || parameter == Parameter::kDeadline;
    if (!grows) return Bracket{mildest, present};
    if (mildest <= present) return Bracket{mildest, harshest};
    return galloped(present, mildest, holds);
  }

  // By doubling, since the mildest period is years away.
  template <class Holds>
  static Bracket galloped(Duration breaks, Duration holding, const Holds& holds) {
    while (breaks < holding / 2) {
      if (holds(2 * breaks)) return {2 * breaks, breaks};
      breaks = 2 * breaks;
    }
    return {holding, breaks};
  }

  // Under EDF, a period shorter than the deadline asks for a response bound each time, where the
  // overload rule drops jobs. The response R grows as the period shrinks; hence no period holds
  // with which a job may stay for less than the R of one that does, and often the first so found
  // is the limit. Otherwise it is sought above the limit without that rule, which needs no bounds.
  template <class Holds>
  void narrow_period(std::size_t i, Bracket& bracket, const Holds& holds) {
    for (int steps = 0; steps < 4; ++steps) {
      const Duration shortest = shortest_without_drops(i, bracket.holds);
      if (shortest - kTick <= bracket.breaks || shortest > bracket.holds) break;
      bracket.breaks = shortest - kTick;
      if (shortest == bracket.holds || !ask_dropless(i, shortest)) break;
      (holds(shortest) ? bracket.holds : bracket.breaks) = shortest;
    }
    if (bracket.holds - bracket.breaks == kTick) return;
    const auto dropless = [&](Duration period) { return ask_dropless(i, period); };
    bracket.breaks = between(bracket.holds, bracket.breaks, dropless) - kTick;
  }
  bool ask_dropless(std::size_t i, Duration period) {
    const Task original = tasks_[i];
    tasks_[i] = never_dropping(with(original, Parameter::kPeriod, period));
    const bool schedulable = ask(tasks_);
    tasks_[i] = original;
    return schedulable;
  }
  // The shortest period whose rule drops no job that responds as with this one.
  Duration shortest_without_drops(std::size_t i, Duration period) {
    const Task original = tasks_[i];
    tasks_[i] = with(original, Parameter::kPeriod, period);
    const auto response = edf_response_time(tasks_, options_, i);
    tasks_[i] = original;
    const std::int64_t periods = longest_stay(original) / original.period;
    if (!response || *response > original.deadline.value) return kTick;
    return (*response + (periods - 1) * kTick) / periods;
  }

  static Duration mildest_of(const Task& task, Parameter parameter) {
    switch (parameter) {
      case Parameter::kWcet:
      case Parameter::kLongestSegment:
        return kTick;
      case Parameter::kPeriod:
        return kLongestTried;
      case Parameter::kDeadline:
        return std::min(longest_stay(task), kLongestTried);
      case Parameter::kJitter:
        break;
    }
    return Duration::zero();
  }

  // A value that cannot hold, since J + C <= D and C <= T in every schedulable set.
  static Duration impossible(const Task& task, Parameter parameter) {
    const Duration wcet = *total_wcet(task), jitter = task.release_jitter;
    const Duration room = task.deadline.value - jitter + kTick;
    switch (parameter) {
      case Parameter::kWcet:
        return room;
      case Parameter::kLongestSegment:
        return room - wcet + longest_segment(task);
      case Parameter::kPeriod:
        return wcet - kTick;
      case Parameter::kDeadline:
        return jitter + wcet - kTick;
      case Parameter::kJitter:
        break;
    }
    return task.deadline.value - wcet + kTick;
  }

  TaskSet tasks_;
  AnalysisOptions options_;
  std::int64_t calls_ = 1;
  Verdict verdict_;
};

std::optional<Tolerances> neighbours(const TaskSet& tasks, const AnalysisOptions& options) {
  const auto charged = charged_for(tasks, options);
  if (!charged) return std::nullopt;
  return tolerances(*charged, options);
}

// Without the dispatch and completion that the segment would be charged with.
std::optional<Duration> uncharged(std::optional<Duration> segment, const Overheads& overheads) {
  if (!segment || *segment == Duration::max()) return segment;
  return std::max(*segment - overheads.dispatch - overheads.completion, Duration::zero());
}

std::optional<Duration> best_effort(Search& search, const std::optional<Tolerances>& around) {
  std::optional<Duration> least;
  if (around) {
    for (const auto& foreign : around->foreign) {
      if (foreign && (!least || *foreign < *least)) least = foreign;
    }
  }
  return search.best_effort(least);
}

TaskSensitivity of_one(Search& search, TaskId task, std::size_t i) {
  TaskSensitivity result{.task = task};
  result.largest_wcet = search.limit(i, Parameter::kWcet);
  result.largest_longest_segment = search.limit(i, Parameter::kLongestSegment);
  result.smallest_period = search.limit(i, Parameter::kPeriod);
  if (const auto d = search.limit(i, Parameter::kDeadline)) {
    result.smallest_deadline = RelativeDeadline{*d};
  }
  result.largest_jitter = search.limit(i, Parameter::kJitter);
  return result;
}

}  // namespace

std::optional<Duration> limit(const TaskSet& tasks, const AnalysisOptions& options, TaskId task,
                              Parameter parameter) {
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [&](const Task& candidate) { return candidate.id == task; });
  if (!validate(tasks) || found == tasks.end()) return std::nullopt;
  return Search(tasks, options).limit(static_cast<std::size_t>(found - tasks.begin()), parameter);
}

std::optional<Scaling> critical_scaling(const TaskSet& tasks, const AnalysisOptions& options) {
  if (!validate(tasks)) return std::nullopt;
  return Search(tasks, options).scaling();
}

std::optional<Duration> longest_best_effort_segment(const TaskSet& tasks,
                                                    const AnalysisOptions& options) {
  if (!validate(tasks)) return std::nullopt;
  Search search(tasks, options);
  return best_effort(search, neighbours(tasks, options));
}

Sensitivity sensitivity(const TaskSet& tasks, const AnalysisOptions& options) {
  if (!validate(tasks)) return {};
  Search search(tasks, options);
  Sensitivity result{.verdict = search.verdict()};
  const auto around = neighbours(tasks, options);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskSensitivity one = of_one(search, tasks[i].id, i);
    if (around) {
      one.longest_admissible_segment = uncharged(around->own[i], options.overheads);
      one.blocking_tolerance = uncharged(around->foreign[i], options.overheads);
    }
    result.tasks.push_back(one);
  }
  result.critical_scaling = search.scaling();
  result.longest_best_effort_segment = best_effort(search, around);
  result.judge_calls = search.calls();
  return result;
}

}  // namespace aegis::theory
