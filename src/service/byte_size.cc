// SPDX-License-Identifier: Apache-2.0
#include "byte_size.h"

#include <array>
#include <charconv>

namespace aegis::service {

namespace {

struct Unit {
  std::string_view prefix;
  std::size_t bytes;
};
constexpr std::array<Unit, 9> kUnits{{{"", 1},
                                      {"k", 1'000},
                                      {"M", 1'000'000},
                                      {"G", 1'000'000'000},
                                      {"T", 1'000'000'000'000},
                                      {"Ki", 1ULL << 10},
                                      {"Mi", 1ULL << 20},
                                      {"Gi", 1ULL << 30},
                                      {"Ti", 1ULL << 40}}};

std::optional<std::size_t> unit_bytes(std::string_view name) {
  if (name.ends_with('B')) name.remove_suffix(1);
  for (const Unit& unit : kUnits) {
    if (unit.prefix == name) return unit.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> parse_byte_size(std::string_view text) {
  std::size_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  const std::optional<std::size_t> unit = unit_bytes(text);
  std::size_t bytes = 0;
  if (!unit || __builtin_mul_overflow(count, *unit, &bytes)) return std::nullopt;
  return bytes;
}

}  // namespace aegis::service
