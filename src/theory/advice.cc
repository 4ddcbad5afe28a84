// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/advice.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "aegis/base/duration_text.h"
#include "aegis/base/wide_integer.h"
#include "aegis/theory/sensitivity.h"

#include "answers.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr std::int64_t kMillion = 1'000'000;

std::int64_t ppm(Duration part, Duration whole) {
  if (whole <= Duration::zero()) return 0;
  const Int128 ratio = Int128{part.ns()} * kMillion / whole.ns();
  return static_cast<std::int64_t>(
      std::min(ratio, Int128{std::numeric_limits<std::int64_t>::max()}));
}

// Four significant digits, as format_duration() shows them.
Duration rounded_down(Duration value) {
  std::int64_t unit = 1;
  while (value.ns() / unit >= 10'000) unit *= 10;
  return Duration::nanoseconds(value.ns() / unit * unit);
}
Duration rounded_up(Duration value) {
  const Duration down = rounded_down(value);
  if (down == value) return value;
  std::int64_t unit = 1;
  while (value.ns() / unit >= 10'000) unit *= 10;
  return down + Duration::nanoseconds(unit);
}

struct Wording {
  Change change;
  Parameter parameter;
  const char* limit;
  bool grows;
};
constexpr Wording kWordings[] = {
    {Change::kWcet, Parameter::kWcet, ": WCET at most ", false},
    {Change::kDeadline, Parameter::kDeadline, ": deadline at least ", true},
    {Change::kPeriod, Parameter::kPeriod, ": period at least ", true},
    {Change::kJitter, Parameter::kJitter, ": release jitter at most ", false},
};

class Adviser {
 public:
  Adviser(const TaskSet& tasks, const AnalysisOptions& options, const AdviceLimits& limits)
      : tasks_(tasks), options_(options), limits_(limits) {}

  std::vector<Advice> all() && {
    try_policies();
    try_cuts();
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      for (const Wording& wording : kWordings) try_number(i, wording);
    }
    try_scaling();
    std::sort(found_.begin(), found_.end(),
              [this](const Advice& a, const Advice& b) { return rank(a) < rank(b); });
    return std::move(found_);
  }

 private:
  [[nodiscard]] Advice unchanged(Change change, TaskId task = {}) const {
    return {.change = change, .task = task, .tasks = tasks_, .options = options_};
  }
  // Keeps it if it is true.
  bool keep(Advice advice) {
    if (judge(advice.tasks, advice.options) != Verdict::kSchedulable) return false;
    found_.push_back(std::move(advice));
    return true;
  }
  [[nodiscard]] std::tuple<std::int64_t, Change, std::size_t, std::size_t> rank(
      const Advice& advice) const {
    std::size_t segments = 0, position = 0;
    for (const Task& task : advice.tasks) segments += task.segments.size();
    while (position < tasks_.size() && tasks_[position].id != advice.task) ++position;
    if (advice.change == Change::kPolicy) {
      position = static_cast<std::size_t>(advice.options.policy);
    }
    return {advice.size_ppm, advice.change, segments, position};
  }

  void try_policies() {
    for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic}) {
      if (policy == options_.policy) continue;
      Advice advice = unchanged(Change::kPolicy);
      advice.options.policy = policy;
      advice.text = "policy " + std::string(to_string(policy)) + " instead of " +
                    std::string(to_string(options_.policy));
      keep(std::move(advice));
    }
    if (limits_.assign_priorities) try_priorities();
  }

  void try_priorities() {
    Advice advice = unchanged(Change::kPolicy);
    advice.options.policy = Policy::kStaticPriority;
    auto assigned = limits_.assign_priorities(tasks_, advice.options);
    if (!assigned || assigned->size() != tasks_.size()) return;
    advice.tasks = std::move(*assigned);
    std::vector<const Task*> order;
    for (const Task& task : advice.tasks) order.push_back(&task);
    std::sort(order.begin(), order.end(), [](const Task* a, const Task* b) {
      return std::tie(a->priority, a->id) < std::tie(b->priority, b->id);
    });
    advice.text = "static priorities in the order";
    for (const Task* task : order) {
      advice.text += (task == order.front() ? " " : ", ") + name_of(tasks_, task->id);
    }
    keep(std::move(advice));
  }

  [[nodiscard]] Duration added_overhead(std::uint32_t segments) const {
    const Duration each = options_.overheads.dispatch + options_.overheads.completion;
    return Duration::checked_multiply(each, segments).value_or(Duration::max());
  }
  static std::string pieces_text(const Task& task) {
    return std::to_string(task.segments.size()) + " segments of at most " +
           format_duration(rounded_up(longest_segment(task))) + " each";
  }

  // One task cut alone; all of them when that is not enough.
  void try_cuts() {
    for (const Task& candidate : tasks_) {
      if (limits_.cuts.allowed && !limits_.cuts.allowed(candidate)) continue;
      try_plan({.allowed = [id = candidate.id](const Task& task) { return task.id == id; },
                .most_pieces = limits_.cuts.most_pieces});
    }
    const bool one_is_enough = std::any_of(found_.begin(), found_.end(), [](const Advice& advice) {
      return advice.change == Change::kCut;
    });
    if (!one_is_enough) try_plan(limits_.cuts);
  }

  void try_plan(const Cuts& cuts) {
    const auto plan = cheapest_segment_plan(tasks_, options_, cuts);
    if (!plan) return;
    Advice advice = unchanged(Change::kSegmentPlan);
    advice.tasks = cut(tasks_, *plan);
    Duration wcet;
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (plan->pieces[i] == tasks_[i].segments.size()) continue;
      changed.push_back(i);
      wcet += value_of(tasks_[i], Parameter::kWcet);
      advice.text += (advice.text.empty() ? "" : "; ") + name_of(tasks_, tasks_[i].id) + ": " +
                     pieces_text(advice.tasks[i]) + " (now " +
                     std::to_string(tasks_[i].segments.size()) + ")";
    }
    advice.size_ppm = ppm(added_overhead(plan->added), wcet);
    if (changed.size() == 1) {
      advice.change = Change::kCut;
      advice.task = tasks_[changed.front()].id;
    }
    keep(std::move(advice));
  }

  void try_number(std::size_t i, const Wording& wording) {
    const auto exact = limit(tasks_, options_, tasks_[i].id, wording.parameter);
    if (!exact) return;
    const Duration rounded = wording.grows ? rounded_up(*exact) : rounded_down(*exact);
    if (!keep(with_number(i, wording, rounded)) && rounded != *exact) {
      keep(with_number(i, wording, *exact));
    }
  }
  [[nodiscard]] Advice with_number(std::size_t i, const Wording& wording, Duration value) const {
    Advice advice = unchanged(wording.change, tasks_[i].id);
    const Duration now = value_of(tasks_[i], wording.parameter);
    advice.tasks[i] = with(tasks_[i], wording.parameter, value);
    advice.size_ppm = ppm(std::max(value - now, now - value), now);
    advice.text = name_of(tasks_, tasks_[i].id) + wording.limit + format_duration(value) +
                  " (now " + format_duration(now) + ")";
    return advice;
  }

  void try_scaling() {
    const auto exact = critical_scaling(tasks_, options_);
    if (!exact) return;
    // Hundredths of a percent are enough to say, and to do.
    constexpr std::int64_t kHundredth = 100'000;
    const std::int64_t hundredths = exact->parts_per_billion / kHundredth;
    if (hundredths == 0) return;
    auto changed = scaled(tasks_, {hundredths * kHundredth});
    if (!changed) return;
    Advice advice = unchanged(Change::kScaling);
    advice.tasks = std::move(*changed);
    advice.size_ppm = kMillion - hundredths * (kHundredth / 1'000);
    const std::string fraction = std::to_string(100 + hundredths % 100).substr(1);
    advice.text =
        "every WCET: at most " + std::to_string(hundredths / 100) + "." + fraction + " % of now";
    keep(std::move(advice));
  }

  const TaskSet& tasks_;
  const AnalysisOptions& options_;
  const AdviceLimits& limits_;
  std::vector<Advice> found_;
};

}  // namespace

std::vector<Advice> advice(const TaskSet& tasks, const AnalysisOptions& options,
                           const AdviceLimits& limits) {
  if (!validate(tasks) || judge(tasks, options) == Verdict::kSchedulable) return {};
  return Adviser(tasks, options, limits).all();
}

}  // namespace aegis::theory
