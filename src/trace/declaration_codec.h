// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "aegis/trace/declaration.h"

namespace aegis::trace {

// A declaration as the payload of its block: one byte for its kind, then its fields in the order of
// the struct.
[[nodiscard]] std::vector<std::byte> encode(const Declaration& declaration);
// Nothing when the bytes are not exactly one declaration.
[[nodiscard]] std::optional<Declaration> decode_declaration(std::span<const std::byte> bytes);

}  // namespace aegis::trace
