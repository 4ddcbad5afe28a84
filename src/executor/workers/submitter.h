// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/executor/cache_line.h"
#include "aegis/executor/counter.h"

#include "slot_directory.h"
#include "submission_ring.h"

namespace aegis::executor {

// What one submitting thread owns: its slots, and a ring to every worker. So submitters never wait
// for each other, and one that is preempted in the middle of a submission delays only itself.
//
// A ring to a worker has an entry for each of them, so it is never full; what is bounded is the
// slots. Followers of other tasks take another way (handed_on.h).
class Submitter {
 public:
  Submitter(std::uint32_t number, std::size_t slots, std::size_t workers)
      : slab(slots), number_(number) {
    rings_.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) {
      rings_.push_back(std::make_unique<SubmissionRing>(slab.capacity()));
    }
  }

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] SubmissionRing& ring_to(std::size_t worker) noexcept { return *rings_[worker]; }

  Slab slab;
  Counter accepted;  // one-shot tasks ever; those ended are counted by who ends them
  // Between looking whether the scheduler still takes tasks and having published one.
  alignas(kCacheLine) std::atomic<bool> inside{false};
  std::atomic<bool> in_use{false};  // a thread has it

 private:
  const std::uint32_t number_;
  std::vector<std::unique_ptr<SubmissionRing>> rings_;
};

// All submitters there are. Added by ordinary threads, one at a time, while workers look.
class SubmitterTable {
 public:
  static constexpr std::size_t kMost = SlotDirectory::kMaxSlabs;

  void add(std::unique_ptr<Submitter> submitter) noexcept {
    const std::size_t count = count_.load(std::memory_order_relaxed);
    check(count < kMost, "a scheduler has at most 256 submitters");
    table_[count] = std::move(submitter);
    count_.store(count + 1, std::memory_order_release);
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_.load(std::memory_order_acquire); }
  [[nodiscard]] Submitter& operator[](std::size_t i) const noexcept { return *table_[i]; }

 private:
  std::array<std::unique_ptr<Submitter>, kMost> table_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace aegis::executor
