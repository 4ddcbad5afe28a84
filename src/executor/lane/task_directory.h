// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "aegis/base/check.h"
#include "aegis/base/ids.h"

#include "task_state.h"

namespace aegis::executor {

// Where submitters find a task by its id: an open-addressed table, four places a task.
//
// Invariants: 1. an entry once filled is never emptied, only replaced by a later task that takes
// the place of a closed one, so a search past it stays right; 2. what an entry points to outlives
// the directory. Hence find() needs no lock.
//
// find: any thread, wait-free, one or two steps when the ids are dense. insert: one thread at a
// time.
class TaskDirectory {
 public:
  explicit TaskDirectory(std::size_t max_tasks)
      : mask_(std::bit_ceil(4 * max_tasks) - 1),
        entries_(std::make_unique<std::atomic<TaskState*>[]>(mask_ + 1)) {}

  // The task of this id that is not closed, or null.
  [[nodiscard]] TaskState* find(TaskId id) const noexcept {
    for (std::size_t step = 0; step <= mask_; ++step) {
      TaskState* entry = entries_[(id.value + step) & mask_].load(std::memory_order_acquire);
      if (entry == nullptr) return nullptr;
      if (entry->id() == id && !entry->closed.load(std::memory_order_acquire)) return entry;
    }
    return nullptr;
  }

  void insert(TaskState& task) noexcept {
    for (std::size_t step = 0; step <= mask_; ++step) {
      auto& entry = entries_[(task.id().value + step) & mask_];
      TaskState* present = entry.load(std::memory_order_acquire);
      if (present == nullptr || present->closed.load(std::memory_order_acquire)) {
        entry.store(&task, std::memory_order_release);
        return;
      }
    }
    check(false, "a lane's directory has room for every live task");
  }

 private:
  const std::size_t mask_;
  std::unique_ptr<std::atomic<TaskState*>[]> entries_;
};

}  // namespace aegis::executor
