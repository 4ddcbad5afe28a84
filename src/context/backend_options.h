// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "aegis/base/result.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// kInvalidArgument unless every key is known: "unknown option: 'segmets'; known: segments, seed".
[[nodiscard]] Status refuse_unknown_options(const Options& options,
                                            std::span<const std::string_view> known);

// A plain non-negative number of at most `limit`: "option is not a number in range: seed = 'x' (0
// to 9)".
[[nodiscard]] Result<std::uint64_t> number_option(
    std::string_view key, std::string_view value,
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max());

}  // namespace aegis::context
