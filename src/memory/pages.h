// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "aegis/base/result.h"

namespace aegis::memory {

// Writable pages, from now on in memory: each is touched, and locked where the system allows it
// (the result). kResourceExhausted when the system has no more memory; asked page by page as the
// kernel is (MADV_POPULATE_WRITE, Linux 5.14), that is an answer and not a signal.
[[nodiscard]] Result<bool> keep_in_memory(std::span<std::byte> pages);

}  // namespace aegis::memory
