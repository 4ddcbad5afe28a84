// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/planned_allocator.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/memory/host_region.h"
#include "aegis/memory/lifetime.h"

namespace aegis::memory {

Result<PlannedAllocator> PlannedAllocator::plan(AllocationLog log) {
  const std::vector<Buffer> buffers = lifetimes_of(log);
  OffsetPlan plan = plan_first_fit(buffers);
  if (const Status valid = check_plan(buffers, plan); !valid) return fail(valid.error());
  return PlannedAllocator(std::move(log), std::move(plan), buffers);
}

PlannedAllocator::PlannedAllocator(AllocationLog log, OffsetPlan plan,
                                   const std::vector<Buffer>& buffers)
    : log_(std::move(log)), plan_(std::move(plan)), peak_bytes_(memory::peak_bytes(buffers)) {
  for (const Buffer& buffer : buffers) {
    if (buffer.scratch) scratch_bytes_ = std::max(scratch_bytes_, occupied(buffer.bytes));
  }
}

void PlannedAllocator::place(std::span<std::byte> arena) noexcept {
  check(arena.size() >= needed_bytes(), "an arena holds the whole plan");
  arena_ = arena.data();
}

void PlannedAllocator::begin() noexcept {
  next_ = 0;
  deviation_.reset();
  out_of_order_ = false;
}

std::byte* PlannedAllocator::allocate(std::size_t bytes) noexcept {
  const bool planned = arena_ != nullptr && !deviation_ && !out_of_order_ &&
                       expects(AllocationStep::Kind::kAllocate) && log_.steps[next_].bytes == bytes;
  if (!planned) {
    note_deviation(AllocationStep::Kind::kAllocate, bytes);
    ++unplanned_;
    return nullptr;
  }
  return arena_ + plan_.offsets[log_.steps[next_++].buffer];
}

bool PlannedAllocator::release(const void* address) noexcept {
  const auto* at = static_cast<const std::byte*>(address);
  // std::less: a total order over all pointers, also those of other memory.
  const std::less<const std::byte*> before;
  if (arena_ == nullptr || before(at, arena_) || !before(at, arena_ + needed_bytes())) return false;
  const bool planned = !out_of_order_ && expects(AllocationStep::Kind::kRelease) &&
                       arena_ + plan_.offsets[log_.steps[next_].buffer] == at;
  if (planned) {
    ++next_;
  } else {
    out_of_order_ = true;
  }
  return true;
}

Status PlannedAllocator::end(bool completed) noexcept {
  if (completed && next_ != log_.steps.size()) note_deviation(AllocationStep::Kind::kRelease, 0);
  return deviation_ ? deviated(*deviation_) : ok();
}

bool PlannedAllocator::expects(AllocationStep::Kind kind) const noexcept {
  return next_ < log_.steps.size() && log_.steps[next_].kind == kind;
}

// The first one is kept: what follows it is a consequence.
void PlannedAllocator::note_deviation(AllocationStep::Kind asked, std::size_t bytes) noexcept {
  if (!deviation_) deviation_ = Deviation{.step = next_, .asked = asked, .bytes = bytes};
}

Status PlannedAllocator::deviated(const Deviation& how) const noexcept {
  std::array<char, Error::kDetailCapacity> words{};
  const bool beyond = how.step >= log_.steps.size();
  const bool wants_allocation =
      !beyond && log_.steps[how.step].kind == AllocationStep::Kind::kAllocate;
  std::array<char, 48> asked{};
  if (how.asked == AllocationStep::Kind::kAllocate) {
    std::snprintf(asked.data(), asked.size(), "allocates %zu bytes", how.bytes);
  } else {
    std::snprintf(asked.data(), asked.size(), "ends or releases out of order");
  }
  std::snprintf(words.data(), words.size(), "request %zu of %zu: %s, planned: %s %zu bytes",
                how.step, log_.steps.size(), asked.data(),
                beyond             ? "nothing more,"
                : wants_allocation ? "allocate"
                                   : "release",
                beyond ? std::size_t{0} : log_.steps[how.step].bytes);
  return fail(Error::permanent(ErrorCode::kDeviation,
                               "model asked for memory otherwise than its plan foresees")
                  .with_detail(words.data()));
}

}  // namespace aegis::memory
