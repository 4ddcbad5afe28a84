// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace aegis::service {

// Reads a whole number of bytes: "4096", "500kB", "64MiB", "1 GiB"; the final B may be left out. k,
// M, G, T are powers of 1000; Ki, Mi, Gi, Ti powers of 1024. Nothing for anything else: a sign, a
// fraction, "KB" (1000 or 1024?), "64mb", or more than fits into std::size_t.
[[nodiscard]] std::optional<std::size_t> parse_byte_size(std::string_view text);

}  // namespace aegis::service
