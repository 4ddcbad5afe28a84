// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aegis/base/result.h"
#include "aegis/base/time.h"

namespace aegis {

// Reads "20ms", "1.5 us", "0.25s", "300 ns", "2min": a non-negative decimal number and a unit (ns,
// us, µs, ms, s, min), exactly. Refuses a missing unit, a sign, more digits than a nanosecond
// resolves, and more than 100 years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// Shortest exact-looking text for people: "20 ms", "1.500 us", "0 ns", "-3.25 ms"; at most four
// significant digits unless the value is a whole number of its unit.
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace aegis
