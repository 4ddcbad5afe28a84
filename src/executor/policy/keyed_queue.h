// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/executor/four_ary_heap.h"

#include "policy/ready_task.h"

namespace aegis::executor {

// (key, sequence), lexicographic: a total order among the tasks of one worker, since no two have
// the same sequence. So the choice depends on the set of ready tasks alone, and no task starves
// behind later ones of its own key.
struct ByKeyThenSequence {
  constexpr bool operator()(const ReadyTask& a, const ReadyTask& b) const noexcept {
    return a.key != b.key ? a.key < b.key : a.sequence < b.sequence;
  }
};

// The ready queue of every policy whose order is a number known when the task becomes ready: EDF,
// rate monotonic, least laxity. They differ in that number only. O(log n) push and pop.
class KeyedQueue : public FourAryHeap<ReadyTask, ByKeyThenSequence> {
 public:
  using FourAryHeap::FourAryHeap;
};

}  // namespace aegis::executor
