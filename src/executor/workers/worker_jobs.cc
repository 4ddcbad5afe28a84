// SPDX-License-Identifier: Apache-2.0
//
// WorkerCore: running one job, from the choice to its outcome.
#include <algorithm>
#include <mutex>

#include "worker_core.h"

namespace aegis::executor {

WorkerCore::Job WorkerCore::job_of(const ReadyTask& ready) noexcept {
  const TaskSlot& slot = state_.directory[ready.slot];
  const JobTerms& terms = slot.terms;
  if (terms.periodic == kNoPeriodic) {
    return {.id = ready.slot, .arrival = slot.arrival(), .deadline = terms.urgency.deadline};
  }
  PeriodicState& task = periodic_[terms.periodic];
  const Activation& activation = task.next();
  return {.id = ready.slot,
          .arrival = activation.arrival,
          .deadline = task.plan.deadline_of(activation.arrival),
          .activation = activation.number,
          .periodic = &task};
}

TimePoint WorkerCore::run(const ReadyTask& ready, TimePoint now) noexcept {
  TaskSlot& slot = state_.directory[ready.slot];
  if (!slot.state.start()) {  // cancelled while it waited
    if (slot.terms.periodic != kNoPeriodic) {
      const std::scoped_lock changing(lock_);
      retire(slot.terms.periodic);
    }
    slot.state.bury();
    return now;
  }
  const Job job = job_of(ready);
  const TimePoint start = state_.clock.now();
  const bool firm = slot.terms.deadline_class == DeadlineClass::kFirm;
  if (firm && start > job.deadline.value) {
    skip(slot, job, start);
    return start;
  }
  return run_body(slot, job, start);
}

TimePoint WorkerCore::run_body(TaskSlot& slot, const Job& job, TimePoint start) noexcept {
  announce(slot, job, start);
  const bool completed = call(slot, {.clock = state_.clock,
                                     .arrival = job.arrival,
                                     .start = start,
                                     .deadline = job.deadline,
                                     .activation = job.activation});
  const TimePoint now = state_.clock.now();
  port_.running.number.store(port_.running.number.load(std::memory_order_relaxed) + 1,
                             std::memory_order_release);
  if (job.periodic == nullptr) slot.outcome = {.arrival = job.arrival};
  slot.outcome.start = start;
  slot.outcome.execution = now - start;
  slot.outcome.missed |= now > job.deadline.value;
  ++slot.outcome.activations;
  books_.job_ended(slot.terms, {.task = state_.directory.handle(job.id, slot.state.generation()),
                                .arrival = job.arrival,
                                .start = start,
                                .end = now,
                                .deadline = job.deadline,
                                .activation = job.activation,
                                .threw = !completed});
  settle(slot, job, completed ? TaskEnd::kCompleted : TaskEnd::kThrew, now);
  return now;
}

// What leaves the body ends here; a task's own exception is its outcome.
bool WorkerCore::call(TaskSlot& slot, const TaskContext& context) noexcept {
  try {
    slot.body(context);
    return true;
  } catch (...) {
    return false;
  }
}

void WorkerCore::announce(const TaskSlot& slot, const Job& job, TimePoint start) noexcept {
  constexpr auto relaxed = std::memory_order_relaxed;
  RunningJob& running = port_.running;
  const bool hard = slot.terms.deadline_class == DeadlineClass::kHard;
  const Duration by_wcet =
      Duration::checked_multiply(slot.terms.urgency.wcet, settings_.hang_factor)
          .value_or(Duration::max());
  // Who reads a value of this job sees that the last one's number is gone.
  std::atomic_thread_fence(std::memory_order_release);
  running.slot.store(job.id, relaxed);
  running.generation.store(slot.state.generation(), relaxed);
  running.kind.store(slot.terms.kind, relaxed);
  running.arrival_ns.store(job.arrival.ns(), relaxed);
  running.activation.store(job.activation, relaxed);
  running.start_ns.store(start.ns(), relaxed);
  running.hung_after_ns.store(std::max(settings_.hang_limit, by_wcet).ns(), relaxed);
  running.hard_deadline_ns.store(hard ? job.deadline.value.ns() : TimePoint::max().ns(), relaxed);
  running.number.store(running.number.load(relaxed) + 1, std::memory_order_release);
}

void WorkerCore::skip(TaskSlot& slot, const Job& job, TimePoint now) noexcept {
  if (job.periodic == nullptr) slot.outcome = {.arrival = job.arrival};
  slot.outcome.missed = true;
  books_.job_skipped(slot.terms, {.task = state_.directory.handle(job.id, slot.state.generation()),
                                  .arrival = job.arrival,
                                  .start = now,
                                  .end = now,
                                  .deadline = job.deadline,
                                  .activation = job.activation});
  settle(slot, job, TaskEnd::kSkipped, now);
}

// A one-shot task has ended with its job. A periodic one ends when somebody wants it cancelled, or
// when this was its last activation.
void WorkerCore::settle(TaskSlot& slot, const Job& job, TaskEnd how, TimePoint now) noexcept {
  if (job.periodic == nullptr) {
    end_task(job.id, how, now, Phase::kEnded);
    return;
  }
  PeriodicState& task = *job.periodic;
  task.done(now);
  const bool last = task.over() && task.unfinished == 0;
  if (!last && slot.state.pause()) return;
  const TaskEnd over = task.cut_short ? TaskEnd::kAbandoned : TaskEnd::kCompleted;
  {
    const std::scoped_lock changing(lock_);
    retire(slot.terms.periodic);
  }
  end_task(job.id, last ? over : TaskEnd::kCancelled, now, Phase::kEnded);
}

}  // namespace aegis::executor
