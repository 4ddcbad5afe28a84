// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// "mock": a MockBackend on the monotonic clock. It takes no options of its own; models do.
[[nodiscard]] BackendEntry mock_backend_entry();

}  // namespace aegis::context
