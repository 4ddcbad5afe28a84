// SPDX-License-Identifier: Apache-2.0
//
// The readers of single quantities. parse_duration and parse_decimal_time were written apart and
// agree on whatever both accept; a duration in nanoseconds, and as people read it, is read back; a
// size in bytes is read as itself.
#include <array>
#include <cmath>
#include <string>

#include "aegis/base/duration_text.h"

#include "byte_size.h"
#include "decimal_time.h"
#include "fuzz_target.h"

namespace {

using aegis::Duration;
using aegis::fuzz::require;
using aegis::fuzz::text_of;

struct Unit {
  const char* name;
  Duration length;
};
constexpr std::array<Unit, 5> kUnits{{{"ns", Duration::nanoseconds(1)},
                                      {"us", Duration::microseconds(1)},
                                      {"ms", Duration::milliseconds(1)},
                                      {"s", Duration::seconds(1)},
                                      {"min", Duration::seconds(60)}}};

void read_back(Duration duration) {
  require(duration >= Duration::zero(), "a duration is not negative");
  const std::string exact = std::to_string(duration.ns()) + "ns";
  const auto again = aegis::parse_duration(exact);
  require(again && *again == duration, "a duration in nanoseconds is read back", exact);
  const std::string shown = aegis::format_duration(duration);
  const auto about = aegis::parse_duration(shown);
  require(about.has_value(), "a duration as people read it is read", shown);
  const double error = std::abs(static_cast<double>(about->ns() - duration.ns()));
  require(error <= 1e-3 * static_cast<double>(duration.ns()), "four digits are kept", shown);
}

void compare(std::string_view number, const Unit& unit) {
  const auto decimal = aegis::service::parse_decimal_time(number, unit.length);
  const auto duration = aegis::parse_duration(std::string(number) + unit.name);
  if (!decimal) return require(!decimal.error().empty(), "a refusal says why", number);
  require(*decimal >= Duration::zero() && *decimal <= aegis::service::kLongestDecimalTime,
          "a decimal time is in its range", number);
  if (duration) require(*decimal == *duration, "two readers agree on a number", number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto duration = aegis::parse_duration(text)) read_back(*duration);
  const std::string_view number = text.substr(0, text.find_first_not_of("0123456789."));
  for (const Unit& unit : kUnits) compare(number, unit);
  if (const auto bytes = aegis::service::parse_byte_size(text)) {
    require(aegis::service::parse_byte_size(std::to_string(*bytes)) == bytes,
            "a size in bytes is read back", text);
  }
  return 0;
}
