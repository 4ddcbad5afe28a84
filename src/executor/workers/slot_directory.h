// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/base/result.h"
#include "aegis/executor/task_handle.h"

#include "prefetch.h"
#include "task_slot.h"

namespace aegis::executor {

// The slots of one submitter, used in turn. Going round instead of taking the slot freed last keeps
// each outcome for as long as possible, and leaves time to fetch the next slot's lines.
//
// The turn is scattered over the slab, so that the fetching ahead that processors do by themselves
// (neighbours, strides) does not bring a worker the slot that is written next.
//
// Slots still occupied when their turn comes are passed over, so a take looks at
// capacity / free slots on average and at all of them only when all are taken.
//
// One thread, the submitter; the slots themselves are shared. Real-time: allocates in the
// constructor only.
class Slab {
 public:
  // Rounded up to a power of two, at least 2.
  explicit Slab(std::size_t capacity)
      : slots_(std::bit_ceil(std::max<std::size_t>(capacity, 2))), mask_(slots_.size() - 1) {}

  // A slot with a new occupant in phase `first`, and its index; nothing when every slot is taken.
  struct Taken {
    TaskSlot* slot = nullptr;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
  };
  [[nodiscard]] std::optional<Taken> take(Phase first) noexcept {
    for (std::size_t looked = 0; looked < slots_.size(); ++looked) {
      const std::size_t index = scattered(next_++);
      TaskSlot& slot = slots_[index];
      if (const auto generation = slot.state.open(first)) {
        fetch(slots_[scattered(next_ + kAhead)]);
        return Taken{&slot, static_cast<std::uint32_t>(index), *generation};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] TaskSlot& operator[](std::size_t index) noexcept { return slots_[index]; }
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

 private:
  // In a stream a take costs some 100 ns, the way of a line up to 400.
  static constexpr std::size_t kAhead = 3;

  // One to one on the indices: an odd factor, then a shift onto itself, both taken to the mask.
  [[nodiscard]] std::size_t scattered(std::size_t turn) const noexcept {
    const std::size_t spread = (turn * kFactor) & mask_;
    return spread ^ (spread >> 3U);
  }
  static constexpr std::size_t kFactor = 0x9e3779b1;  // 2^32 / the golden ratio, odd (Knuth)

  // The lines that a take a little later will write; a worker wrote them last.
  static void fetch(const TaskSlot& slot) noexcept {
    prefetch_for_write(&slot.body);
    prefetch_for_write(&slot.state);
  }

  std::vector<TaskSlot> slots_;
  const std::size_t mask_;
  std::size_t next_ = 0;
};

// All slots of a scheduler by number, and its handles. Slabs are added while others look; none is
// ever taken away. Real-time: lookups are two loads.
class SlotDirectory {
 public:
  static constexpr std::size_t kMaxSlabs = 256;

  explicit SlotDirectory(std::uint32_t scheduler) noexcept : scheduler_(scheduler) {}

  [[nodiscard]] std::uint32_t scheduler() const noexcept { return scheduler_; }

  // Ordinary threads, one at a time. The slab outlives the directory's users.
  void add(std::uint32_t number, Slab& slab) noexcept {
    check(number < kMaxSlabs, "a scheduler has at most 256 slabs");
    slabs_[number].store(&slab, std::memory_order_release);
  }

  [[nodiscard]] static SlotId id(std::uint32_t slab, std::uint32_t index) noexcept {
    return (slab << kSlotBits) | index;
  }
  // Precondition: a slot there is.
  [[nodiscard]] TaskSlot& operator[](SlotId id) const noexcept {
    Slab* slab = slabs_[id >> kSlotBits].load(std::memory_order_acquire);
    return (*slab)[id & ((1U << kSlotBits) - 1)];
  }

  [[nodiscard]] TaskHandle handle(SlotId id, std::uint32_t generation) const noexcept {
    return {scheduler_, id, generation};
  }
  // The place a handle of this scheduler speaks of; kInvalidArgument for any other.
  struct Place {
    TaskSlot* slot = nullptr;
    SlotId id = kNoSlot;
    std::uint32_t generation = 0;
  };
  [[nodiscard]] Result<Place> place(TaskHandle handle) const noexcept;

 private:
  const std::uint32_t scheduler_;
  std::array<std::atomic<Slab*>, kMaxSlabs> slabs_{};
};

}  // namespace aegis::executor
