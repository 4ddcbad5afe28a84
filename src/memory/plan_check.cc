// SPDX-License-Identifier: Apache-2.0
//
// The judge of offset plans: the definition, pair by pair.
#include <array>
#include <cstdio>

#include "aegis/memory/host_region.h"
#include "aegis/memory/offset_plan.h"

namespace aegis::memory {

namespace {

Status wrong(const char* text, std::size_t one, std::size_t other) {
  std::array<char, 64> words{};
  std::snprintf(words.data(), words.size(), "buffers %zu and %zu", one, other);
  return fail(Error::permanent(ErrorCode::kInternal, text).with_detail(words.data()));
}

}  // namespace

Status check_plan(const std::vector<Buffer>& buffers, const OffsetPlan& plan) {
  if (plan.offsets.size() != buffers.size()) {
    return wrong("a plan has one offset a buffer", buffers.size(), plan.offsets.size());
  }
  // A buffer of no bytes needs an address of its own all the same.
  const auto end_of = [&](std::size_t i) {
    return plan.offsets[i] + (buffers[i].bytes == 0 ? 1 : buffers[i].bytes);
  };
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (plan.offsets[i] % kAlignment != 0) return wrong("a buffer is not aligned", i, i);
    if (plan.offsets[i] >= plan.height || buffers[i].bytes > plan.height - plan.offsets[i]) {
      return wrong("a buffer reaches beyond the arena", i, i);
    }
    for (std::size_t j = 0; j < i; ++j) {
      const bool one_ends_first = buffers[i].upper <= buffers[j].lower;
      const bool other_ends_first = buffers[j].upper <= buffers[i].lower;
      const bool one_is_below = end_of(i) <= plan.offsets[j];
      const bool other_is_below = end_of(j) <= plan.offsets[i];
      if (!one_ends_first && !other_ends_first && !one_is_below && !other_is_below) {
        return wrong("two buffers share memory while both are alive", j, i);
      }
    }
  }
  return ok();
}

}  // namespace aegis::memory
