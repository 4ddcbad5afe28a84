// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"

namespace aegis::executor {

// `start` and then `length`, or the end of time: limits come from callers, to whom Duration::max()
// means never. Real-time: a few instructions.
[[nodiscard]] constexpr TimePoint saturating_after(TimePoint start, Duration length) noexcept {
  const auto sum = Duration::checked_add(start - TimePoint{}, length);
  if (sum) return TimePoint{} + *sum;
  return length > Duration::zero() ? TimePoint::max() : TimePoint{};
}

}  // namespace aegis::executor
