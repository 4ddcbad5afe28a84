// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"
#include "aegis/executor/task_handle.h"

#include "scheduler_state.h"
#include "task_slot.h"

namespace aegis::executor {

// The end of a task: its body dropped, its outcome published, waiters woken, and whoever followed
// it made ready, or ended as well. A chain of followers is ended in a loop, not by recursion, so
// its length costs no stack.
//
// Any thread that owns the slot (slot_state.h). Real-time: no allocation, no lock; a system call
// where somebody sleeps until this task ends, or a follower's worker is parked.
class Completion {
 public:
  explicit Completion(SchedulerState& state) noexcept : state_(state) {}

  // The outcome of a task that began is written but for end and completion. `as`: kEnded, or kDead
  // while a ring, ready set, timer or list refers to it. Returns how many one-shot tasks have
  // ended: this one, if it is, and its followers.
  std::int64_t end(SlotId id, TaskEnd how, TimePoint now, Phase as) noexcept;
  // The last input of a held slot has ended: it becomes ready, or ends because one failed. Returns
  // as end() does.
  std::int64_t release(SlotId id, TimePoint now) noexcept;

 private:
  void end_one(SlotId id, TaskEnd how, TimePoint now, Phase as) noexcept;
  void release_follower(SlotId id, TimePoint now) noexcept;
  void let_go(TaskSlot& ended, bool completed, TimePoint now) noexcept;
  void end_failed_followers(TimePoint now) noexcept;

  SchedulerState& state_;
  SlotId failed_ = kNoSlot;  // followers to be ended, linked through their first link
  std::int64_t ended_ = 0;
};

}  // namespace aegis::executor
