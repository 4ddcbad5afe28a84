// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/executor/lane.h"
#include "aegis/trace/ring.h"

#include "task_state.h"

namespace aegis::executor {

// Ended jobs on their way from the lane to the thread that calls on_job_end. When that thread falls
// behind by the ring's capacity, further reports are dropped and counted: the lane never waits for
// a callback.
class JobReports {
 public:
  explicit JobReports(std::size_t capacity) : ring_(capacity) {}

  // Lane. Real-time: wait-free.
  void push(TaskState& task, const JobReport& report) noexcept {
    if (!task.task.on_job_end) return;
    (void)ring_.push({&task, report});  // a full ring counts what it drops
  }

  // Callback thread: calls what has come in. Returns how many. What a callback throws ends here:
  // the lane and the other tasks' callbacks are not its victims.
  std::size_t deliver() {
    std::size_t delivered = 0;
    const std::uint64_t end = ring_.published();
    for (Entry entry; ring_.pop_into({&entry, 1}, end) == 1; ++delivered) {
      try {
        entry.task->task.on_job_end(entry.report);
      } catch (...) {
        entry.task->callbacks_failed.add();
      }
    }
    return delivered;
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept { return ring_.dropped(); }

 private:
  struct Entry {
    TaskState* task = nullptr;
    JobReport report;
  };
  trace::SpscRing<Entry> ring_;
};

}  // namespace aegis::executor
