// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace aegis::trace {

// Memory as the machine has it. The tests put another one in its place, which enumerates
// interleavings and checks that every slot access is ordered by happens-before.
struct MachineMemory {
  template <class T>
  using Atomic = std::atomic<T>;

  // The values, by position in the ring.
  template <class T>
  class Slots {
   public:
    explicit Slots(std::size_t count) : values_(count) {}  // writes every page: pre-faulted
    // Plain copies: the ring orders them.
    void write(std::size_t index, const T& value) noexcept { values_[index] = value; }
    [[nodiscard]] const T& read(std::size_t index) const noexcept { return values_[index]; }

   private:
    std::vector<T> values_;
  };
};

// The order in which a slot and its index become visible. Anything weaker is wrong; the tests hold
// the wrong twins.
struct PublishThenFree {
  static constexpr bool kWriteBeforePublish = true;
  static constexpr bool kReadBeforeFree = true;
  static constexpr std::memory_order kPublish = std::memory_order_release;
  static constexpr std::memory_order kObservePublished = std::memory_order_acquire;
  static constexpr std::memory_order kFree = std::memory_order_release;
  static constexpr std::memory_order kObserveFreed = std::memory_order_acquire;
};

// A bounded queue between exactly one producer and one consumer thread, after Lamport (1977,
// "Proving the correctness of multiprocess programs"); each side keeps a copy of the other's index
// and looks again only when the copy says full, so that in the common case a push touches no line
// that the consumer writes (the idea of FastForward, Giacomoni et al. 2008, and of most rings
// since).
//
//   freed_ <= read slots < published_ <= freed_ + capacity
//   positions only grow; slot of position p: p & mask_
//
// Invariants:
// 1. A position below published_ holds a complete value: the slot is written before published_ is
//    stored with release, and the consumer loads it with acquire.
// 2. A slot is never written while it may be read: the producer writes position p only after it has
//    seen (acquire) freed_ > p - capacity, and the consumer stores freed_ (release) after its last
//    read of the slot.
// 3. Both sides are wait-free: no loop in push; pop copies at most the span it was given.
// 4. pushed + dropped = attempted: a push either publishes or counts, and only the producer counts.
// 5. Positions never wrap: 2^64 events at 10 ns apiece take 5,800 years.
template <class T, class Memory = MachineMemory, class Protocol = PublishThenFree>
class SpscRing {
 public:
  // Rounded up to a power of two, at least 2.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 2)) - 1), slots_(mask_ + 1) {}

  // Producer. Wait-free, no allocation, no system call. False: the ring was full and the value is
  // counted as dropped.
  bool push(const T& value) noexcept {
    const std::uint64_t position = published_.load(std::memory_order_relaxed);  // only we store it
    if (position - seen_freed_ > mask_) {
      seen_freed_ = freed_.load(Protocol::kObserveFreed);
      if (position - seen_freed_ > mask_) {
        dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return false;
      }
    }
    if constexpr (!Protocol::kWriteBeforePublish)
      published_.store(position + 1, Protocol::kPublish);
    slots_.write(static_cast<std::size_t>(position) & mask_, value);
    if constexpr (Protocol::kWriteBeforePublish) published_.store(position + 1, Protocol::kPublish);
    return true;
  }

  // Consumer. Everything below this position may be popped.
  [[nodiscard]] std::uint64_t published() const noexcept {
    return published_.load(Protocol::kObservePublished);
  }

  // Consumer. How many may be popped now.
  [[nodiscard]] std::size_t readable() const noexcept {
    return static_cast<std::size_t>(published() - freed_.load(std::memory_order_relaxed));
  }

  // Consumer. Copies the oldest values below position `end`, as many as fit, frees their slots,
  // returns how many. `end` came from published().
  std::size_t pop_into(std::span<T> out, std::uint64_t end) noexcept {
    const std::uint64_t position = freed_.load(std::memory_order_relaxed);  // only we store it
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - position));
    if constexpr (!Protocol::kReadBeforeFree) freed_.store(position + count, Protocol::kFree);
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = slots_.read(static_cast<std::size_t>(position + i) & mask_);
    }
    if constexpr (Protocol::kReadBeforeFree) freed_.store(position + count, Protocol::kFree);
    return count;
  }

  // Any thread; a lower bound while the producer runs.
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
  template <class U>
  using Atomic = typename Memory::template Atomic<U>;
  static constexpr std::size_t kCacheLine = 64;

  const std::size_t mask_;
  typename Memory::template Slots<T> slots_;
  // The producer's line and the consumer's: neither is written by the other side.
  alignas(kCacheLine) Atomic<std::uint64_t> published_{0};
  std::uint64_t seen_freed_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
  alignas(kCacheLine) Atomic<std::uint64_t> freed_{0};
};

}  // namespace aegis::trace
