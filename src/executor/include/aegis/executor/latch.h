// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// How a latch works; tests put a wrong one in its place.
struct LatchProtocol {
  // Readers look at the sequence again after copying.
  static constexpr bool kVerifies = true;
  // The writer fills the slot that nobody was told of.
  static constexpr bool kWritesAside = true;
};

// A few words that one thread publishes now and then and any thread reads all the time: a seqlock
// with two slots (Linux calls it seqcount_latch). With one slot a reader waits for a writer that
// was preempted in the middle, for ever if it is a real-time thread on the writer's CPU; here the
// last complete value is always there.
//
// Invariants.
// 1. Slot (sequence mod 2) holds value number `sequence`, complete: the writer fills the other one
//    and then increments the sequence with release order.
// 2. A reader that returns began and ended at the same sequence. A torn copy of slot n mod 2 needs
//    the writer of value n + 2, who stored the sequence n + 1 before (its release fence, the
//    reader's acquire fence), so that reader finds another sequence and tries again.
//
// One writer at a time; readers: any thread, lock-free. Real-time: a read is a few loads, and a
// second try only if a publication ended meanwhile; a publication is a few stores. Neither
// allocates nor locks.
template <class Value, class Protocol = LatchProtocol>
class BasicLatch {
  static_assert(std::is_trivially_copyable_v<Value>);
  static_assert(sizeof(Value) % sizeof(std::uint64_t) == 0, "a value is whole words");

 public:
  // Holds `first` until something is published.
  explicit BasicLatch(const Value& first) noexcept { fill(slots_[0], first); }

  // The value last published, whole. Any thread. Real-time.
  [[nodiscard]] Value read() const noexcept {
    for (;;) {
      const std::uint64_t before = sequence_.load(std::memory_order_acquire);
      Words copy;
      const Slot& slot = slots_[slot_of(before)];
      for (std::size_t i = 0; i < kWords; ++i) copy[i] = slot[i].load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      const bool same = sequence_.load(std::memory_order_relaxed) == before;
      if (same || !Protocol::kVerifies) [[likely]]
        return std::bit_cast<Value>(copy);
    }
  }

  // From here on readers get this value. One thread at a time. Real-time.
  void publish(const Value& value) noexcept {
    const std::uint64_t next = sequence_.load(std::memory_order_relaxed) + 1;
    std::atomic_thread_fence(std::memory_order_release);
    fill(slots_[slot_of(next)], value);
    sequence_.store(next, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kWords = sizeof(Value) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kWords>;
  using Slot = std::array<std::atomic<std::uint64_t>, kWords>;

  static constexpr std::size_t slot_of(std::uint64_t sequence) noexcept {
    return Protocol::kWritesAside ? sequence % 2 : 0;
  }
  static void fill(Slot& slot, const Value& value) noexcept {
    const auto words = std::bit_cast<Words>(value);
    for (std::size_t i = 0; i < kWords; ++i) slot[i].store(words[i], std::memory_order_relaxed);
  }

  alignas(kCacheLine) std::atomic<std::uint64_t> sequence_{0};
  std::array<Slot, 2> slots_{};
};

// The latch as everybody but a test of it uses it.
template <class Value>
using Latch = BasicLatch<Value>;

}  // namespace aegis::executor
