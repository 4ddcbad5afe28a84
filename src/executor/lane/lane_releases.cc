// SPDX-License-Identifier: Apache-2.0
//
// LaneCore: from an arrival to the ready queue, or to its refusal.
#include <algorithm>

#include "lane_core.h"

namespace aegis::executor {

using trace::Assumption;
using trace::EventType;
using trace::RefusalReason;
using trace::Source;

namespace {

// Removing a task and stopping the lane are decisions of a person, not failures of the schedule.
bool by_operator(RefusalReason reason) noexcept {
  return reason == RefusalReason::kDraining || reason == RefusalReason::kTaskUnknown;
}

}  // namespace

// Returns the instant up to which everything visible has been taken: `now`, or later when a
// submission was stamped after it was read.
TimePoint LaneCore::take_arrivals(TimePoint now) noexcept {
  for (TaskState* task : tasks_) {
    if (!task->task.periodic) now = take_inbox(*task, now);
  }
  while (timer_.due(now)) {
    const ReleaseTimer::Arrival arrival = timer_.take();
    arrive(*arrival.task, arrival.at, 0, Source::kPeriodic, now);
  }
  return now;
}

TimePoint LaneCore::take_inbox(TaskState& task, TimePoint now) noexcept {
  take_refused(task, now);
  // One look takes no more than what was there: a fast submitter must not keep the lane here.
  for (std::size_t left = task.inbox.depth(); left > 0; --left) {
    const auto submission = task.inbox.take();
    if (!submission) break;
    if (submission->arrival > now) now = clock_.now();
    // The processor's counter may be read a little early here (TscClock): nothing arrives later
    // than it is seen.
    arrive(task, std::min(submission->arrival, now), submission->token, Source::kSubmit, now);
  }
  return now;
}

// Those that found the inbox full: their submitters were told at once, the trace and the counters
// learn of it here. A submitter that does not heed refusals must not keep the lane here: one look
// records as many one by one as the inbox holds, and the others as a number.
void LaneCore::take_refused(TaskState& task, TimePoint now) noexcept {
  const RefusedSubmissions refused = task.inbox.take_refused();
  if (refused.total() == 0) return;
  begin_busy(now);
  const std::uint64_t told = std::min<std::uint64_t>(refused.total(), task.inbox.capacity());
  const auto cause = [&](std::uint64_t i) {
    return i < refused.early ? Assumption::kInterArrival : Assumption::kReleaseOverhead;
  };
  for (std::uint64_t i = 0; i < told; ++i) {
    const JobId job{task.id(), task.next_sequence++};
    task.arrived.add();
    monitor_.violated({cause(i), {}, task.task.model.period, now}, job, now);
    refuse(task, {.job = job, .arrival = now, .reason = RefusalReason::kInboxFull}, now);
  }
  if (told < refused.total()) count_refused(task, refused.total() - told, cause(told), now);
}

// The rest of a flood of `count` refusals. They take their sequence numbers, so the trace shows how
// many there were between its neighbours, and one violation that all of their misses share.
void LaneCore::count_refused(TaskState& task, std::uint64_t count, Assumption cause,
                             TimePoint now) noexcept {
  const JobId first{task.id(), task.next_sequence};
  monitor_.violated({cause, {}, task.task.model.period, now}, first, now);
  const bool supply_lost = (monitor_.violations_for_miss(now) & bit(Assumption::kLostSupply)) != 0;
  const auto jobs = static_cast<std::int64_t>(count);
  task.next_sequence += count;
  task.arrived.add(jobs);
  task.refused.add(jobs);
  task.missed.add(jobs);
  task.monitor->record_refused(count, MissCause::kSkipped);
  if (supply_lost) task.missed_in_lost_supply.add(jobs);
}

void LaneCore::begin_busy(TimePoint now) noexcept {
  if (!idle_) return;
  idle_ = false;
  busy_changes_.add();
  trace_.lane_event(now, EventType::kIdleEnd, {planned_wake_up_.ns()});
  monitor_.begin_busy(now, planned_wake_up_, wait_);
}

void LaneCore::arrive(TaskState& task, TimePoint arrival, std::uint64_t token, Source source,
                      TimePoint now) noexcept {
  // What wakes the lane is seen as late as the lane is awake.
  if (idle_ && wait_.slept) task.monitor->record_wake_up(now - arrival);
  begin_busy(now);
  const JobId job{task.id(), task.next_sequence++};
  task.arrived.add();
  trace_.event(now, EventType::kSubmitted, job,
               {arrival.ns(), as_payload(task.inbox.depth()), as_payload(source)});
  if (source == Source::kSubmit) check_inter_arrival(task, job, arrival, now);
  if (const auto reason = refusal(task, arrival)) {
    refuse(task, {.job = job, .arrival = arrival, .token = token, .reason = *reason}, now);
  } else {
    release(task, job, arrival, token, now);
  }
}

void LaneCore::check_inter_arrival(TaskState& task, JobId job, TimePoint arrival,
                                   TimePoint now) noexcept {
  const Duration period = task.task.model.period;
  if (arrival + config_.overheads.clock_error < task.not_before) {
    const TimePoint previous = task.not_before - period;
    monitor_.violated({Assumption::kInterArrival, arrival - previous, period, previous}, job, now);
  }
  task.not_before = arrival + period;
}

std::optional<RefusalReason> LaneCore::refusal(const TaskState& task,
                                               TimePoint arrival) const noexcept {
  if (task.failed) return RefusalReason::kContextFailed;
  if (task.removing) return RefusalReason::kTaskUnknown;
  // Jobs of the task that were unfinished at the arrival: those that still are, and the one whose
  // last segment hid the arrival from the lane. At most one segment runs between two looks, so
  // there is at most one such job.
  const std::uint32_t unfinished = task.unfinished + (arrival < task.last_completion ? 1 : 0);
  if (unfinished < task.reserved_jobs()) return std::nullopt;
  return RefusalReason::kOverload;
}

void LaneCore::release(TaskState& task, JobId id, TimePoint arrival, std::uint64_t token,
                       TimePoint now) noexcept {
  const theory::Task& model = task.task.model;
  const std::uint32_t slot = jobs_.take();
  Job& job = jobs_[slot];
  job.id = id;
  job.task = &task;
  job.token = token;
  job.arrival = arrival;
  job.deadline = arrival + model.deadline;
  job.key = theory::policy::order(config_.policy, {.id = id,
                                                   .arrival = arrival,
                                                   .deadline = job.deadline,
                                                   .period = model.period,
                                                   .relative_deadline = model.deadline,
                                                   .priority = model.priority});
  const bool pushed = ready_.push({job.key, slot});
  check(pushed, "the ready queue has room for every reserved job");
  ++task.unfinished;
  task.released.add();
  trace_.event(now, EventType::kReleased, id,
               {arrival.ns(), job.deadline.value.ns(), job.key.key, as_payload(ready_.size())});
  monitor_.released(id, arrival, model.release_jitter, now);
}

// The job will never run. That is a miss unless somebody wanted it so before its deadline.
void LaneCore::refuse(TaskState& task, const Refusal& refusal, TimePoint now) noexcept {
  const AbsoluteDeadline deadline = refusal.arrival + task.task.model.deadline;
  const bool missed = !by_operator(refusal.reason) || now > deadline.value;
  monitor_.refused();
  task.refused.add();
  trace_.event(now, EventType::kRefused, refusal.job,
               {as_payload(refusal.reason), as_payload(task.inbox.depth())});
  if (refusal.reason == RefusalReason::kContextFailed) {
    monitor_.violated({Assumption::kFault, {}, {}, now}, refusal.job, now);
  }
  std::uint64_t violated = 0;
  if (missed) {
    violated = record_miss(task, refusal.job, refusal.arrival, deadline,
                           {Duration::zero(), trace::MissSeverity::kSkipped}, now);
  }
  JobRecord record{.arrival = refusal.arrival,
                   .start = now,
                   .end = now,
                   .outcome = JobEnd::kRefused,
                   .started = false};
  if (missed) record.missed = monitor_.cause_of({.skipped = true});
  task.monitor->record_job(record);
  const bool silent = refusal.reason == RefusalReason::kOverload &&
                      task.task.model.overload.rule == theory::OverloadRule::kSkip;
  if (silent || refusal.reason == RefusalReason::kInboxFull) return;
  report(task, {.job = refusal.job,
                .token = refusal.token,
                .end = JobEnd::kRefused,
                .arrival = refusal.arrival,
                .start = now,
                .completion = now,
                .deadline = deadline,
                .missed = missed,
                .violated = violated});
}

// Turns away the task's jobs that have not started.
void LaneCore::drop_waiting(TaskState& task, RefusalReason reason, TimePoint now) noexcept {
  ready_.remove(task.id(), [&](const ReadyJob& ready) {
    const Job job = jobs_[ready.slot];
    if (job.started()) return false;
    jobs_.give_back(ready.slot);
    --task.unfinished;
    refuse(task, {.job = job.id, .arrival = job.arrival, .token = job.token, .reason = reason},
           now);
    return true;
  });
}

}  // namespace aegis::executor
