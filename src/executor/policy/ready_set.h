// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <variant>

#include "aegis/executor/worker_policy.h"

#include "policy/edf.h"
#include "policy/fifo.h"
#include "policy/fixed_priority.h"
#include "policy/least_laxity.h"
#include "policy/rate_monotonic.h"
#include "policy/ready_task.h"

namespace aegis::executor {

// The ready tasks of one worker, in the order of the policy that its group was configured with.
//
//   ReadySet ready(WorkerPolicy::kEdf, 1024);
//   if (!ready.push(ready.make(urgency, slot, kMovable))) ...    // full: the pool was larger
//   while (!ready.empty()) run(pool[ready.pop().slot]);
//
// The policy is a run-time choice of the group, not of the task, so the branch on it goes the same
// way every time and is predicted. Measured beside the queues alone (ready_set_benchmark.cc), it
// costs half a nanosecond, as std::visit and a switch do.
//
// Real-time: only the constructor allocates; nothing locks, enters the kernel or throws. The cost
// of each function is that of the policy's queue (see its header). One thread.
class ReadySet {
 private:
  using Queue =
      std::variant<EdfQueue, RateMonotonicQueue, LeastLaxityQueue, FixedPriorityQueue, FifoQueue>;

  static Queue make_queue(WorkerPolicy policy, std::size_t capacity) {
    switch (policy) {
      case WorkerPolicy::kEdf:
        break;
      case WorkerPolicy::kRateMonotonic:
        return RateMonotonicQueue(capacity);
      case WorkerPolicy::kLeastLaxity:
        return LeastLaxityQueue(capacity);
      case WorkerPolicy::kFixedPriority:
        return FixedPriorityQueue(capacity);
      case WorkerPolicy::kFifo:
        return FifoQueue(capacity);
    }
    return EdfQueue(capacity);
  }

  // The operation on the queue there is. Not std::visit: it may throw, and a variant that is never
  // assigned to is never without a value.
  template <class Self, class Operation>
  static decltype(auto) with(Self& self, Operation operation) noexcept {
    if (auto* queue = std::get_if<0>(&self.queue_)) return operation(*queue);
    if (auto* queue = std::get_if<1>(&self.queue_)) return operation(*queue);
    if (auto* queue = std::get_if<2>(&self.queue_)) return operation(*queue);
    if (auto* queue = std::get_if<3>(&self.queue_)) return operation(*queue);
    return operation(*std::get_if<4>(&self.queue_));
  }

 public:
  // Room for this many ready tasks, allocated and touched now.
  ReadySet(WorkerPolicy policy, std::size_t capacity)
      : policy_(policy), queue_(make_queue(policy, capacity)) {}

  [[nodiscard]] WorkerPolicy policy() const noexcept { return policy_; }

  // The task with its key under this policy and the next sequence number: behind all equals that
  // were made before. Push tasks in the order in which they were made, at most once each.
  [[nodiscard]] ReadyTask make(const Urgency& urgency, std::uint32_t slot,
                               std::uint32_t flags) noexcept {
    return {.key = key(urgency), .sequence = next_sequence_++, .slot = slot, .flags = flags};
  }

  // The same for a task that a sibling under the same policy gave away: its key stays, and it
  // queues behind the equals that are here.
  [[nodiscard]] ReadyTask adopt(const ReadyTask& task, std::uint32_t slot) noexcept {
    return {.key = task.key, .sequence = next_sequence_++, .slot = slot, .flags = task.flags};
  }

  // What this policy orders the task by; the smaller starts first. Comparable between workers of
  // one policy, so that balancing can tell who waits with the more urgent task.
  [[nodiscard]] std::int64_t key(const Urgency& urgency) const noexcept {
    return with(*this, [&](const auto& queue) {
      return std::remove_cvref_t<decltype(queue)>::key(urgency);
    });
  }

  // Whether there was room.
  [[nodiscard]] bool push(const ReadyTask& task) noexcept {
    return with(*this, [&](auto& queue) { return queue.push(task); });
  }

  // The most urgent task; aborts when there is none.
  [[nodiscard]] const ReadyTask& top() const noexcept {
    return with(*this, [](const auto& queue) -> const ReadyTask& { return queue.top(); });
  }
  ReadyTask pop() noexcept {
    return with(*this, [](auto& queue) { return queue.pop(); });
  }

  [[nodiscard]] bool empty() const noexcept {
    return with(*this, [](const auto& queue) { return queue.empty(); });
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return with(*this, [](const auto& queue) { return queue.size(); });
  }
  [[nodiscard]] std::size_t capacity() const noexcept {
    return with(*this, [](const auto& queue) { return queue.capacity(); });
  }

  // Removes and returns the most urgent task for which takes(task) is true. O(n): for balancing.
  template <class Takes>
  [[nodiscard]] std::optional<ReadyTask> take_best(Takes takes) noexcept {
    return with(*this, [&](auto& queue) { return queue.take_best(takes); });
  }

  // Removes every task for which leaves(task) is true; returns how many. O(n).
  template <class Leaves>
  std::size_t remove_if(Leaves leaves) noexcept {
    return with(*this, [&](auto& queue) { return queue.remove_if(leaves); });
  }

 private:
  WorkerPolicy policy_;
  Queue queue_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace aegis::executor
