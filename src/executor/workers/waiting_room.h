// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"

#include "platform/futex.h"
#include "task_slot.h"

namespace aegis::executor {

// Where threads sleep until a task ends. Tasks share a few bells by slot number; a bell rung for
// another task costs a sleeper one look, and a task without waiters rings none.
//
//   waiter                                  owner of the ended task
//     bell = room.listen(slot)                state.end()           // the phase
//     if (ended) return                       if (audience.waiters) room.ring(slot)
//     room.sleep(slot, bell, until)
//
// No wake-up is lost: the waiter has the slot pinned before it listens, so an end that comes after
// its look sees the pin and rings a bell that no longer has the number listened to.
class WaitingRoom {
 public:
  [[nodiscard]] std::uint32_t listen(SlotId slot) const noexcept {
    return bell(slot).load(std::memory_order_acquire);
  }
  // Also returns early without cause. A system call.
  void sleep(SlotId slot, std::uint32_t heard, TimePoint until) noexcept {
    platform::wait_on(bell(slot), heard, until);
  }
  // A system call.
  void ring(SlotId slot) noexcept {
    bell(slot).fetch_add(1, std::memory_order_acq_rel);
    platform::wake_all(bell(slot));
  }

 private:
  static constexpr std::size_t kBells = 64;
  struct alignas(kCacheLine) Bell {
    std::atomic<std::uint32_t> rung{0};
  };
  [[nodiscard]] std::atomic<std::uint32_t>& bell(SlotId slot) noexcept {
    return bells_[slot % kBells].rung;
  }
  [[nodiscard]] const std::atomic<std::uint32_t>& bell(SlotId slot) const noexcept {
    return bells_[slot % kBells].rung;
  }
  std::array<Bell, kBells> bells_{};
};

}  // namespace aegis::executor
