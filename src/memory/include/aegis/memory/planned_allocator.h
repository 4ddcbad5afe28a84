// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/memory/allocation_log.h"
#include "aegis/memory/offset_plan.h"

namespace aegis::memory {

// Serves the allocations of one segment from its plan, run after run, and holds the segment to the
// log that the plan was made from.
//
//   PlannedAllocator activations = *PlannedAllocator::plan(log);
//   activations.place(arena);                    // at least needed_bytes()
//   activations.begin();
//   ... allocate(bytes) ... release(address) ...
//   activations.end(completed);                  // an error: the run was not the planned one
//
// Invariants:
// 1. Two buffers alive at once never share a byte. The plan (checked when it is made) says so for
//    the logged order of requests, and an address is only given out while every request so far was
//    the logged one.
// 2. Whatever is asked, no address outside [arena, arena + needed_bytes()) is given out.
//
// Real-time, but for plan(): no allocation, no lock; O(1) a request. One thread at a time; the lane
// is that thread.
class PlannedAllocator {
 public:
  // Plans by first fit and has the plan checked.
  [[nodiscard]] static Result<PlannedAllocator> plan(AllocationLog log);

  [[nodiscard]] std::size_t needed_bytes() const noexcept { return plan_.height; }
  [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }  // no plan is lower
  [[nodiscard]] std::size_t scratch_bytes() const noexcept { return scratch_bytes_; }  // largest
  [[nodiscard]] std::size_t buffer_count() const noexcept { return plan_.offsets.size(); }

  // From the next run on. At least needed_bytes(), aligned.
  void place(std::span<std::byte> arena) noexcept;
  // The arena goes away: from the next run on nothing is served until place() is called again.
  void withdraw() noexcept { arena_ = nullptr; }

  // A run begins: the next request is the first of the log.
  void begin() noexcept;
  // Null: not what the plan foresees here. The caller serves the request from elsewhere, so that
  // the runtime can finish; end() reports it.
  [[nodiscard]] std::byte* allocate(std::size_t bytes) noexcept;
  // False: not an address of the arena.
  bool release(const void* address) noexcept;
  // `completed`: the run went well. One that was cancelled or failed may end anywhere and release
  // what it holds in any order; one that completed has made every request of the log. Otherwise
  // permanent kDeviation, saying at which request and what was expected.
  [[nodiscard]] Status end(bool completed) noexcept;

  // Requests that were not served from the arena, ever.
  [[nodiscard]] std::uint64_t unplanned_allocations() const noexcept { return unplanned_; }

 private:
  PlannedAllocator(AllocationLog log, OffsetPlan plan, const std::vector<Buffer>& buffers);
  [[nodiscard]] bool expects(AllocationStep::Kind kind) const noexcept;
  void note_deviation(AllocationStep::Kind asked, std::size_t bytes) noexcept;

  struct Deviation {
    std::size_t step = 0;
    AllocationStep::Kind asked = AllocationStep::Kind::kAllocate;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Status deviated(const Deviation& how) const noexcept;

  AllocationLog log_;
  OffsetPlan plan_;
  std::size_t peak_bytes_ = 0;
  std::size_t scratch_bytes_ = 0;
  std::byte* arena_ = nullptr;

  std::size_t next_ = 0;  // step of the log
  std::optional<Deviation> deviation_;
  bool out_of_order_ = false;  // releases only: forgiven if the run did not complete
  std::uint64_t unplanned_ = 0;
};

}  // namespace aegis::memory
