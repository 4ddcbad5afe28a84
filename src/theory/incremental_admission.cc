// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/incremental_admission.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "answers.h"
#include "demand_ledger.h"
#include "fixed_priority_answer.h"
#include "overload_stay.h"

namespace aegis::theory {
namespace {

using policy::Policy;

// The set's times together, as validate() sums them; no more than Duration::max() / 2.
Duration sum_of_times(const TaskSet& tasks) {
  Duration sum;
  for (const Task& task : tasks) {
    for (const auto time :
         {total_wcet(task).value_or(kLargestSum), task.period, task.deadline.value,
          task.release_jitter, task.offset.value_or(Duration::zero())}) {
      sum = std::min(sum + std::min(time, kLargestSum), 2 * kLargestSum);
    }
  }
  return sum;
}

}  // namespace

// What is kept of the set: as declared, with its overheads charged, and in the analyses' numbers.
class ProvenSet::State {
 public:
  explicit State(const AnalysisOptions& options) : options_(options) {}

  [[nodiscard]] const TaskSet& tasks() const { return tasks_; }

  Verdict add(const Task& task) {
    if (!validate(options_.supply) || !validate(options_.blocking)) return Verdict::kUnknown;
    if (!may_join(task)) return Verdict::kUnknown;
    auto charged = charged_for({task}, options_);
    if (!charged) return judge(with(task), options_);
    tasks_.push_back(task);
    charged_.push_back(std::move(charged->front()));
    timing_.push_back(timing(charged_.back()));
    const Verdict verdict = judge_newcomer();
    if (verdict != Verdict::kSchedulable) drop(tasks_.size() - 1);
    return verdict;
  }

  bool remove(TaskId id) {
    const auto task =
        std::find_if(tasks_.begin(), tasks_.end(), [id](const Task& t) { return t.id == id; });
    if (task == tasks_.end()) return false;
    const auto i = static_cast<std::size_t>(task - tasks_.begin());
    ledger_.leave_out(timing_[i]);
    drop(i);
    return true;
  }

 private:
  [[nodiscard]] bool preemptive() const { return options_.preemption == Preemption::kPreemptive; }

  [[nodiscard]] TaskSet with(const Task& task) const {
    TaskSet all = tasks_;
    all.push_back(task);
    return all;
  }

  // Whether the set with it is one to analyse.
  [[nodiscard]] bool may_join(const Task& task) const {
    if (!validate(TaskSet{task})) return false;
    const bool known = std::any_of(tasks_.begin(), tasks_.end(),
                                   [&](const Task& other) { return other.id == task.id; });
    return !known && sum_of_times(tasks_) + sum_of_times({task}) <= kLargestSum;
  }

  // The newcomer being the last. What has no newcomer's answer is asked from the beginning.
  Verdict judge_newcomer() {
    if (compare_load_with_one(timing_, options_.supply) > 0) return Verdict::kUnschedulable;
    if (options_.policy == Policy::kFifo) return judge(tasks_, options_);
    if (sum_of_times(charged_) > kLargestSum) return Verdict::kUnknown;
    return options_.policy == Policy::kEdf ? judge_demand() : judge_levels_below();
  }

  Verdict judge_demand() {
    const BlockingProfile blocking =
        preemptive() ? BlockingProfile()
                     : BlockingProfile(charged_, deadlines_of(timing_), options_.blocking);
    const EdfDemand demand(timing_, blocking, options_.supply);
    Verdict verdict = Verdict::kUnknown;
    auto ledger = ledger_.with(timing_.back(), demand, verdict);
    if (!ledger) {
      const bool doubtful = verdict == Verdict::kUnschedulable && has_offsets(tasks_);
      return doubtful ? Verdict::kUnknown : verdict;
    }
    if (!keeps_overload_rules(charged_, options_)) return Verdict::kUnknown;
    ledger_ = std::move(*ledger);
    return Verdict::kSchedulable;
  }

  Verdict judge_levels_below() {
    const LevelTerms terms{options_.policy,
                           preemptive() ? std::nullopt : std::optional(options_.blocking),
                           options_.supply};
    const Verdict verdict = judge_levels(charged_, terms, LastTask::kIsNew);
    if (verdict != Verdict::kSchedulable) return verdict;
    return keeps_overload_rules(charged_, options_) ? verdict : Verdict::kUnknown;
  }

  void drop(std::size_t i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    tasks_.erase(tasks_.begin() + at);
    charged_.erase(charged_.begin() + at);
    timing_.erase(timing_.begin() + at);
  }

  AnalysisOptions options_;
  TaskSet tasks_;
  TaskSet charged_;
  Timings timing_;
  DemandLedger ledger_;  // EDF; empty: everything is to be looked at
};

ProvenSet::ProvenSet(const AnalysisOptions& options) : state_(std::make_unique<State>(options)) {}
ProvenSet::ProvenSet(ProvenSet&&) noexcept = default;
ProvenSet& ProvenSet::operator=(ProvenSet&&) noexcept = default;
ProvenSet::~ProvenSet() = default;

Verdict ProvenSet::add(const Task& task) {
  return state_->add(task);
}

bool ProvenSet::remove(TaskId task) {
  return state_->remove(task);
}

const TaskSet& ProvenSet::tasks() const {
  return state_->tasks();
}

}  // namespace aegis::theory
