// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aegis::service {

inline constexpr std::size_t kColumns = 96;  // of text on a terminal

// `text` behind what `line` holds already, broken between words; continued lines begin at `indent`.
// Ends with a newline.
[[nodiscard]] std::string wrapped(std::string line, std::string_view text, std::size_t indent);

}  // namespace aegis::service
