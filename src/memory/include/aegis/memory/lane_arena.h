// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aegis/base/result.h"

namespace aegis::memory {

class LaneArena;

// A model's right to the first `bytes` of its lane's arena; ends with this object. Moves; the
// address stays.
class ArenaShare {
 public:
  ArenaShare() = default;  // of nothing
  ~ArenaShare();
  ArenaShare(ArenaShare&& other) noexcept;
  ArenaShare& operator=(ArenaShare&& other) noexcept;

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  friend class LaneArena;
  ArenaShare(LaneArena& arena, std::span<std::byte> bytes) : arena_(&arena), bytes_(bytes) {}
  LaneArena* arena_ = nullptr;
  std::span<std::byte> bytes_;
};

// The one activation arena of a lane. Segments on a lane never overlap, and no model keeps anything
// in the arena between two of its segments, so all models of the lane use the same bytes and the
// arena is as large as its largest model:
//
//   detector  ██████████                   size of the arena: the longest bar,
//   tracker   ████                         not their sum
//   planner   ███████
//
// It begins at one address for ever: growing takes more pages behind it, so a model can arrive
// while the others run. Pages are written once and locked where the system allows it, as a
// HostRegion's. Shrinking, when the largest model leaves, gives them back.
//
// Slow path, one thread at a time; lanes may run meanwhile. Outlives its shares.
class LaneArena {
 public:
  // Addresses, not memory. More than a CPU touches within any deadline we know of: at 100 GB/s,
  // once over 4 GiB takes 43 ms.
  static constexpr std::size_t kReservedBytes = std::size_t{4} << 30;

  // `reserved_bytes` is halved until the system grants it (a limit on addresses, `ulimit -v`).
  // kResourceExhausted when there is not even room for one page.
  [[nodiscard]] static Result<LaneArena> reserve(std::size_t reserved_bytes = kReservedBytes);
  ~LaneArena();
  LaneArena(LaneArena&& other) noexcept;
  LaneArena& operator=(LaneArena&&) = delete;

  // Grows the arena if this is its largest share so far. kResourceExhausted: beyond the reserved
  // addresses, or the system has no more memory; the arena is then as it was.
  [[nodiscard]] Result<ArenaShare> share(std::size_t bytes);

  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_; }
  [[nodiscard]] bool page_locked() const noexcept { return page_locked_; }

  // Fills the arena with a pattern that is a NaN in every float format and far out of range as an
  // index: whoever reads what it has not written is found out. For tests, while no segment runs.
  void poison() const noexcept;

 private:
  friend class ArenaShare;
  explicit LaneArena(std::span<std::byte> reserved) : reserved_(reserved) {}
  [[nodiscard]] Status grow(std::size_t bytes);
  void shrink(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept;

  std::span<std::byte> reserved_;
  std::size_t size_ = 0;             // of the readable part, whole pages
  std::vector<std::size_t> shares_;  // bytes of each
  bool page_locked_ = true;
};

}  // namespace aegis::memory
