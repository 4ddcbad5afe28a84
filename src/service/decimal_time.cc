// SPDX-License-Identifier: Apache-2.0
#include "decimal_time.h"

#include <algorithm>

#include <fmt/format.h>

#include "aegis/base/check.h"
#include "aegis/base/wide_integer.h"

#include "plain_text.h"

namespace aegis::service {

namespace {

// With at most 18 digits the number is below 10^18, and times a unit of at most 100 days (< 10^16
// ns) below 2^127.
constexpr std::size_t kMostDigits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits without leading zeros of the whole part and trailing zeros of the fraction, which
// change nothing.
struct Digits {
  std::string_view whole;
  std::string_view fraction;
};

std::optional<Digits> split(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  Digits digits{text.substr(0, point), text.substr(std::min(point + 1, text.size()))};
  const bool all_digits =
      std::ranges::all_of(digits.whole, is_digit) && std::ranges::all_of(digits.fraction, is_digit);
  if (!all_digits || digits.whole.size() + digits.fraction.size() == 0) return std::nullopt;
  while (digits.whole.starts_with('0')) digits.whole.remove_prefix(1);
  while (digits.fraction.ends_with('0')) digits.fraction.remove_suffix(1);
  return digits;
}

}  // namespace

Result<Duration, std::string> parse_decimal_time(std::string_view text, Duration unit) {
  check(unit > Duration::zero() && unit <= kLongestDecimalTime, "a unit of time is in its range");
  const std::optional<Digits> digits = split(text);
  if (!digits) {
    return fail(fmt::format("expected a non-negative decimal number; found {}", in_quotes(text)));
  }
  const std::string too_long = fmt::format("longer than 100 days: {}", in_quotes(text));
  const std::string too_fine = fmt::format("finer than one nanosecond: {}", in_quotes(text));
  if (digits->whole.size() > kMostDigits) return fail(too_long);
  if (digits->whole.size() + digits->fraction.size() > kMostDigits) return fail(too_fine);
  Int128 number = 0;
  Int128 scale = 1;
  for (const char digit : digits->whole) number = number * 10 + (digit - '0');
  for (const char digit : digits->fraction) {
    number = number * 10 + (digit - '0');
    scale *= 10;
  }
  const Int128 scaled = number * unit.ns();
  if (scaled / scale > kLongestDecimalTime.ns()) return fail(too_long);
  if (scaled % scale != 0) return fail(too_fine);
  return Duration::nanoseconds(static_cast<std::int64_t>(scaled / scale));
}

}  // namespace aegis::service
