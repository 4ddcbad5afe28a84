// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aegis/base/result.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::scheduler {

// A hash (XXH3, 128 bits, hexadecimal) of everything in a load request that decides how long the
// model runs: the bytes of its parts in order, and the backend options. Names and budgets do not.
// Reads the files; slow path.
[[nodiscard]] Result<std::string> content_hash(const context::LoadRequest& request);

}  // namespace aegis::scheduler
