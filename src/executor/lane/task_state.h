// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/inbox.h"
#include "aegis/executor/lane.h"

#include "monitor/latency_monitor.h"

namespace aegis::executor {

// The first so many measurements of one kind, and the largest of all. Its memory is touched at
// construction, off the lane. Written by the lane; a reader sees a prefix.
class SampleLog {
 public:
  explicit SampleLog(std::size_t capacity) : samples_(capacity) {}

  void add(Duration sample) noexcept {
    maximum_.raise_to(sample.ns());
    const std::size_t count = count_.load(std::memory_order_relaxed);
    if (count == samples_.size()) return;
    samples_[count] = sample.ns();
    count_.store(count + 1, std::memory_order_release);
  }
  [[nodiscard]] std::vector<std::int64_t> copy() const;
  [[nodiscard]] std::int64_t maximum_ns() const noexcept { return maximum_.value(); }
  // Keeps the samples in the room they need. Only once the lane will add no more.
  void shrink();

 private:
  std::vector<std::int64_t> samples_;
  std::atomic<std::size_t> count_{0};
  Counter maximum_;
};

// What a lane knows of one of its tasks. Made by add() on an ordinary thread, handed to the lane,
// and alive until the lane object is destroyed, so that a submitter or reader never holds a
// dangling pointer.
class TaskState {
 public:
  TaskState(LaneTask definition, std::size_t samples);

  [[nodiscard]] TaskId id() const noexcept { return task.model.id; }
  // Jobs of this task that the lane may hold at once: the one in progress and those its overload
  // rule lets wait.
  [[nodiscard]] std::size_t reserved_jobs() const noexcept;
  // Ordinary threads.
  [[nodiscard]] TaskStatistics statistics() const;
  [[nodiscard]] TaskStatistics counters() const;  // without samples

  const LaneTask task;
  Inbox inbox;
  // Written by the lane, read by anybody. Until the task is retired: who removed it may then let go
  // of it, since 40 KB are too much for what is only remembered.
  std::unique_ptr<LatencyMonitor> monitor = std::make_unique<LatencyMonitor>();

  // The lane's own.
  std::uint64_t next_sequence = 0;
  TimePoint next_arrival;     // periodic tasks
  TimePoint not_before;       // arrival of the last submitted job + period
  TimePoint last_completion;  // of its previous job
  std::uint32_t unfinished = 0;
  bool removing = false;
  bool failed = false;  // its context is gone: nothing of it runs any more

  // Written by the lane, read by anybody.
  Counter arrived, released, completed, failed_jobs, cancelled_jobs, refused;
  Counter missed, missed_in_lost_supply, overruns;
  SampleLog response, execution;
  Counter callbacks_failed;          // written by the callback thread
  std::atomic<bool> closed{false};   // submit() is refused
  std::atomic<bool> retired{false};  // the lane will not touch this object again
};

}  // namespace aegis::executor
