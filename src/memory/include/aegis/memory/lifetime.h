// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aegis/memory/allocation_log.h"

namespace aegis::memory {

// A buffer as a planner sees it: a rectangle whose width in time is fixed and whose place in memory
// is to be found. Alive in [lower, upper), half-open, in steps of its run.
struct Buffer {
  std::uint32_t lower = 0;
  std::uint32_t upper = 0;
  std::size_t bytes = 0;
  // Released before anything else was allocated: the working space of one kernel, as opposed to a
  // tensor that a later kernel reads. (A tensor that only the model's output is computed from looks
  // the same: it counts as scratch, too.)
  bool scratch = false;
  bool operator==(const Buffer&) const = default;
};

// The buffers of a run, by their number. Linear in the log, which must be one of an
// AllocationRecorder (each release follows its allocation, nothing is left).
[[nodiscard]] std::vector<Buffer> lifetimes_of(const AllocationLog& log);

// The most bytes alive at once: no plan can be lower. Sizes count as aligned.
[[nodiscard]] std::size_t peak_bytes(const std::vector<Buffer>& buffers);

}  // namespace aegis::memory
