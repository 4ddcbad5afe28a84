// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/offset_plan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

#include "aegis/base/wide_integer.h"
#include "aegis/memory/host_region.h"

namespace aegis::memory {

namespace {

using Order = std::vector<std::size_t>;

bool alive_together(const Buffer& a, const Buffer& b) {
  return a.lower < b.upper && b.lower < a.upper;
}

// The lowest gap that holds the buffer, between those placed that are alive with it.
std::size_t lowest_offset(const std::vector<Buffer>& buffers, const OffsetPlan& plan,
                          const Order& placed, std::size_t newcomer) {
  std::vector<std::pair<std::size_t, std::size_t>> taken;  // [begin, end)
  for (const std::size_t other : placed) {
    if (!alive_together(buffers[other], buffers[newcomer])) continue;
    taken.emplace_back(plan.offsets[other], plan.offsets[other] + occupied(buffers[other].bytes));
  }
  std::ranges::sort(taken);
  const std::size_t size = occupied(buffers[newcomer].bytes);
  std::size_t offset = 0;
  for (const auto& [begin, end] : taken) {
    if (begin >= offset + size) break;
    offset = std::max(offset, end);
  }
  return offset;
}

OffsetPlan place(const std::vector<Buffer>& buffers, const Order& order) {
  OffsetPlan plan{.offsets = std::vector<std::size_t>(buffers.size()), .height = 0};
  Order placed;
  placed.reserve(order.size());
  for (const std::size_t buffer : order) {
    plan.offsets[buffer] = lowest_offset(buffers, plan, placed, buffer);
    plan.height = std::max(plan.height, plan.offsets[buffer] + occupied(buffers[buffer].bytes));
    placed.push_back(buffer);
  }
  return plan;
}

}  // namespace

OffsetPlan plan_first_fit(const std::vector<Buffer>& buffers) {
  const auto size = [&](std::size_t i) { return Int128{buffers[i].bytes}; };
  const auto area = [&](std::size_t i) {
    return size(i) * Int128{buffers[i].upper - buffers[i].lower};
  };
  Order earliest(buffers.size());
  std::iota(earliest.begin(), earliest.end(), std::size_t{0});
  std::ranges::sort(earliest, {}, [&](std::size_t i) { return std::pair(buffers[i].lower, i); });
  Order largest = earliest;
  std::ranges::sort(largest, {}, [&](std::size_t i) { return std::pair(-size(i), i); });
  Order widest = earliest;
  std::ranges::sort(widest, {}, [&](std::size_t i) { return std::pair(-area(i), i); });

  OffsetPlan best = place(buffers, largest);
  for (const Order* order : std::array{&widest, &earliest}) {
    OffsetPlan plan = place(buffers, *order);
    if (plan.height < best.height) best = std::move(plan);
  }
  return best;
}

}  // namespace aegis::memory
