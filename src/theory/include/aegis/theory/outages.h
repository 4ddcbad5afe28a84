// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/theory/supply_bound.h"

namespace aegis::theory {

// A time in which a lane does nothing, whatever waits: [begin, end()).
struct Outage {
  TimePoint begin;
  Duration length;  // > 0
  [[nodiscard]] constexpr TimePoint end() const { return begin + length; }
  constexpr auto operator<=>(const Outage&) const = default;
};

// Whether the list is one the simulator takes: in order, none before 0, each longer than nothing
// and begun after the end of the one before (two that touch are one), all within kLargestSum.
// kInvalidArgument otherwise. O(n).
[[nodiscard]] Status validate(const std::vector<Outage>& outages);

// Whether no window of the supply's length, wherever it lies, loses more than the supply says;
// validate() of both first. Exact, and O(n): sliding a window until it begins with an outage never
// makes it lose less, so only those windows are looked at.
[[nodiscard]] Status allowed_by(const Supply& supply, const std::vector<Outage>& outages);

// The worst that can happen from `start` on, for every interval that begins there at once: the
// first `lost` of each window (supply_bound.h), for all windows that begin before `end` after the
// start.
//
//   2 ms in any 10 ms, from 5 ms, 20 ms long:     ##........##........
//                                                 5         15        25
//
// Preconditions: validate(supply), start >= 0, end >= 0, all within kLargestSum. One outage a
// window; none of a full supply.
[[nodiscard]] std::vector<Outage> front_loaded_outages(const Supply& supply, TimePoint start,
                                                       Duration end);

// Outages a supply allows, that begin before `end`, the same for the same seed on every machine:
// every other one as long as the bound lets it be, some as soon as the bound lets them begin.
// Preconditions: as above. O(n) times the outages one window can hold.
[[nodiscard]] std::vector<Outage> random_outages(const Supply& supply, Duration end,
                                                 std::uint64_t seed);

}  // namespace aegis::theory
