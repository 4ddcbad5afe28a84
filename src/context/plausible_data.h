// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// Overwrites the tensor with seeded data of its type: see ExecutionContext::fill_inputs. Linear in
// its size.
void fill_with_plausible_data(ElementType type, std::span<std::byte> tensor, std::uint64_t seed);

// value / 1024 as IEEE 754 binary16, exactly; value in [-1024, 1024].
[[nodiscard]] std::uint16_t half_of_1024ths(int value) noexcept;

}  // namespace aegis::context
