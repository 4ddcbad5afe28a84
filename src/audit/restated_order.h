// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "aegis/trace/declaration.h"

namespace aegis::audit {

// The policies once more, from their definitions, for the audit alone. Smaller runs first:
//
//   np_edf   absolute deadline: arrival + D         Jeffay, Stanat, Martel 1991
//   rm       period                                 Liu, Layland 1973
//   dm       relative deadline                      Leung, Whitehead 1982
//   static   the declared priority
//   fifo     arrival
//
// Nothing for a policy that is not known by this name.
[[nodiscard]] std::optional<std::int64_t> restated_key(std::string_view policy,
                                                       std::int64_t arrival_ns,
                                                       const trace::TaskDeclaration& task);

// Where a job stands among others: by key, then by arrival, then by task, then by number.
struct Standing {
  std::int64_t key = 0;
  std::int64_t arrival_ns = 0;
  std::uint32_t task = 0;
  std::uint64_t job = 0;
  auto operator<=>(const Standing&) const = default;
};

}  // namespace aegis::audit
