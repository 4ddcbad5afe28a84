// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/executor/cache_line.h"

#include "task_slot.h"

namespace aegis::executor {

// How the ring tells a new entry from one of the lap before; tests hold a broken twin.
struct RingProtocol {
  static constexpr bool kChecksLap = true;
};

// Slot numbers on their way from one submitter to one worker, in order.
//
//   entry    | lap | slot |        position p is entry p mod capacity, in lap p / capacity
//
// An entry says itself whether it is new: its lap, modulo 16, is the one the worker expects there.
// So there is no count of published entries and none of freed ones: a submission writes one line,
// the worker's look at an idle ring reads one that is in its cache, and nothing goes back. (Lamport
// 1977 has the indices; FastForward, Giacomoni et al. 2008, the entry that speaks for itself, which
// its consumer empties; here it need not.)
//
// Precondition instead of a full ring: never more entries on their way than `capacity`. The slots
// see to it: each is on its way at most once, and the ring has an entry for each that may come
// through it.
//
// Invariants
//   1. What the submitter wrote before push() is visible to who takes the entry: release, acquire.
//   2. An entry is overwritten only after it was taken: at most `capacity - 1` others are on their
//      way when position p is pushed, and they are taken in order, so p - capacity has been.
//   3. A stale entry never passes for a new one: it is exactly one lap old (2), never sixteen.
//
// push: one thread. The others: one thread at a time, each after the last (the worker, or a sibling
// with its lock). Real-time: wait-free; allocates in the constructor only.
template <class Protocol = RingProtocol>
class BasicSubmissionRing {
 public:
  // Rounded up to a power of two.
  explicit BasicSubmissionRing(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 2)) - 1),
        shift_(static_cast<unsigned>(std::countr_zero(mask_ + 1))),
        entries_(mask_ + 1) {
    // As if the lap before the first had been taken.
    for (auto& entry : entries_) entry.store(kLaps - 1, std::memory_order_relaxed);
  }

  // The submitter.
  void push(SlotId slot) noexcept {
    entries_[static_cast<std::size_t>(pushed_) & mask_].store((slot << kLapBits) | lap_of(pushed_),
                                                              std::memory_order_release);
    ++pushed_;
  }

  // Whoever consumes.
  [[nodiscard]] bool empty() const noexcept {
    const std::uint64_t next = taken_.load(std::memory_order_relaxed);
    return Protocol::kChecksLap && lap(entry(next)) != lap_of(next);
  }
  [[nodiscard]] std::optional<SlotId> take() noexcept {
    const std::uint64_t next = taken_.load(std::memory_order_relaxed);
    const std::uint32_t found = entry(next);
    if (Protocol::kChecksLap && lap(found) != lap_of(next)) return std::nullopt;
    taken_.store(next + 1, std::memory_order_relaxed);
    return found >> kLapBits;
  }

 private:
  static constexpr unsigned kLapBits = 4;
  static constexpr std::uint32_t kLaps = 1U << kLapBits;

  [[nodiscard]] std::uint32_t entry(std::uint64_t position) const noexcept {
    return entries_[static_cast<std::size_t>(position) & mask_].load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint32_t lap_of(std::uint64_t position) const noexcept {
    return static_cast<std::uint32_t>(position >> shift_) % kLaps;
  }
  static constexpr std::uint32_t lap(std::uint32_t entry) noexcept { return entry % kLaps; }

  const std::size_t mask_;
  const unsigned shift_;
  std::vector<std::atomic<std::uint32_t>> entries_;
  alignas(kCacheLine) std::uint64_t pushed_ = 0;  // the submitter's
  // The consumer's; others may look at empty().
  alignas(kCacheLine) std::atomic<std::uint64_t> taken_{0};
};

static_assert(kSlotBits + 8 + 4 <= 32, "a slot's number and its lap are one word");

using SubmissionRing = BasicSubmissionRing<>;

}  // namespace aegis::executor
