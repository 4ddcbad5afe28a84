// SPDX-License-Identifier: Apache-2.0
#include "admission_desk.h"

#include <algorithm>
#include <utility>

#include "aegis/theory/certificate_checker.h"

namespace aegis::executor {
namespace {

// The period of what never comes again: a day, longer than any busy period of a worker that is ever
// idle, and short enough that hundreds of such tasks stay within theory::kLargestSum.
constexpr Duration kNeverAgain = Duration::seconds(86'400);

theory::Task model(const std::string& name, Wcet wcet, RelativeDeadline deadline, Duration period,
                   std::uint8_t level) {
  theory::Task task;
  task.name = name;
  task.segments = {{.wcet = wcet.value, .bcet = Duration::zero()}};
  task.period = period;
  task.deadline = deadline;
  task.priority = theory::Priority{level};
  return task;
}

}  // namespace

theory::Task model_of(const PeriodicTask& task) {
  const RelativeDeadline deadline = task.deadline.value_or(RelativeDeadline{task.period});
  theory::Task result = model(task.name, *task.wcet, deadline, task.period, task.level);
  result.overload = task.overload;
  return result;
}

theory::Task model_of(const SporadicTask& task) {
  theory::Task result =
      model(task.name, task.wcet, task.deadline, task.min_inter_arrival, task.level);
  if (task.unfinished > 1) {
    result.overload = {.rule = theory::OverloadRule::kQueue, .queue_depth = task.unfinished - 1};
  }
  return result;
}

theory::Task model_of_one_job(Wcet wcet, RelativeDeadline deadline) {
  return model("one job", wcet, deadline, kNeverAgain, 63);
}

AdmissionDesk::AdmissionDesk(WorkerPolicy policy, const AdmissionAssumptions& assumptions,
                             WorkerPort& port, std::string unprovable)
    : unprovable_(std::move(unprovable)), port_(port) {
  options_.policy = analysed_as(policy).value_or(theory::policy::Policy::kEdf);
  options_.blocking = theory::Blocking::closed().with_best_effort(assumptions.longest_plain_task);
  options_.overheads = assumptions.overheads;
  options_.supply = assumptions.supply;
}

AdmissionDesk::Answer AdmissionDesk::ask(theory::Task task) {
  Answer answer;
  if (!unprovable_.empty()) {
    answer.reason = unprovable_;
    return answer;
  }
  forget_those_gone();
  task.id = answer.task = TaskId{next_id_};
  theory::TaskSet together = tasks_;
  together.push_back(std::move(task));
  const theory::Analysis analysis = theory::analyse(together, options_);
  answer.verdict = analysis.verdict;
  answer.reason = analysis.reason;
  if (analysis.verdict != theory::Verdict::kSchedulable) return answer;
  auto certificate = theory::certify(together, options_, analysis);
  const Status believed = certificate ? theory::check_certificate(together, *certificate)
                                      : Status(fail(certificate.error()));
  if (!believed) {
    answer.verdict = theory::Verdict::kUnknown;
    answer.reason = "found schedulable, but not certified: " + believed.error().message();
    return answer;
  }
  answer.certificate = std::move(*certificate);
  tasks_ = std::move(together);
  port_.serves_proven.store(true, std::memory_order_relaxed);
  ++next_id_;
  return answer;
}

std::vector<theory::Advice> AdmissionDesk::advice_for(theory::Task task) const {
  if (!unprovable_.empty()) return {};
  task.id = TaskId{next_id_};
  theory::TaskSet together = tasks_;
  together.push_back(std::move(task));
  return theory::advice(together, options_);
}

void AdmissionDesk::leaves(TaskId task) {
  leaving_.push_back({task, static_cast<std::uint64_t>(port_.busy_changes.value())});
}

void AdmissionDesk::forget_those_gone() {
  const auto now = static_cast<std::uint64_t>(port_.busy_changes.value());
  std::erase_if(leaving_, [&](const Leaving& leaving) {
    const bool was_idle_since = now % 2 == 0 || now != leaving.busy_changes;
    if (!was_idle_since) return false;
    std::erase_if(tasks_, [&](const theory::Task& task) { return task.id == leaving.task; });
    return true;
  });
}

}  // namespace aegis::executor
