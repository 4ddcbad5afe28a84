// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "aegis/base/time.h"

namespace aegis::theory {

// The least x >= start with demand(x) = x, for a non-decreasing demand with demand(start) >= start:
// the recurrence of every response-time analysis. Nothing when x would pass `limit` or when `steps`
// evaluations, counted down over all calls that share it, do not reach it.
template <class Demand>
[[nodiscard]] std::optional<Duration> least_fixed_point(Duration start, Duration limit,
                                                        std::int64_t& steps, const Demand& demand) {
  Duration x = start;
  while (steps-- > 0 && x <= limit) {
    const Duration next = demand(x);
    if (next <= x) return x;
    x = next;
  }
  return std::nullopt;
}

}  // namespace aegis::theory
