// SPDX-License-Identifier: Apache-2.0
//
// LaneCore: from the ready queue to the end of a segment, and of its job.
#include <algorithm>
#include <array>

#include "lane_core.h"

namespace aegis::executor {
namespace {

using trace::Assumption;
using trace::EventType;
using trace::JobOutcome;
using trace::MissSeverity;
using trace::SelectionReason;

// Enough to see who was passed over and by how much; each costs an event of some 10 ns.
constexpr std::size_t kTracedAlternatives = 4;
static_assert(kTracedAlternatives <= ReadyQueue::kMaxAlternatives);

// A segment is not called hung before this, however short its bound: a stolen processor can hold
// one up for 50 ms.
constexpr Duration kShortestHang = Duration::milliseconds(100);

SelectionReason reason_for(const ReadyJob& chosen, std::span<const ReadyJob> others) noexcept {
  if (others.empty()) return SelectionReason::kOnlyReady;
  const auto& runner_up = others.front().key;
  if (chosen.key.key != runner_up.key) return SelectionReason::kSmallestKey;
  return chosen.key.arrival != runner_up.arrival ? SelectionReason::kTieByArrival
                                                 : SelectionReason::kTieByTask;
}

Duration hang_limit(Duration wcet, int factor) noexcept {
  return std::max(Duration::checked_multiply(wcet, factor).value_or(Duration::max()),
                  kShortestHang);
}

TimePoint saturating_add(TimePoint from, Duration by) noexcept {
  return by > TimePoint::max() - from ? TimePoint::max() : from + by;
}

trace::SegmentOutcome segment_outcome(const Error* error) noexcept {
  if (error == nullptr) return trace::SegmentOutcome::kDone;
  return error->code == ErrorCode::kCancelled ? trace::SegmentOutcome::kCancelled
                                              : trace::SegmentOutcome::kFailed;
}

MissSeverity severity_of(Duration tardiness, RelativeDeadline deadline,
                         JobOutcome outcome) noexcept {
  if (outcome != JobOutcome::kDone) return MissSeverity::kSkipped;
  return tardiness < deadline.value ? MissSeverity::kSoft : MissSeverity::kHard;
}

JobEnd job_end(JobOutcome outcome) noexcept {
  if (outcome == JobOutcome::kDone) return JobEnd::kDone;
  return outcome == JobOutcome::kFailed ? JobEnd::kFailed : JobEnd::kCancelled;
}

}  // namespace

LaneStep LaneCore::run_next(TimePoint now) noexcept {
  const ReadyJob chosen = ready_.top();
  Job& job = jobs_[chosen.slot];
  trace_selection(chosen, job, now);
  ready_.pop();
  const std::uint32_t segment = job.next_segment++;
  const Duration wcet = job.task->task.model.segments[segment].wcet;
  segment_start_ = clock_.now();
  monitor_.segment_starts(job.id, wcet, segment_start_);
  if (segment == 0) job.start = segment_start_;
  running_ = chosen.slot;
  arm_watch(job.task->task, segment);
  trace_.event(segment_start_, EventType::kSegmentStart, job.id, {as_payload(segment), wcet.ns()});
  const Status started = driver_.start_segment(job.id, segment, job.token);
  return started ? poll_segment() : end_segment(&started.error());
}

// The hang limit stands behind every limit of a task's own.
void LaneCore::arm_watch(const LaneTask& task, std::uint32_t segment) noexcept {
  const Duration hang = hang_limit(task.model.segments[segment].wcet, config_.hang_factor);
  const Duration own = task.limits.empty() ? Duration::max() : task.limits[segment];
  watch_.arm(saturating_add(segment_start_, std::min(own, hang)),
             own < hang ? Cancellation::kLimit : Cancellation::kHang);
}

void LaneCore::trace_selection(const ReadyJob& chosen, const Job& job, TimePoint now) noexcept {
  if (!trace_.enabled()) return;
  std::array<ReadyJob, kTracedAlternatives> best;
  const std::span<const ReadyJob> others(best.data(), ready_.alternatives(best));
  const TaskId runner_up = others.empty() ? TaskId{} : others.front().key.id.task;
  trace_.event(now, EventType::kSelected, job.id,
               {as_payload(job.next_segment), chosen.key.key, as_payload(ready_.size()),
                as_payload(reason_for(chosen, others)), as_payload(runner_up.value)});
  std::int64_t rank = 0;
  for (const ReadyJob& other : others) {
    trace_.event(now, EventType::kAlternative, other.key.id,
                 {other.key.key, ++rank, as_payload(jobs_[other.slot].next_segment)});
  }
  if (job.started()) return;
  const JobBinding& binding = job.task->task.binding;
  trace_.event(now, EventType::kBound, job.id,
               {as_payload(binding.stream.value), binding.arena_offset_bytes,
                binding.arena_size_bytes, as_payload(binding.context.value)});
}

LaneStep LaneCore::poll_segment() noexcept {
  const Result<SegmentState> state = driver_.poll();
  if (!state) return end_segment(&state.error());
  if (*state == SegmentState::kRunning) {
    watch_.cancel_if_overdue(clock_.now(), driver_);
    return {.kind = LaneStep::Kind::kRunning};
  }
  return end_segment(nullptr);
}

LaneStep LaneCore::end_segment(const Error* error) noexcept {
  const TimePoint now = clock_.now();
  const Cancellation cancellation = watch_.disarm();
  const std::uint32_t slot = *running_;
  running_.reset();
  Job& job = jobs_[slot];
  const std::uint32_t segment = job.next_segment - 1;
  const auto& segments = job.task->task.model.segments;
  const Duration wcet = segments[segment].wcet;
  const LaneMonitor::Execution execution = monitor_.segment_ends(wcet, now);
  job.execution += execution.time;
  job.lost += execution.lost;
  trace_.event(now, EventType::kSegmentEnd, job.id,
               {as_payload(segment), execution.time.ns(), execution.cpu_ns,
                as_payload(segment_outcome(error))});
  if (execution.overrun) {
    job.task->overruns.add();
    job.task->monitor->record_overrun();
  }
  monitor_.segment_recorded(job.id, segment, wcet, execution, now);
  if (error != nullptr) {
    fail_job(slot, *error, cancellation, now);
  } else if (job.next_segment == segments.size()) {
    end_of_job(slot, JobOutcome::kDone, now);
  } else {
    const bool pushed = ready_.push({job.key, slot});
    check(pushed, "a job finds its place in the ready queue again");
  }
  free_at_ = clock_.now();
  monitor_.lane_free(*free_at_);
  return {.kind = LaneStep::Kind::kRan};
}

// A cancelled abort is the operator's doing; everything else is a fault. A limit of the task's own
// costs one job: its proof has paid for that much. A hang or an error that is not transient closes
// the context, here as in the context's own fault boundary: its task's waiting jobs and all later
// ones are turned away, other tasks go on.
void LaneCore::fail_job(std::uint32_t slot, const Error& error, Cancellation cancellation,
                        TimePoint now) noexcept {
  Job& job = jobs_[slot];
  TaskState& task = *job.task;
  if (cancellation == Cancellation::kAbort) return end_of_job(slot, JobOutcome::kCancelled, now);
  const Assumption broken =
      error.code == ErrorCode::kDeviation ? Assumption::kMemoryPlan : Assumption::kFault;
  monitor_.violated({broken, now - segment_start_, {}, segment_start_}, job.id, now);
  if (cancellation == Cancellation::kHang || error.category != ErrorCategory::kTransient) {
    task.failed = true;
    if (cancellation == Cancellation::kHang) driver_.hung(task.id());
    trace_.event(now, EventType::kContextFailed, job.id, {as_payload(error.code), error.native});
  }
  end_of_job(slot, JobOutcome::kFailed, now);
  if (task.failed) drop_waiting(task, trace::RefusalReason::kContextFailed, now);
}

void LaneCore::end_of_job(std::uint32_t slot, JobOutcome outcome, TimePoint now) noexcept {
  const Job job = jobs_[slot];
  TaskState& task = *job.task;
  const Duration late = lateness(now, job.deadline);
  const bool missed = late > Duration::zero() || outcome == JobOutcome::kFailed;
  trace_.event(now, EventType::kCompleted, job.id,
               {(now - job.arrival).ns(), late.ns(), job.execution.ns(), as_payload(outcome)});
  std::uint64_t violated = 0;
  if (missed) {
    const Duration tardiness = std::max(late, Duration::zero());
    violated =
        record_miss(task, job.id, job.arrival, job.deadline,
                    {tardiness, severity_of(tardiness, task.task.model.deadline, outcome)}, now);
  }
  monitor_job(job, job_end(outcome), late, now);
  if (outcome == JobOutcome::kDone) {
    task.completed.add();
    task.response.add(now - job.arrival);
    task.execution.add(job.execution);
  } else {
    (outcome == JobOutcome::kFailed ? task.failed_jobs : task.cancelled_jobs).add();
  }
  report(task, {.job = job.id,
                .token = job.token,
                .end = job_end(outcome),
                .arrival = job.arrival,
                .start = job.start,
                .completion = now,
                .deadline = job.deadline,
                .execution = job.execution,
                .missed = missed,
                .violated = violated});
  jobs_.give_back(slot);
  task.last_completion = now;
  if (--task.unfinished == 0 && task.removing) retire(task);
}

// A job that failed in time is no miss here, but counted as failed.
void LaneCore::monitor_job(const Job& job, JobEnd end, Duration late, TimePoint now) noexcept {
  JobRecord record{.arrival = job.arrival,
                   .start = job.start,
                   .end = now,
                   .outcome = end,
                   .lost = job.lost,
                   .execution = job.execution};
  if (late > Duration::zero()) {
    record.missed = monitor_.cause_of({.tardiness = late, .queueing = job.start - job.arrival});
  }
  job.task->monitor->record_job(record);
}

std::uint64_t LaneCore::record_miss(TaskState& task, JobId job, TimePoint arrival,
                                    AbsoluteDeadline deadline, const Miss& miss,
                                    TimePoint now) noexcept {
  const std::uint64_t violations = monitor_.violations_for_miss(now);
  trace_.event(now, EventType::kMissed, job,
               {miss.tardiness.ns(), as_payload(miss.severity), as_payload(violations),
                deadline.value.ns(), arrival.ns()});
  task.missed.add();
  if ((violations & bit(Assumption::kLostSupply)) != 0) task.missed_in_lost_supply.add();
  return violations;
}

}  // namespace aegis::executor
