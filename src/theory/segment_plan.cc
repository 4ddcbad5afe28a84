// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/segment_plan.h"

#include <algorithm>
#include <utility>

#include "tolerances.h"

namespace aegis::theory {
namespace {

using Pieces = std::vector<std::uint32_t>;

// At 100 us each, under half a second.
constexpr std::int64_t kMostTried = 4'096;

std::uint32_t present(const Task& task) {
  return static_cast<std::uint32_t>(task.segments.size());
}

// Whether more pieces of it only shorten its last one, as the argument of the header needs.
bool evenly_cut(const Task& task) {
  return std::all_of(task.segments.begin(), task.segments.end(),
                     [&](const Segment& segment) {
                       return segment.wcet >= task.segments.back().wcet &&
                              segment.wcet <= task.segments.front().wcet;
                     }) &&
         longest_segment(task) - task.segments.back().wcet <= Duration::nanoseconds(1);
}

class Planner {
 public:
  Planner(const TaskSet& tasks, const AnalysisOptions& options, const Cuts& cuts)
      : tasks_(tasks), options_(options) {
    for (const Task& task : tasks) {
      const std::int64_t ticks = total_wcet(task)->ns();
      const bool may = !cuts.allowed || cuts.allowed(task);
      const auto most =
          static_cast<std::uint32_t>(std::min<std::int64_t>(ticks, std::int64_t{cuts.most_pieces}));
      most_.push_back(may ? std::max(most, present(task)) : present(task));
      least_.push_back(present(task));
    }
  }

  std::optional<SegmentPlan> plan() {
    if (holds(least_)) return as_plan(least_, true);
    const bool blocks = options_.preemption == Preemption::kNonPreemptive;
    if (!blocks || options_.policy == policy::Policy::kFifo) return std::nullopt;
    const bool edf = options_.policy == policy::Policy::kEdf;
    if (edf || std::all_of(tasks_.begin(), tasks_.end(), evenly_cut)) {
      if (!raise_to_tolerances()) return std::nullopt;
      if (holds(least_)) return as_plan(least_, true);
    }
    return search();
  }

 private:
  [[nodiscard]] TaskSet applied(const Pieces& pieces) const {
    TaskSet tasks;
    for (std::size_t i = 0; i < tasks_.size(); ++i) tasks.push_back(cut(tasks_[i], pieces[i]));
    return tasks;
  }
  [[nodiscard]] bool holds(const Pieces& pieces) const {
    return judge(applied(pieces), options_) == Verdict::kSchedulable;
  }
  [[nodiscard]] SegmentPlan as_plan(const Pieces& pieces, bool cheapest) const {
    SegmentPlan plan{.pieces = pieces, .cheapest = cheapest};
    for (std::size_t i = 0; i < pieces.size(); ++i) plan.added += pieces[i] - present(tasks_[i]);
    return plan;
  }

  // The longest charged segment of task i in so many pieces that surely blocks for as long as its
  // deadline lets it.
  [[nodiscard]] std::optional<Duration> longest(std::size_t i, std::uint32_t pieces) const {
    const auto charged = charged_for({cut(tasks_[i], pieces)}, options_);
    if (!charged) return std::nullopt;
    if (options_.policy != policy::Policy::kEdf) return longest_segment(charged->front());
    Duration longest, before;
    for (const Segment& segment : charged->front().segments) {
      if (before <= tasks_[i].release_jitter) longest = std::max(longest, segment.wcet);
      before += segment.bcet;
    }
    return longest;
  }

  // Raises least_ to the least fixed point; false when there is none within most_.
  bool raise_to_tolerances() {
    bool raised = true;
    while (raised) {
      const auto charged = charged_for(applied(least_), options_);
      const auto tolerated = charged ? tolerances(*charged, options_) : std::nullopt;
      if (!tolerated) return false;
      const bool all_meet = std::all_of(tolerated->foreign.begin(), tolerated->foreign.end(),
                                        [](const auto& foreign) { return foreign.has_value(); });
      if (!all_meet) return false;
      raised = false;
      for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const std::uint32_t before = least_[i];
        if (!raise(i, tolerated->own[i].value_or(Duration::zero()))) return false;
        raised = raised || least_[i] > before;
      }
    }
    return true;
  }
  bool raise(std::size_t i, Duration admissible) {
    while (true) {
      const auto segment = longest(i, least_[i]);
      if (!segment) return false;
      if (*segment <= admissible) return true;
      if (least_[i] == most_[i]) return false;
      ++least_[i];
    }
  }

  std::optional<SegmentPlan> search() {
    std::uint32_t room = 0;
    for (std::size_t i = 0; i < most_.size(); ++i) room += most_[i] - least_[i];
    for (std::uint32_t added = 0; added <= room && tried_ < kMostTried; ++added) {
      Pieces pieces = least_;
      if (distribute(added, 0, pieces)) return as_plan(pieces, true);
    }
    return tried_ < kMostTried ? std::nullopt : greedy();
  }
  // Whether some way of adding so many pieces to the tasks from i on holds; then `pieces` is it.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as there are tasks, each level a loop over one
  bool distribute(std::uint32_t added, std::size_t i, Pieces& pieces) {
    if (added == 0) return ++tried_ <= kMostTried && holds(pieces);
    if (i == pieces.size()) return false;
    const std::uint32_t most = std::min(added, most_[i] - least_[i]);
    for (std::uint32_t own = 0; own <= most && tried_ < kMostTried; ++own) {
      pieces[i] = least_[i] + own;
      if (distribute(added - own, i + 1, pieces)) return true;
    }
    pieces[i] = least_[i];
    return false;
  }
  std::optional<SegmentPlan> greedy() {
    Pieces pieces = least_;
    while (!holds(pieces)) {
      std::optional<std::size_t> next;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i] == most_[i]) continue;
        if (!next || longest_in(i, pieces) > longest_in(*next, pieces)) next = i;
      }
      if (!next) return std::nullopt;
      ++pieces[*next];
    }
    return as_plan(pieces, false);
  }
  [[nodiscard]] Duration longest_in(std::size_t i, const Pieces& pieces) const {
    return longest_segment(cut(tasks_[i], pieces[i]));
  }

  const TaskSet& tasks_;
  const AnalysisOptions& options_;
  Pieces least_, most_;
  std::int64_t tried_ = 0;
};

}  // namespace

Task cut(Task task, std::uint32_t pieces) {
  if (pieces == present(task)) return task;
  const std::int64_t wcet = total_wcet(task)->ns(), n = pieces;
  task.segments.assign(pieces, {Duration::nanoseconds(wcet / n), Duration::zero()});
  for (std::int64_t i = 0; i < wcet % n; ++i) {
    task.segments[static_cast<std::size_t>(i)].wcet += Duration::nanoseconds(1);
  }
  return task;
}

TaskSet cut(TaskSet tasks, const SegmentPlan& plan) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i] = cut(std::move(tasks[i]), plan.pieces[i]);
  }
  return tasks;
}

std::optional<SegmentPlan> cheapest_segment_plan(const TaskSet& tasks,
                                                 const AnalysisOptions& options, const Cuts& cuts) {
  if (!validate(tasks)) return std::nullopt;
  return Planner(tasks, options, cuts).plan();
}

}  // namespace aegis::theory
