// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/lifetime.h"

#include <algorithm>
#include <map>

#include "aegis/base/check.h"
#include "aegis/memory/host_region.h"

namespace aegis::memory {

std::vector<Buffer> lifetimes_of(const AllocationLog& log) {
  std::vector<Buffer> buffers;
  for (std::uint32_t step = 0; step < log.steps.size(); ++step) {
    const AllocationStep& at = log.steps[step];
    if (at.kind == AllocationStep::Kind::kAllocate) {
      check(at.buffer == buffers.size(), "buffers are numbered in the order of their allocation");
      buffers.push_back({.lower = step, .upper = step, .bytes = at.bytes, .scratch = false});
      continue;
    }
    Buffer& ended = buffers.at(at.buffer);
    ended.upper = step;
    ended.scratch = at.buffer + 1 == buffers.size();
  }
  return buffers;
}

std::size_t peak_bytes(const std::vector<Buffer>& buffers) {
  // Releases come before allocations at the same step: lifetimes are half-open.
  std::map<std::uint32_t, std::pair<std::size_t, std::size_t>> changes;  // step: released, taken
  for (const Buffer& buffer : buffers) {
    changes[buffer.lower].second += occupied(buffer.bytes);
    changes[buffer.upper].first += occupied(buffer.bytes);
  }
  std::size_t live = 0;
  std::size_t peak = 0;
  for (const auto& [step, change] : changes) {
    live = live + change.second - change.first;
    peak = std::max(peak, live);
  }
  return peak;
}

}  // namespace aegis::memory
