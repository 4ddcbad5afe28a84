// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "aegis/base/ids.h"
#include "aegis/executor/four_ary_heap.h"
#include "aegis/theory/policy/ordering.h"

namespace aegis::executor {

// A job that may run: its place in the policy's order and where the lane keeps it.
struct ReadyJob {
  theory::policy::OrderingKey key;
  std::uint32_t slot = 0;  // index into the lane's job pool
};

// The released jobs of one lane that are not running, smallest ordering key first. The key is a
// total order (policy's key, arrival, task, sequence), so what top() returns depends on the set of
// jobs alone, never on how it came about: simulator, executor and audit agree on every choice.
//
//   EDF, running example, all three released at 0:  B (d = 40 ms)  A (50)  C (100)
//
// Real-time: allocates in the constructor only. Selecting among n costs O(log n); see FourAryHeap.
// One thread.
class ReadyQueue {
 public:
  static constexpr std::size_t kMaxAlternatives = 8;

  // Room for this many jobs, allocated now.
  explicit ReadyQueue(std::size_t capacity) : heap_(capacity) {}

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return heap_.capacity(); }

  // Whether there was room.
  [[nodiscard]] bool push(const ReadyJob& job) noexcept { return heap_.push(job); }
  [[nodiscard]] const ReadyJob& top() const noexcept { return heap_.top(); }
  ReadyJob pop() noexcept { return heap_.pop(); }

  // Whom top() was preferred to: the best of the others, ascending, at most kMaxAlternatives.
  // Bounded whatever the size.
  [[nodiscard]] std::size_t alternatives(std::span<ReadyJob> out) const noexcept {
    return heap_.best_after_top(out);
  }

  // Takes out those of the task's jobs for which `leaves(job)` is true; returns how many. O(n): not
  // on a job's path.
  template <class Leaves>
  std::size_t remove(TaskId task, Leaves leaves) noexcept {
    return heap_.remove_if(
        [&](const ReadyJob& job) { return job.key.id.task == task && leaves(job); });
  }

 private:
  struct Before {
    bool operator()(const ReadyJob& a, const ReadyJob& b) const noexcept { return a.key < b.key; }
  };
  FourAryHeap<ReadyJob, Before> heap_;
};

}  // namespace aegis::executor
