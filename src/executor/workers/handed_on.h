// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>

#include "slot_directory.h"
#include "task_slot.h"

namespace aegis::executor {

// The step that must be one; tests hold the broken twin.
struct HandedOnProtocol {
  static constexpr bool kPushByExchange = true;  // against others who push
};

// Followers that have become ready, on their way to their worker from whoever ended the last task
// before them: any worker, any thread. A list through the followers' slots, so that it holds any
// number of them and costs no memory. (A ring from each worker to each other one, with room for
// every slot there is, grows with the cube of their number: 4.7 GB for 64.)
//
//   push      newest_ -> follower -> follower      Treiber (1986); what is pushed again meanwhile
//   take      oldest_ -> follower -> follower      does no harm, since only push compares
//
// take() turns all that was pushed round at once, and then hands it out in the order of pushes.
//
// Invariants
//   1. Each follower pushed is taken exactly once, and the pushes of one thread in their order.
//   2. What was written before push() is visible to who takes it: release, acquire.
//   3. next_link[0] of a follower is free for it: no list of dependents holds it any longer.
//
// push: any thread; lock-free. The others: one thread at a time, each after the last (the worker,
// or a sibling with its lock); a take costs as much as the pushes since the last turn. Real-time:
// neither allocates nor locks.
template <class Protocol = HandedOnProtocol>
class BasicHandedOn {
 public:
  void push(const SlotDirectory& slots, SlotId follower) noexcept {
    TaskSlot& slot = slots[follower];
    SlotId newest = newest_.load(std::memory_order_relaxed);
    do {
      slot.next_link[0] = newest;
      if constexpr (!Protocol::kPushByExchange) {
        newest_.store(follower, std::memory_order_release);
        return;
      }
    } while (!newest_.compare_exchange_weak(newest, follower, std::memory_order_release,
                                            std::memory_order_relaxed));
  }

  // Whoever consumes; others as a hint.
  [[nodiscard]] bool empty() const noexcept {
    return oldest_.load(std::memory_order_relaxed) == kNoSlot &&
           newest_.load(std::memory_order_relaxed) == kNoSlot;
  }
  [[nodiscard]] std::optional<SlotId> take(const SlotDirectory& slots) noexcept {
    if (empty()) return std::nullopt;
    SlotId first = oldest_.load(std::memory_order_relaxed);
    if (first == kNoSlot) first = turned_round(slots);
    oldest_.store(slots[first].next_link[0], std::memory_order_relaxed);
    return first;
  }

 private:
  // All that was pushed, oldest first. Precondition: something was.
  [[nodiscard]] SlotId turned_round(const SlotDirectory& slots) noexcept {
    SlotId next = newest_.exchange(kNoSlot, std::memory_order_acquire);
    SlotId first = kNoSlot;
    while (next != kNoSlot) {
      SlotId& link = slots[next].next_link[0];
      const SlotId older = link;
      link = first;
      first = next;
      next = older;
    }
    return first;
  }

  std::atomic<SlotId> newest_{kNoSlot};
  std::atomic<SlotId> oldest_{kNoSlot};  // the consumer's
};

using HandedOn = BasicHandedOn<>;

}  // namespace aegis::executor
