// SPDX-License-Identifier: Apache-2.0
#include "task_state.h"

#include <utility>

namespace aegis::executor {

std::vector<std::int64_t> SampleLog::copy() const {
  const std::size_t count = count_.load(std::memory_order_acquire);
  return {samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count)};
}

void SampleLog::shrink() {
  samples_.resize(count_.load(std::memory_order_acquire));
  samples_.shrink_to_fit();
}

TaskState::TaskState(LaneTask definition, std::size_t samples)
    : task(std::move(definition)),
      inbox(task.periodic ? 1 : task.inbox_capacity, task.model.period),
      response(samples),
      execution(samples) {}

std::size_t TaskState::reserved_jobs() const noexcept {
  const theory::Overload& overload = task.model.overload;
  return 1 + (overload.rule == theory::OverloadRule::kQueue ? overload.queue_depth : 0);
}

TaskStatistics TaskState::counters() const {
  const auto count = [](const Counter& counter) {
    return static_cast<std::uint64_t>(counter.value());
  };
  // A submission that slipped in while the task left: nobody else reads the inbox any more.
  const std::uint64_t stranded = retired.load(std::memory_order_acquire) ? inbox.depth() : 0;
  return {
      .task = id(),
      .arrived = count(arrived) + stranded,
      .released = count(released),
      .completed = count(completed),
      .failed = count(failed_jobs),
      .cancelled = count(cancelled_jobs),
      .refused = count(refused) + stranded,
      .missed = count(missed),
      .missed_in_lost_supply = count(missed_in_lost_supply),
      .overruns = count(overruns),
      .callbacks_failed = count(callbacks_failed),
      .response_ns = {},
      .execution_ns = {},
      .max_response_ns = response.maximum_ns(),
      .max_execution_ns = execution.maximum_ns(),
  };
}

TaskStatistics TaskState::statistics() const {
  TaskStatistics all = counters();
  all.response_ns = response.copy();
  all.execution_ns = execution.copy();
  return all;
}

}  // namespace aegis::executor
