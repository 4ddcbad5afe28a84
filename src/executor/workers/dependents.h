// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "slot_directory.h"
#include "task_slot.h"

namespace aegis::executor {

// Who follows a task: a list through its followers' slots, closed by its end.
//
//   before.first_dependent -> follower, link 0 -> other follower, link 2 -> nobody
//
// A link is a slot and one of its kMaxLinks places, since a follower of several tasks stands in
// several lists at once.
//
// Invariant: each link is added to exactly one list or refused, and whoever closes a list meets
// every link added to it exactly once. (Adding is a push that fails once the list is closed;
// closing takes the whole list at once.) Lock-free; neither allocates.
class Dependents {
 public:
  using Link = std::uint32_t;
  static constexpr Link kNobody = kNoLink;
  static constexpr Link kClosed = 0xfffffffe;

  static Link link(SlotId follower, std::size_t place) noexcept {
    return (follower << 3U) | static_cast<Link>(place);
  }
  static SlotId follower(Link link) noexcept { return link >> 3U; }
  static std::size_t place(Link link) noexcept { return link & 7U; }

  // Any thread that has `before` pinned and marked (SlotState::pin with follows). False: it has
  // ended and its list is closed.
  [[nodiscard]] static bool add(TaskSlot& before, TaskSlot& follower, Link link) noexcept {
    Link first = before.first_dependent.load(std::memory_order_acquire);
    do {
      if (first == kClosed) return false;
      follower.next_link[place(link)] = first;
    } while (!before.first_dependent.compare_exchange_weak(first, link, std::memory_order_acq_rel,
                                                           std::memory_order_acquire));
    return true;
  }

  // Whoever ended it: the first link. The next one is in the follower's slot; read it before the
  // follower is let go.
  [[nodiscard]] static Link close(TaskSlot& ended) noexcept {
    return ended.first_dependent.exchange(kClosed, std::memory_order_acq_rel);
  }
};

static_assert(TaskSlot::kMaxLinks == 8, "three bits of a link name its place");
static_assert(kSlotBits + 8 + 3 <= 31,
              "a link is 31 bits: 8 of the slab, then the slot, its place");

}  // namespace aegis::executor
