// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <type_traits>

#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// How a latest value is handed over; tests put a wrong one in its place.
struct LatestValueProtocol {
  // The writer fills a slot that is its own. Otherwise: the one in the middle.
  static constexpr bool kWritesItsOwn = true;
};

// The newest value of one thread for one other; older ones that were not taken are superseded.
// Where a queue would grow with its producer's haste, this holds one value (a triple buffer).
//
//   writer --own slot--> exchange <--middle slot--> exchange <--own slot-- reader
//
// Invariants
//   1. Each of three slots is the writer's, the middle or the reader's; an exchange swaps two, so
//      they stay a partition, and nobody reads a slot while it is written.
//   2. `fresh` is set exactly while the middle holds a value the reader has not taken; it is then
//      the newest.
//
// One thread posts, one takes, at a time. Both are wait-free: a copy and one atomic exchange,
// whatever the other side does, wherever it is preempted. Neither allocates nor locks.
template <class Value, class Protocol = LatestValueProtocol>
class BasicLatestValue {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  // Whether it superseded one that nobody had taken.
  bool post(const Value& value) noexcept {
    const std::uint32_t middle = middle_.load(std::memory_order_relaxed);
    slots_[Protocol::kWritesItsOwn ? writers_ : middle & kSlot].value = value;
    const std::uint32_t old = middle_.exchange(
        Protocol::kWritesItsOwn ? writers_ | kFresh : middle | kFresh, std::memory_order_acq_rel);
    writers_ = old & kSlot;
    return (old & kFresh) != 0;
  }
  // The newest; null if it has been taken. Valid until the next take().
  [[nodiscard]] const Value* take() noexcept {
    if (!fresh()) return nullptr;
    readers_ = middle_.exchange(readers_, std::memory_order_acq_rel) & kSlot;
    return &slots_[readers_].value;
  }
  // Whether there is one to take. Any thread.
  [[nodiscard]] bool fresh() const noexcept {
    return (middle_.load(std::memory_order_relaxed) & kFresh) != 0;
  }

 private:
  static constexpr std::uint32_t kSlot = 3;
  static constexpr std::uint32_t kFresh = 4;
  struct alignas(kCacheLine) Slot {
    Value value{};
  };

  std::array<Slot, 3> slots_{};
  alignas(kCacheLine) std::atomic<std::uint32_t> middle_{1};
  alignas(kCacheLine) std::uint32_t writers_ = 0;
  alignas(kCacheLine) std::uint32_t readers_ = 2;
};

// The one in use.
template <class Value>
using LatestValue = BasicLatestValue<Value>;

}  // namespace aegis::executor
