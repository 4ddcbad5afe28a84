// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/check.h"

#include "policy/ready_task.h"

namespace aegis::executor {

// First in, first out: the task the worker took first starts first, whatever its deadline.
//
//   L. George, P. Minet, "A FIFO worst case analysis for a hard real-time distributed problem with
//   consistency constraints", ICDCS 1997.
//
// key = 0 for all, so the order is the sequence alone. Running example, taken as A, B, C: A B C.
//
// "First" is as the worker sees it: it looks at its producers' rings in turn, so of two tasks that
// arrived between two looks the later may be taken first. The analysis counts what passes between
// arrival and taking as release jitter, and so stays valid. Restoring the order of arrival would
// cost a sort and gain at most the length of a look.
//
// The baseline of every comparison, and the right choice when all tasks are alike: nobody starves,
// nobody is searched for, and the response-time bound is the total of what may be queued.
//
// Cost: O(1) push and pop, 3 ns for both at any depth; the slots are a power of two, so that
// wrapping is a mask.
class FifoQueue {
 public:
  // Room for this many tasks, allocated now.
  explicit FifoQueue(std::size_t capacity)
      : capacity_(capacity), slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {}

  [[nodiscard]] static constexpr std::int64_t key(const Urgency& /*task*/) noexcept { return 0; }

  [[nodiscard]] bool empty() const noexcept { return head_ == tail_; }
  [[nodiscard]] std::size_t size() const noexcept { return tail_ - head_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  [[nodiscard]] bool push(const ReadyTask& task) noexcept {
    if (size() == capacity_) return false;
    slots_[tail_++ & mask_] = task;
    return true;
  }

  [[nodiscard]] const ReadyTask& top() const noexcept {
    check(!empty(), "the first task is asked for only when there is one");
    return slots_[head_ & mask_];
  }

  ReadyTask pop() noexcept {
    check(!empty(), "a task is popped only when there is one");
    return slots_[head_++ & mask_];
  }

  // Those before the one taken move up by one.
  template <class Takes>
  [[nodiscard]] std::optional<ReadyTask> take_best(Takes takes) noexcept {
    for (std::size_t at = head_; at != tail_; ++at) {
      if (!takes(slots_[at & mask_])) continue;
      const ReadyTask task = slots_[at & mask_];
      for (; at != head_; --at) slots_[at & mask_] = slots_[(at - 1) & mask_];
      ++head_;
      return task;
    }
    return std::nullopt;
  }

  template <class Leaves>
  std::size_t remove_if(Leaves leaves) noexcept {
    std::size_t kept = head_;
    for (std::size_t at = head_; at != tail_; ++at) {
      const ReadyTask task = slots_[at & mask_];
      if (!leaves(task)) slots_[kept++ & mask_] = task;
    }
    const std::size_t removed = tail_ - kept;
    tail_ = kept;
    return removed;
  }

 private:
  std::size_t capacity_;
  std::vector<ReadyTask> slots_;
  std::size_t mask_;
  std::size_t head_ = 0;  // of the first task; both only grow and may wrap: differences count
  std::size_t tail_ = 0;  // behind the last task
};
static_assert(ReadyQueueConcept<FifoQueue>);

}  // namespace aegis::executor
