// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/admission_controller.h"

#include "aegis/base/duration_text.h"
#include "aegis/executor/lane.h"
#include "aegis/theory/certificate_checker.h"

namespace aegis::scheduler {

namespace {

using theory::Task;
using theory::TaskSet;
using theory::Verdict;

std::string quoted(const Task& task) {
  return "\"" + task.name + "\"";
}

// The first reason why this task could not run even alone; empty: none.
std::string refuses_alone(const Candidate& candidate) {
  const Task& task = candidate.task;
  if (task.segments.empty()) return quoted(task) + " has no WCET: profile it or declare one";
  const BudgetClaim& budget = candidate.budget;
  const bool limited = budget.memory_allowed_bytes != 0;
  if (limited && budget.memory_needed_bytes > budget.memory_allowed_bytes) {
    return quoted(task) + " needs " + std::to_string(budget.memory_needed_bytes) +
           " bytes of memory, its budget is " + std::to_string(budget.memory_allowed_bytes);
  }
  const std::optional<Duration> wcet = theory::total_wcet(task);
  if (!wcet) return quoted(task) + " has WCETs that do not add up in 64 bits";
  if (budget.compute_allowed && *wcet > *budget.compute_allowed) {
    return quoted(task) + " needs " + format_duration(*wcet) + " a period, its compute budget is " +
           format_duration(*budget.compute_allowed);
  }
  if (task.deadline.value < *wcet) {
    return quoted(task) + " needs " + format_duration(*wcet) + " but is due after " +
           format_duration(task.deadline.value);
  }
  return "";
}

// The task as the others may suffer it. Precondition: it is not refused alone.
Task as_enforced(const Candidate& candidate) {
  Task task = candidate.task;
  const std::vector<Duration> limits = segment_limits(task, candidate.budget.compute_allowed);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    task.segments[i].wcet = limits[i] + executor::kLimitGrain;
  }
  return task;
}

std::string utilisation_text(const TaskSet& tasks) {
  const double utilisation = theory::utilisation(tasks).to_double();
  return "utilisation " + std::to_string(utilisation).substr(0, 5);
}

Admission refused(std::string rationale, Verdict verdict) {
  Admission admission;
  admission.analysis.verdict = verdict;
  admission.analysis.reason = rationale;
  admission.rationale = std::move(rationale);
  return admission;
}

}  // namespace

std::vector<Duration> segment_limits(const Task& task, std::optional<Duration> compute_allowed) {
  const std::optional<Duration> wcet = theory::total_wcet(task);
  if (!compute_allowed || !wcet || task.segments.empty() || *wcet > *compute_allowed) return {};
  const auto count = static_cast<std::int64_t>(task.segments.size());
  const Duration share = (*compute_allowed - *wcet) / count;
  std::vector<Duration> limits;
  for (const theory::Segment& segment : task.segments) limits.push_back(segment.wcet + share);
  return limits;
}

Admission AdmissionController::decide(const std::vector<Candidate>& candidates) const {
  TaskSet tasks;
  for (const Candidate& candidate : candidates) {
    if (std::string why = refuses_alone(candidate); !why.empty()) {
      return refused(std::move(why), Verdict::kUnschedulable);
    }
    tasks.push_back(as_enforced(candidate));
  }
  if (tasks.empty())
    return {.admitted = true,
            .analysis = {},
            .certificate = {},
            .rationale = "no task, nothing to prove",
            .tasks = {},
            .options = {}};
  const theory::AnalysisOptions options{.policy = policy_,
                                        .preemption = theory::Preemption::kNonPreemptive,
                                        .blocking = theory::Blocking::closed(),
                                        .overheads = overheads_};
  Admission admission;
  admission.analysis = theory::analyse(tasks, options);
  admission.options = options;
  admission.tasks = tasks;
  admission.rationale = admission.analysis.reason;
  if (admission.analysis.verdict != Verdict::kSchedulable) return admission;
  Result<theory::Certificate> certificate = theory::certify(tasks, options, admission.analysis);
  const Status believed = certificate ? theory::check_certificate(tasks, *certificate)
                                      : Status(fail(certificate.error()));
  if (!believed) {
    admission.rationale = "found schedulable, but not certified: " + believed.error().message();
    admission.analysis.verdict = Verdict::kUnknown;
    return admission;
  }
  admission.admitted = true;
  admission.certificate = std::move(*certificate);
  admission.rationale += "; " + utilisation_text(tasks);
  return admission;
}

}  // namespace aegis::scheduler
