// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>

namespace aegis::executor {

// Data that different threads write stay this far apart: one line of today's x86-64 and most arm64
// machines. Too small would cost speed, never correctness.
inline constexpr std::size_t kCacheLine = 64;

// A bounded queue from one producer thread to one consumer thread at a time (Lamport 1983, with
// each side's copy of the other's index as in Lee et al. 2009, so that a line changes hands only
// when a side runs out of what it knew).
//
// Invariants: 1. slots [head, tail) are the consumer's, the others the producer's: only one side
// ever touches a slot, since tail is published (release) after its slot is written, and head after
// its slot is read; 2. indices only grow and tail - head <= capacity, so full and empty are never
// confused.
//
// Real-time: allocates in the constructor only; push and pop are wait-free, a bounded number of
// instructions.
template <class T>
  requires std::is_trivially_copyable_v<T>
class SpscRing {
 public:
  // Capacity is rounded up to a power of two, at least 1.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity == 0 ? std::size_t{1} : capacity) - 1),
        slots_(std::make_unique<T[]>(mask_ + 1)) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

  // Producer. False: full.
  [[nodiscard]] bool push(const T& item) noexcept {
    const std::uint64_t tail = producer_.tail.load(std::memory_order_relaxed);
    if (tail - producer_.known_head > mask_) {
      producer_.known_head = consumer_.head.load(std::memory_order_acquire);
      if (tail - producer_.known_head > mask_) return false;
    }
    slots_[tail & mask_] = item;
    producer_.tail.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer. Nothing: empty.
  [[nodiscard]] std::optional<T> pop() noexcept {
    const std::uint64_t head = consumer_.head.load(std::memory_order_relaxed);
    if (head == consumer_.known_tail) {
      consumer_.known_tail = producer_.tail.load(std::memory_order_acquire);
      if (head == consumer_.known_tail) return std::nullopt;
    }
    const T item = slots_[head & mask_];
    consumer_.head.store(head + 1, std::memory_order_release);
    return item;
  }

  // Consumer: whether there is something to pop. Any other thread: a moment's glimpse.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept {
    const std::uint64_t head = consumer_.head.load(std::memory_order_acquire);
    const std::uint64_t tail = producer_.tail.load(std::memory_order_acquire);
    return tail > head ? static_cast<std::size_t>(tail - head) : 0;
  }

 private:
  struct alignas(kCacheLine) Producer {
    std::atomic<std::uint64_t> tail{0};
    std::uint64_t known_head = 0;
  };
  struct alignas(kCacheLine) Consumer {
    std::atomic<std::uint64_t> head{0};
    std::uint64_t known_tail = 0;
  };
  Producer producer_;
  Consumer consumer_;
  alignas(kCacheLine) const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
};

}  // namespace aegis::executor
