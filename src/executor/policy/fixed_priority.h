// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "aegis/base/check.h"

#include "policy/ready_task.h"

namespace aegis::executor {

// Fixed priorities: the ready task of the lowest level starts first; FIFO within a level.
//
//   N. C. Audsley, A. Burns, M. F. Richardson, K. W. Tindell, A. J. Wellings, "Applying new
//   scheduling theory to static priority pre-emptive scheduling", Softw. Eng. J. 8(5), 1993.
//   The structure is that of 4.3BSD's and Linux's O(1) scheduler: S. J. Leffler et al., "The
//   Design and Implementation of the 4.3BSD UNIX Operating System", 1989.
//
// key = level. Bit l of a 64-bit word says whether level l has tasks, and counting its trailing
// zeros finds the first in one instruction. Each level is a singly linked list through one array of
// nodes, so a level may hold all tasks or none and the memory is the same.
//
//   ready     ...00100101            levels 0, 2 and 5
//   levels    0: A -> B    2: C    5: D -> E -> F
//   nodes     | A | D | B | - | C | E | F | - |      by index; free ones are linked as well
//
// Running example with the levels B = 0, A = 1, C = 2: B A C.
//
// The most important task never waits for more than the one that has started; the least important
// may wait for ever, and levels alone say nothing about deadlines. 64 levels because that is one
// word; four groups of workers make 256, where rounding periods to levels costs almost nothing
// (J. P. Lehoczky, L. Sha, "Performance of real-time bus scheduling algorithms", SIGMETRICS 1986).
//
// Cost: O(1) push and pop, 6 ns for both at any depth; 32 bytes a task.
class FixedPriorityQueue {
 public:
  static constexpr std::int64_t kLevels = 64;

  // Room for this many tasks, allocated now; fewer than 2^32 - 1.
  explicit FixedPriorityQueue(std::size_t capacity) : nodes_(capacity) {
    check(capacity < kNone, "a ready queue's nodes are numbered by 32 bits");
    for (std::size_t i = 0; i < capacity; ++i) {
      nodes_[i].next = i + 1 < capacity ? static_cast<std::uint32_t>(i + 1) : kNone;
    }
    free_ = capacity > 0 ? 0 : kNone;
  }

  // A level beyond the last is the last.
  [[nodiscard]] static constexpr std::int64_t key(const Urgency& task) noexcept {
    return std::min<std::int64_t>(task.level, kLevels - 1);
  }

  [[nodiscard]] bool empty() const noexcept { return ready_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return nodes_.size(); }

  // Whether there was room. A key that is not a level aborts.
  [[nodiscard]] bool push(const ReadyTask& task) noexcept {
    check(task.key >= 0 && task.key < kLevels, "a fixed-priority key is a level");
    if (free_ == kNone) return false;
    const std::uint32_t node = free_;
    free_ = nodes_[node].next;
    nodes_[node] = {.task = task, .next = kNone};
    append(static_cast<unsigned>(task.key), node);
    ++size_;
    return true;
  }

  [[nodiscard]] const ReadyTask& top() const noexcept {
    check(ready_ != 0, "the most urgent task is asked for only when there is one");
    return nodes_[levels_[first_level(ready_)].head].task;
  }

  ReadyTask pop() noexcept {
    check(ready_ != 0, "a task is popped only when there is one");
    const unsigned level = first_level(ready_);
    const ReadyTask task = nodes_[levels_[level].head].task;
    unlink(level, kNone, levels_[level].head);
    return task;
  }

  template <class Takes>
  [[nodiscard]] std::optional<ReadyTask> take_best(Takes takes) noexcept {
    for (std::uint64_t left = ready_; left != 0; left &= left - 1) {
      const unsigned level = first_level(left);
      std::uint32_t before = kNone;
      for (std::uint32_t at = levels_[level].head; at != kNone; at = nodes_[at].next) {
        if (takes(nodes_[at].task)) {
          const ReadyTask task = nodes_[at].task;
          unlink(level, before, at);
          return task;
        }
        before = at;
      }
    }
    return std::nullopt;
  }

  template <class Leaves>
  std::size_t remove_if(Leaves leaves) noexcept {
    const std::size_t size = size_;
    for (std::uint64_t left = ready_; left != 0; left &= left - 1) {
      remove_in_level(first_level(left), leaves);
    }
    return size - size_;
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    ReadyTask task;
    std::uint32_t next = kNone;
  };
  struct Level {
    std::uint32_t head = kNone;  // kNone exactly when the level's bit is clear
    std::uint32_t tail = kNone;  // meaningless then
  };

  static unsigned first_level(std::uint64_t levels) noexcept {
    return static_cast<unsigned>(std::countr_zero(levels));
  }

  void append(unsigned number, std::uint32_t node) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << number;
    Level& level = levels_[number];
    if ((ready_ & bit) != 0) {
      nodes_[level.tail].next = node;
    } else {
      level.head = node;
    }
    level.tail = node;
    ready_ |= bit;
  }

  // `before` is the node that leads to `node`, kNone when that is the level's head.
  void unlink(unsigned number, std::uint32_t before, std::uint32_t node) noexcept {
    Level& level = levels_[number];
    const std::uint32_t next = nodes_[node].next;
    if (before == kNone) {
      level.head = next;
    } else {
      nodes_[before].next = next;
    }
    if (next == kNone) level.tail = before;
    if (level.head == kNone) ready_ &= ~(std::uint64_t{1} << number);
    nodes_[node].next = free_;
    free_ = node;
    --size_;
  }

  template <class Leaves>
  void remove_in_level(unsigned number, Leaves& leaves) noexcept {
    std::uint32_t before = kNone;
    for (std::uint32_t at = levels_[number].head; at != kNone;) {
      const std::uint32_t next = nodes_[at].next;
      if (leaves(nodes_[at].task)) {
        unlink(number, before, at);
      } else {
        before = at;
      }
      at = next;
    }
  }

  std::uint64_t ready_ = 0;  // bit l: level l has tasks
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
  std::array<Level, kLevels> levels_{};
  std::vector<Node> nodes_;
};
static_assert(ReadyQueueConcept<FixedPriorityQueue>);

}  // namespace aegis::executor
