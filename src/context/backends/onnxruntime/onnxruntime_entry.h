// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// "onnxruntime". Options: `library`, the path of libonnxruntime.so (default: the one found when
// AegisRT was built). Built without ONNX Runtime's header, create() refuses with that reason.
[[nodiscard]] BackendEntry onnxruntime_backend_entry();

}  // namespace aegis::context
