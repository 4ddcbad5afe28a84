// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/keyed_queue.h"

namespace aegis::executor {

// Rate monotonic: the ready task with the shortest period T starts first, whenever it arrived.
//
//   C. L. Liu, J. W. Layland, "Scheduling algorithms for multiprogramming in a hard-real-time
//   environment", J. ACM 20(1), 1973.
//
// key = T. Running example, all ready at 0:
//
//   B (T = 80 ms)   A (100)   C (200)
//
// Liu and Layland's optimality among fixed priorities holds for preemptible jobs with D = T; tasks
// here run to completion, so it is chosen for another reason: in overload the slowest tasks miss,
// and the fast ones do not notice. Tasks without a period wait until none with one is ready, first
// come, first served among themselves.
//
// A heap and not the 64 levels of fixed_priority.h: periods are not known to be few.
//
// Cost: one load for the key; O(log n) push and pop, as EDF.
class RateMonotonicQueue : public KeyedQueue {
 public:
  using KeyedQueue::KeyedQueue;

  [[nodiscard]] static constexpr std::int64_t key(const Urgency& task) noexcept {
    return task.period.ns();
  }
};
static_assert(ReadyQueueConcept<RateMonotonicQueue>);

}  // namespace aegis::executor
