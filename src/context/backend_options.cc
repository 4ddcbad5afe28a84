// SPDX-License-Identifier: Apache-2.0
#include "backend_options.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aegis::context {

Status refuse_unknown_options(const Options& options, std::span<const std::string_view> known) {
  for (const auto& [key, value] : options) {
    if (std::ranges::find(known, key) == known.end()) {
      return fail(Error::permanent(ErrorCode::kInvalidArgument, "unknown option")
                      .with_detail(fmt::format(
                          "'{}'; known: {}", key,
                          known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")))));
    }
  }
  return ok();
}

Result<std::uint64_t> number_option(std::string_view key, std::string_view value,
                                    std::uint64_t limit) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number > limit) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "option is not a number in range")
                    .with_detail(fmt::format("{} = '{}' (0 to {})", key, value, limit)));
  }
  return number;
}

}  // namespace aegis::context
