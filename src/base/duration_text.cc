// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/duration_text.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "aegis/base/wide_integer.h"

namespace aegis {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
// Largest first: format_duration takes the first that fits.
constexpr std::array<Unit, 6> kUnits{{{"min", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"µs", 1'000},
                                      {"ns", 1}}};
constexpr std::int64_t kLongest =
    100LL * 366 * 86'400 * 1'000'000'000;  // 100 years; beyond it a typing error

Error refused(const char* why, std::string_view text) {
  return Error::permanent(ErrorCode::kInvalidArgument, why).with_detail(text);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::int64_t unit_ns(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return unit.ns;
  }
  return 0;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::size_t at = 0;
  Int128 digits = 0;       // the number without its point
  std::int64_t scale = 1;  // 10^(digits after the point)
  bool after_point = false;
  std::size_t digit_count = 0;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !after_point)); ++at) {
    if (text[at] == '.') {
      after_point = true;
      continue;
    }
    if (++digit_count > 20 || scale > 100'000'000'000)
      return fail(refused("duration has too many digits", text));
    digits = digits * 10 + (text[at] - '0');
    if (after_point) scale *= 10;
  }
  if (digit_count == 0)
    return fail(refused("duration must be a non-negative number with a unit, like \"20ms\"", text));
  while (at < text.size() && text[at] == ' ') ++at;
  const std::int64_t unit = unit_ns(text.substr(at));
  if (unit == 0) return fail(refused("duration needs a unit: ns, us, ms, s or min", text));
  const Int128 scaled = digits * unit;
  if (scaled % scale != 0) return fail(refused("duration is finer than one nanosecond", text));
  if (scaled / scale > kLongest) return fail(refused("duration is longer than 100 years", text));
  return Duration::nanoseconds(static_cast<std::int64_t>(scaled / scale));
}

std::string format_duration(Duration duration) {
  const std::int64_t ns = duration.ns();
  const auto magnitude =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  for (const Unit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.ns);
    if (unit.name == "min" || unit.name == "µs" || magnitude < size) continue;
    const std::string sign = ns < 0 ? "-" : "";
    if (magnitude % size == 0)
      return sign + std::to_string(magnitude / size) + " " + std::string(unit.name);
    const double value = static_cast<double>(magnitude) / static_cast<double>(size);
    const int decimals = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
    std::array<char, 48> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.*f ", decimals, value);
    return sign + buffer.data() + std::string(unit.name);
  }
  return "0 ns";
}

}  // namespace aegis
