// SPDX-License-Identifier: Apache-2.0
#include "lane_core.h"

#include <algorithm>

namespace aegis::executor {

using trace::EventType;
using trace::RefusalReason;

LaneCore::LaneCore(const LaneConfig& config, LaneDriver& driver, const Clock& clock,
                   const LaneInstruments& instruments)
    : config_(config),
      driver_(driver),
      clock_(clock),
      reports_(instruments.reports),
      trace_(instruments.recorder, instruments.writer, config.id),
      monitor_(config, trace_, instruments.supply),
      ready_(config.max_ready_jobs),
      jobs_(config.max_ready_jobs),
      timer_(config.max_tasks) {
  tasks_.reserve(config.max_tasks);
}

void LaneCore::open(bool real_time_denied) noexcept {
  const TimePoint now = clock_.now();
  if (real_time_denied) monitor_.deny_real_time();
  monitor_.open(now);
  trace_.lane_event(now, EventType::kIdleBegin, {planned_wake_up_.ns()});
}

Status LaneCore::add(std::span<TaskState* const> tasks) noexcept {
  if (drain_until_ || aborting_ || stopped_) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "the lane is stopping"));
  }
  std::size_t jobs = reserved_;
  for (const TaskState* task : tasks) jobs += task->reserved_jobs();
  if (tasks_.size() + tasks.size() > config_.max_tasks || jobs > jobs_.capacity()) {
    return fail(
        Error::permanent(ErrorCode::kResourceExhausted, "the lane has no room for the task"));
  }
  free_at_.reset();
  const TimePoint now = clock_.now();
  reserved_ = jobs;
  for (TaskState* task : tasks) {
    tasks_.push_back(task);
    trace_.task_event(now, EventType::kTaskAdded, task->id());
    const Duration offset = task->task.model.offset.value_or(Duration::zero());
    if (task->task.periodic) timer_.start(*task, now + offset);
  }
  return ok();
}

void LaneCore::remove(TaskState& task) noexcept {
  const TimePoint now = take_due();
  task.removing = true;
  if (task.task.periodic) timer_.stop(task);
  const std::uint32_t before = task.unfinished;
  drop_waiting(task, RefusalReason::kTaskUnknown, now);
  trace_.task_event(now, EventType::kTaskRemoved, task.id(),
                    {as_payload(before - task.unfinished)});
  if (task.unfinished == 0) retire(task);
}

void LaneCore::retire(TaskState& task) noexcept {
  reserved_ -= task.reserved_jobs();
  std::erase(tasks_, &task);
  task.retired.store(true, std::memory_order_release);
}

// Arrivals that the last segment hid from the lane have happened: they get their end like any other
// before the change that ends further ones.
TimePoint LaneCore::take_due() noexcept {
  free_at_.reset();
  return take_arrivals(clock_.now());
}

void LaneCore::drain(TimePoint until) noexcept {
  const TimePoint now = take_due();
  timer_.stop_all();
  drain_until_ = until;
  trace_.lane_event(now, EventType::kDrainBegin, {until.ns()});
}

void LaneCore::abort() noexcept {
  (void)take_due();
  timer_.stop_all();
  aborting_ = true;
}

bool LaneCore::has_arrivals() const noexcept {
  for (const TaskState* task : tasks_) {
    if (!task->task.periodic && !task->inbox.empty()) return true;
  }
  return false;
}

LaneStep LaneCore::step() noexcept {
  if (running_) return poll_segment();
  if (stopped_) return {.kind = LaneStep::Kind::kStopped};
  TimePoint now = free_at_ ? *free_at_ : clock_.now();
  free_at_.reset();
  now = take_arrivals(now);
  if (aborting_ || (drain_until_ && now >= *drain_until_)) drop_everything(now);
  return ready_.empty() ? idle(now) : run_next(now);
}

LaneStep LaneCore::idle(TimePoint now) noexcept {
  if (!idle_) {
    monitor_.end_busy(now);
    idle_ = true;
    busy_changes_.add();
    planned_wake_up_ = timer_.next();
    trace_.lane_event(now, EventType::kIdleBegin, {planned_wake_up_.ns()});
  }
  if (drain_until_ || aborting_) return stop(now);
  planned_wake_up_ = timer_.next();
  return {.kind = LaneStep::Kind::kIdle, .wake_up = planned_wake_up_};
}

void LaneCore::drop_everything(TimePoint now) noexcept {
  for (TaskState* task : tasks_) {
    const std::uint32_t before = task->unfinished;
    drop_waiting(*task, RefusalReason::kDraining, now);
    dropped_at_stop_ += before - task->unfinished;
  }
  while (!ready_.empty()) {  // those left have run some segments
    ++dropped_at_stop_;
    end_of_job(ready_.pop().slot, trace::JobOutcome::kCancelled, now);
  }
}

LaneStep LaneCore::stop(TimePoint now) noexcept {
  stopped_ = true;
  monitor_.close(now);
  trace_.lane_event(now, EventType::kStopped, {dropped_at_stop_});
  while (!tasks_.empty()) retire(*tasks_.back());
  return {.kind = LaneStep::Kind::kStopped};
}

void LaneCore::report(TaskState& task, const JobReport& report) noexcept {
  if (reports_ != nullptr) reports_->push(task, report);
}

}  // namespace aegis::executor
