// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/context_driver.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "aegis/base/check.h"

namespace aegis::context {

namespace {

Error refused(ErrorCode code, const char* text, TaskId task) {
  return Error::permanent(code, text).with_detail(fmt::format("task {}", task.value));
}

}  // namespace

ContextDriver::ContextDriver(std::size_t capacity) : slots_(std::max<std::size_t>(capacity, 1)) {}

ContextDriver::Slot* ContextDriver::find(TaskId task) noexcept {
  const std::size_t first = task.value % slots_.size();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::size_t at = first + i;
    Slot& slot = slots_[at < slots_.size() ? at : at - slots_.size()];
    if (slot.task.load(std::memory_order_acquire) == task.value) return &slot;
  }
  return nullptr;
}

Status ContextDriver::add(TaskId task, ExecutionContext& context) {
  const std::lock_guard lock(changes_);
  check(task.valid(), "a task that is added has a number");
  if (find(task) != nullptr) {
    return fail(refused(ErrorCode::kAlreadyExists, "task has a context already", task));
  }
  for (const Slot& slot : slots_) {
    if (slot.context.load(std::memory_order_relaxed) == &context) {
      return fail(refused(ErrorCode::kAlreadyExists, "context belongs to another task", task));
    }
  }
  // Probing from the same place as find(), for the first slot that belongs to nobody.
  const std::size_t first = task.value % slots_.size();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[(first + i) % slots_.size()];
    if (slot.task.load(std::memory_order_relaxed) != TaskId::kNone) continue;
    slot.context.store(&context, std::memory_order_relaxed);
    slot.task.store(task.value, std::memory_order_release);
    return ok();
  }
  return fail(refused(ErrorCode::kResourceExhausted, "lane has no room for another context", task));
}

Status ContextDriver::remove(TaskId task) {
  const std::lock_guard lock(changes_);
  Slot* slot = task.valid() ? find(task) : nullptr;
  if (slot == nullptr) return fail(refused(ErrorCode::kNotFound, "task has no context", task));
  check(running_.load() != slot->context.load(), "a removed task's segment is not running");
  slot->task.store(TaskId::kNone, std::memory_order_release);
  slot->context.store(nullptr, std::memory_order_relaxed);
  while (cancels_in_flight_.load() != 0) std::this_thread::yield();
  return ok();
}

Status ContextDriver::start_segment(JobId job, std::uint32_t segment,
                                    std::uint64_t /*token*/) noexcept {
  const Slot* slot = find(job.task);
  if (slot == nullptr) {
    return fail(Error::permanent(ErrorCode::kNotFound, "task has no context"));
  }
  ExecutionContext* context = slot->context.load(std::memory_order_relaxed);
  running_.store(context);
  Status started = context->start_segment(segment);
  if (!started) running_.store(nullptr);
  return started;
}

Result<executor::SegmentState> ContextDriver::poll() noexcept {
  ExecutionContext* context = running_.load(std::memory_order_relaxed);
  if (context == nullptr) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "no segment is running"));
  }
  const Result<Progress> progress = context->poll();
  if (progress && *progress == Progress::kRunning) return executor::SegmentState::kRunning;
  running_.store(nullptr);
  if (!progress) return fail(progress.error());
  return executor::SegmentState::kDone;
}

void ContextDriver::hung(TaskId task) noexcept {
  const Slot* slot = find(task);
  if (slot == nullptr) return;
  slot->context.load(std::memory_order_relaxed)
      ->faults()
      .close(Error::permanent(ErrorCode::kTimeout, "a segment hung and was cancelled"));
}

// Sequentially consistent, as is running_: either remove() sees this cancel in flight, or this
// cancel sees that nothing runs any more.
void ContextDriver::cancel() noexcept {
  cancels_in_flight_.fetch_add(1);
  if (ExecutionContext* context = running_.load(); context != nullptr) context->cancel();
  cancels_in_flight_.fetch_sub(1);
}

}  // namespace aegis::context
