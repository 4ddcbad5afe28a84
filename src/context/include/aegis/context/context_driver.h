// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/context/execution_context.h"
#include "aegis/executor/lane_driver.h"

namespace aegis::context {

// What a lane runs: the contexts of its tasks, found by task number in a fixed table.
//
//   ContextDriver driver(64);
//   driver.add(TaskId{0}, *context);      // before Lane::add(task)
//   driver.remove(TaskId{0});             // after Lane::remove(task) has returned
//
// Open addressing with linear probing from id % capacity: while ids are dense the first probe hits;
// at worst it takes `capacity` probes, four to a cache line. A table indexed by the id itself would
// fill up with the dead: ids are never reused, or nobody could read a trace.
//
// Invariants:
// 1. The lane finds a task only with its context: `task` is published after it (release, acquire).
// 2. A context that was removed is not touched afterwards: the lane has let it go, and remove()
//    waits for a cancel in flight.
class ContextDriver final : public executor::LaneDriver {
 public:
  // Room for this many tasks at once. Allocates; nothing later does.
  explicit ContextDriver(std::size_t capacity);

  // Ordinary threads; locks. kAlreadyExists for a task or a context in the table,
  // kResourceExhausted when it is full. The context outlives its place in the table.
  [[nodiscard]] Status add(TaskId task, ExecutionContext& context);
  // kNotFound. None of the task's segments may be running.
  [[nodiscard]] Status remove(TaskId task);

  // The lane's side. Real-time: no allocation, no lock.
  [[nodiscard]] Status start_segment(JobId job, std::uint32_t segment,
                                     std::uint64_t token) noexcept override;
  [[nodiscard]] Result<executor::SegmentState> poll() noexcept override;
  void cancel() noexcept override;
  // Closes the context's fault boundary: the lane will not ask it again, nor shall anybody else.
  void hung(TaskId task) noexcept override;

 private:
  struct Slot {
    std::atomic<std::uint32_t> task{TaskId::kNone};
    std::atomic<ExecutionContext*> context{nullptr};
  };
  [[nodiscard]] Slot* find(TaskId task) noexcept;

  std::mutex changes_;  // between add and remove; the lane never takes it
  std::vector<Slot> slots_;
  std::atomic<ExecutionContext*> running_{nullptr};
  std::atomic<int> cancels_in_flight_{0};
};

}  // namespace aegis::context
