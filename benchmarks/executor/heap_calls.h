// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace aegis::benchmarks {

// How often any thread has asked the heap for memory since the program began: malloc and its
// relatives, counted in front of the C library's. Whether it can be counted here (glibc only).
[[nodiscard]] std::uint64_t heap_calls() noexcept;
[[nodiscard]] bool heap_calls_are_counted() noexcept;

}  // namespace aegis::benchmarks
