// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/keyed_queue.h"

namespace aegis::executor {

// Least laxity first: the ready task that can afford to wait the least starts first.
//
//   A. K. Mok, "Fundamental design problems of distributed systems for the hard-real-time
//   environment", PhD thesis, MIT, 1983.
//   M. L. Dertouzos, A. K. Mok, "Multiprocessor on-line scheduling of hard-real-time tasks", IEEE
//   Trans. Softw. Eng. 15(12), 1989.
//
// The laxity of a job at t is the time it could still idle and be done by its deadline:
//
//   L(t) = d - t - (C - execution so far)
//
// Read literally, an order by L must be recomputed at every choice: a waiting job's laxity falls by
// one per unit of time and a running job's does not. But tasks here run to completion, so whoever
// waits has not started, its execution so far is 0, and
//
//   L_a(t) < L_b(t)   <=>   d_a - t - C_a < d_b - t - C_b   <=>   d_a - C_a < d_b - C_b
//
// whatever t is. Hence key = d - C, the latest start: an order that never changes while a task
// waits, so a heap keeps it in O(log n) and no rescan is needed.
//
// Where that would not hold: a job that has executed and waits again (preempted, or between two
// segments) has lost less laxity than time; its key must then be d - (C - executed), renewed when
// it returns to the queue. While it runs, the others' laxities fall below its own: a preemptive
// scheduler must watch for that, and thrashes among equals, which is why few use it.
//
// Running example, all ready at 0:   B (40 - 15 = 25 ms)   A (50 - 20 = 30)   C (100 - 30 = 70)
//
// It differs from EDF when execution times do: with d = 60 ms and C = 40 (key 20), a task starts
// before B (25), though its deadline is later. Tasks without a deadline come last. An undeclared C
// counts as 0, the latest start one could hope for: declare it, or the task is ordered as by EDF
// among others that are ordered earlier than by EDF.
//
// Cost: two loads and a subtraction for the key; O(log n) push and pop, as EDF.
class LeastLaxityQueue : public KeyedQueue {
 public:
  using KeyedQueue::KeyedQueue;

  // Saturates: a latest start before the beginning of representable time is as urgent as can be.
  [[nodiscard]] static constexpr std::int64_t key(const Urgency& task) noexcept {
    const std::int64_t deadline = task.deadline.value.ns();
    if (deadline == kLastKey) return kLastKey;
    std::int64_t latest_start = 0;
    if (!__builtin_sub_overflow(deadline, task.wcet.ns(), &latest_start)) return latest_start;
    return task.wcet > Duration::zero() ? std::numeric_limits<std::int64_t>::min() : kLastKey;
  }
};
static_assert(ReadyQueueConcept<LeastLaxityQueue>);

}  // namespace aegis::executor
