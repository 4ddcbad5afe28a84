// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <onnxruntime_c_api.h>

namespace aegis::context {

// Owns one object of the C API. Its release function is a member of the OrtApi table, hence a value
// here and not a type.
template <class T>
using Handle = std::unique_ptr<T, void(ORT_API_CALL*)(T*)>;

}  // namespace aegis::context
