// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "backends/onnxruntime/runtime_library.h"
#include "backends/onnxruntime/tensor_types.h"

namespace aegis::context {

enum class TensorSide : std::uint8_t { kInputs, kOutputs };

// What a session reads or writes. kUnsupported, naming tensor and dimension or type, for a dynamic
// shape, something that is no tensor, and an element type of no use here; `file` is named in every
// error.
[[nodiscard]] Result<std::vector<TensorDescription>> read_tensors(const RuntimeLibrary& runtime,
                                                                  const OrtSession& session,
                                                                  TensorSide side,
                                                                  std::string_view file);

}  // namespace aegis::context
