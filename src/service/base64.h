// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aegis::service {

// Base64 with its padding (RFC 4648, section 4): bytes inside JSON.
[[nodiscard]] std::string to_base64(std::string_view bytes);

// Nothing unless `text` is exactly what to_base64 would write: no other character, no missing
// padding, no bits beyond the last byte.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace aegis::service
