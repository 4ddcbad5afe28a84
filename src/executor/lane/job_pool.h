// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/theory/policy/ordering.h"

#include "task_state.h"

namespace aegis::executor {

// One activation on its way through the lane.
struct Job {
  JobId id;
  TaskState* task = nullptr;
  std::uint64_t token = 0;
  TimePoint arrival;
  AbsoluteDeadline deadline;
  theory::policy::OrderingKey key;  // fixed at release: a job keeps its place between its segments
  std::uint32_t next_segment = 0;
  TimePoint start;     // of the first segment
  Duration execution;  // of the segments so far
  Duration lost;       // of that, as far as known

  [[nodiscard]] bool started() const noexcept { return next_segment > 0; }
};

// Every job the lane may hold at once. LaneCore reserves room for a task's jobs when it is added,
// so take() always finds some. Real-time: O(1), allocates in the constructor only. One thread.
class JobPool {
 public:
  explicit JobPool(std::size_t capacity) : jobs_(capacity) {
    free_.reserve(capacity);
    for (std::size_t slot = capacity; slot-- > 0;) {
      free_.push_back(static_cast<std::uint32_t>(slot));
    }
  }

  [[nodiscard]] std::uint32_t take() noexcept {
    check(!free_.empty(), "a lane holds no more jobs than its tasks reserved");
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    jobs_[slot] = Job{};
    return slot;
  }
  void give_back(std::uint32_t slot) noexcept { free_.push_back(slot); }

  [[nodiscard]] Job& operator[](std::uint32_t slot) noexcept { return jobs_[slot]; }
  [[nodiscard]] std::size_t capacity() const noexcept { return jobs_.size(); }
  [[nodiscard]] std::size_t in_use() const noexcept { return jobs_.size() - free_.size(); }

 private:
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> free_;
};

}  // namespace aegis::executor
