// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <utility>

#include <onnxruntime_c_api.h>

#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// The element types that both sides know; anything else is refused at load.
inline constexpr std::array<std::pair<ONNXTensorElementDataType, ElementType>, 7> kElementTypes{
    {{ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, ElementType::kFloat32},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, ElementType::kFloat16},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, ElementType::kInt64},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, ElementType::kInt32},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, ElementType::kInt8},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, ElementType::kUint8},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, ElementType::kBool}}};

constexpr std::optional<ElementType> our_type(ONNXTensorElementDataType type) noexcept {
  for (const auto& [theirs, ours] : kElementTypes) {
    if (theirs == type) return ours;
  }
  return std::nullopt;
}

constexpr ONNXTensorElementDataType their_type(ElementType type) noexcept {
  for (const auto& [theirs, ours] : kElementTypes) {
    if (ours == type) return theirs;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

}  // namespace aegis::context
