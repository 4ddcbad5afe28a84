// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/schedulability.h"

#include <algorithm>

#include "aegis/base/duration_text.h"
#include "aegis/theory/fifo_response_time.h"
#include "aegis/theory/np_edf_demand.h"
#include "aegis/theory/np_edf_response_time.h"
#include "aegis/theory/np_fp_response_time.h"
#include "aegis/theory/preemptive_edf_demand.h"
#include "aegis/theory/preemptive_fp_response_time.h"

#include "answers.h"
#include "overload_stay.h"

namespace aegis::theory {
namespace {

using policy::Policy;

constexpr const char* kBeforeAnyTheorem = "none: the set was refused before";

// Why the overheads cannot be charged: a deadline that they swallow is a verdict, the rest bad
// input.
Analysis refused_overheads(const TaskSet& tasks, const Overheads& overheads) {
  for (const Task& task : tasks) {
    if (task.deadline.value > overheads.clock_error) continue;
    return {Verdict::kUnschedulable, kBeforeAnyTheorem,
            name_of(tasks, task.id) + "'s deadline of " + format_duration(task.deadline.value) +
                " is not longer than the clock error of " + format_duration(overheads.clock_error)};
  }
  return {Verdict::kUnknown, kBeforeAnyTheorem, "an overhead is negative or absurdly large"};
}

// Fixed priorities, EDF and FIFO, and when a job may lose the lane.
Analysis dispatch(const TaskSet& tasks, const AnalysisOptions& options) {
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  const auto& [policy, preemption, blocking, overheads, supply] = options;
  switch (policy) {
    case Policy::kEdf:
      return preemptive ? analyse_preemptive_edf_response_time(tasks, supply)
                        : analyse_np_edf_response_time(tasks, blocking, supply);
    case Policy::kFifo:
      return analyse_fifo_response_time(tasks, blocking, supply);
    case Policy::kRateMonotonic:
    case Policy::kDeadlineMonotonic:
    case Policy::kStaticPriority:
      break;
  }
  return preemptive ? analyse_preemptive_fp_response_time(tasks, policy, supply)
                    : analyse_np_fp_response_time(tasks, policy, blocking, supply);
}

Verdict dispatch_verdict(const TaskSet& tasks, const AnalysisOptions& options) {
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  const auto& [policy, preemption, blocking, overheads, supply] = options;
  switch (policy) {
    case Policy::kEdf:
      return preemptive ? judge_preemptive_edf_demand(tasks, supply)
                        : judge_np_edf_demand(tasks, blocking, supply);
    case Policy::kFifo:
      return analyse_fifo_response_time(tasks, blocking, supply).verdict;
    case Policy::kRateMonotonic:
    case Policy::kDeadlineMonotonic:
    case Policy::kStaticPriority:
      break;
  }
  return preemptive ? judge_preemptive_fp(tasks, policy, supply)
                    : judge_np_fp(tasks, policy, blocking, supply);
}

void apply_overload_rules(const TaskSet& tasks, const AnalysisOptions& options,
                          Analysis& analysis) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Duration response = analysis.tasks[i].response_time.value_or(tasks[i].deadline.value);
    const Duration stay = longest_stay(tasks[i]);
    auto& tolerance = analysis.tasks[i].blocking_tolerance;
    if (response <= stay) {
      if (tolerance) tolerance = tolerance_within_rule(tasks, options, i, *tolerance);
      continue;
    }
    tolerance.reset();
    analysis.verdict = Verdict::kUnknown;
    analysis.reason = name_of(tasks, tasks[i].id) + " may take " + format_duration(response) +
                      ", and after " + format_duration(stay) +
                      " its overload rule drops the next job, which counts as a miss";
    return;
  }
}

void describe_the_tightest(const TaskSet& tasks, Analysis& analysis) {
  const auto tightest = std::min_element(
      analysis.tasks.begin(), analysis.tasks.end(), [](const TaskBound& a, const TaskBound& b) {
        return a.slack.value_or(Duration::max()) < b.slack.value_or(Duration::max());
      });
  if (!tightest->slack) return;
  analysis.reason += "; the tightest is " + name_of(tasks, tightest->task) + ": " +
                     format_duration(*tightest->response_time) + " of " +
                     format_duration(*tightest->response_time + *tightest->slack);
}

}  // namespace

std::optional<TaskSet> charged_for(const TaskSet& tasks, const AnalysisOptions& options) {
  Overheads overheads = options.overheads;
  if (options.preemption == Preemption::kPreemptive) {
    const auto twice = Duration::checked_add(overheads.dispatch, overheads.dispatch);
    if (!twice) return std::nullopt;
    overheads.dispatch = *twice;
  }
  return charge(tasks, overheads);
}

Analysis analyse(const TaskSet& tasks, const AnalysisOptions& options) {
  if (auto refusal = refused_input(tasks, options.supply, kBeforeAnyTheorem, options.blocking)) {
    return *refusal;
  }
  const auto with_overheads = charged_for(tasks, options);
  if (!with_overheads) return refused_overheads(tasks, options.overheads);
  Analysis analysis = dispatch(*with_overheads, options);
  if (analysis.verdict == Verdict::kSchedulable) {
    describe_the_tightest(*with_overheads, analysis);
    apply_overload_rules(*with_overheads, options, analysis);
  }
  return analysis;
}

Verdict judge(const TaskSet& tasks, const AnalysisOptions& options) {
  if (!validate(tasks) || !validate(options.supply) || !validate(options.blocking)) {
    return Verdict::kUnknown;
  }
  std::optional<TaskSet> with_overheads;
  if (options.overheads != Overheads{}) {
    with_overheads = charged_for(tasks, options);
    if (!with_overheads) return refused_overheads(tasks, options.overheads).verdict;
  }
  const TaskSet& charged = with_overheads ? *with_overheads : tasks;
  const Verdict verdict = dispatch_verdict(charged, options);
  if (verdict != Verdict::kSchedulable) return verdict;
  return keeps_overload_rules(charged, options) ? verdict : Verdict::kUnknown;
}

}  // namespace aegis::theory
