// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace aegis::executor {

// Data that different threads write stay this far apart: one line of today's x86-64 and most arm64
// machines. Too small would cost speed, never correctness.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace aegis::executor
