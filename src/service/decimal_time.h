// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aegis/base/result.h"
#include "aegis/base/time.h"

namespace aegis::service {

// A non-negative decimal number of `unit` (> 0), exactly: "2.5" of milliseconds is 2'500'000 ns. No
// sign, no exponent, no floating point on the way. The error says what is wrong: not a number,
// finer than a nanosecond, longer than kLongestDecimalTime.
[[nodiscard]] Result<Duration, std::string> parse_decimal_time(std::string_view text,
                                                               Duration unit);

// 100 days. Task sets in abstract ticks of a second get that long; sums over 1000 such still fit
// into 64 bits.
inline constexpr Duration kLongestDecimalTime = Duration::seconds(100LL * 86'400);

}  // namespace aegis::service
