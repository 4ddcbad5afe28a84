// SPDX-License-Identifier: Apache-2.0
#include "simulated_trace.h"

#include <algorithm>

namespace aegis::integration {

using trace::EventType;

SimulatedTrace::SimulatedTrace(const theory::TaskSet& tasks, theory::policy::Policy policy,
                               bool admitted, trace::Recorder& recorder)
    : tasks_(tasks), policy_(policy) {
  recorder.declare(trace::LaneDeclaration{.id = LaneId{0},
                                          .name = "simulated",
                                          .device = "none",
                                          .policy = std::string(theory::policy::to_string(policy)),
                                          .admitted = admitted});
  for (const theory::Task& task : tasks) {
    trace::TaskDeclaration declaration{.id = task.id,
                                       .lane = LaneId{0},
                                       .name = task.name,
                                       .backend = "simulator",
                                       .period = task.period,
                                       .deadline = task.deadline.value,
                                       .priority = task.priority.value,
                                       .overload = "queue(1000)"};
    for (const auto& segment : task.segments) declaration.segment_wcets.push_back(segment.wcet);
    recorder.declare(std::move(declaration));
  }
  writer_ = recorder.add_thread("simulated");
}

const theory::Task& SimulatedTrace::task_of(JobId job) const {
  return *std::ranges::find(tasks_, job.task, &theory::Task::id);
}

std::int64_t SimulatedTrace::key_of(JobId job) const {
  const theory::Task& task = task_of(job);
  const TimePoint arrival = pending_.at(job).arrival;
  return theory::policy::order(policy_, {.id = job,
                                         .arrival = arrival,
                                         .deadline = arrival + task.deadline,
                                         .period = task.period,
                                         .relative_deadline = task.deadline,
                                         .priority = task.priority})
      .key;
}

void SimulatedTrace::record(TimePoint at, EventType type, JobId job,
                            std::array<std::int64_t, 5> payload) {
  writer_.record({.time_ns = at.ns(),
                  .job = job.sequence,
                  .task = job.task.value,
                  .lane = 0,
                  .type = type,
                  .payload = payload});
}

void SimulatedTrace::on_release(JobId job, TimePoint at, bool /*dropped*/) {
  if (idle_) record(at, EventType::kIdleEnd, kNoJob, {at.ns()});
  idle_ = false;
  pending_[job] = {.arrival = at, .segment_start = at, .execution = {}};
  const std::int64_t deadline = (at + task_of(job).deadline).value.ns();
  const auto ready = static_cast<std::int64_t>(pending_.size());
  record(at, EventType::kSubmitted, job, {at.ns(), 0, 0});
  record(at, EventType::kReleased, job, {at.ns(), deadline, key_of(job), ready});
}

void SimulatedTrace::on_select(JobId chosen, std::span<const JobId> candidates, TimePoint /*at*/) {
  const auto ready = static_cast<std::int64_t>(candidates.size());
  std::int64_t runner_up = TaskId::kNone;
  auto reason = trace::SelectionReason::kOnlyReady;
  if (candidates.size() > 1) {
    const JobId next = candidates[1];
    runner_up = next.task.value;
    reason = key_of(next) != key_of(chosen) ? trace::SelectionReason::kSmallestKey
             : pending_.at(next).arrival != pending_.at(chosen).arrival
                 ? trace::SelectionReason::kTieByArrival
                 : trace::SelectionReason::kTieByTask;
  }
  selection_ = {key_of(chosen), ready, static_cast<std::int64_t>(reason), runner_up};
}

void SimulatedTrace::on_start(JobId job, std::uint32_t segment, TimePoint at) {
  record(at, EventType::kSelected, job,
         {segment, selection_[0], selection_[1], selection_[2], selection_[3]});
  record(at, EventType::kSegmentStart, job, {segment, task_of(job).segments[segment].wcet.ns()});
  pending_.at(job).segment_start = at;
}

void SimulatedTrace::on_end(JobId job, std::uint32_t segment, TimePoint at) {
  Running& running = pending_.at(job);
  const Duration execution = at - running.segment_start;
  running.execution += execution;
  record(at, EventType::kSegmentEnd, job, {segment, execution.ns(), -1, 0});
  if (segment + 1 == task_of(job).segments.size()) complete(job, at);
}

void SimulatedTrace::complete(JobId job, TimePoint at) {
  const Running ended = pending_.at(job);
  const AbsoluteDeadline deadline = ended.arrival + task_of(job).deadline;
  const Duration late = lateness(at, deadline);
  record(at, EventType::kCompleted, job,
         {(at - ended.arrival).ns(), late.ns(), ended.execution.ns(), 0});
  if (late > Duration::zero()) {
    const auto not_admitted = trace::Assumption::kNotAdmitted;
    record(at, EventType::kAssumptionViolated, job, {static_cast<std::int64_t>(not_admitted)});
    const auto severity = late < task_of(job).deadline.value ? trace::MissSeverity::kSoft
                                                             : trace::MissSeverity::kHard;
    record(at, EventType::kMissed, job,
           {late.ns(), static_cast<std::int64_t>(severity),
            static_cast<std::int64_t>(bit(not_admitted)), deadline.value.ns(), ended.arrival.ns()});
  }
  pending_.erase(job);
  idle_ = pending_.empty();
  if (idle_) record(at, EventType::kIdleBegin, kNoJob, {INT64_MAX});
}

}  // namespace aegis::integration
