// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/runtime_backend.h"

#include <cstdint>

#include <fmt/format.h>

namespace aegis::context {

namespace {

Error refused(ErrorCode code, const char* text, const std::string& detail) {
  return Error::permanent(code, text).with_detail(detail);
}

Status check_spans(const char* kind, const std::vector<TensorDescription>& tensors,
                   const std::vector<std::span<std::byte>>& spans) {
  constexpr auto kCode = ErrorCode::kInvalidArgument;
  if (tensors.size() != spans.size()) {
    return fail(
        refused(kCode, "binding has a wrong number of tensors",
                fmt::format("{} {}s bound, the model has {}", spans.size(), kind, tensors.size())));
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorDescription& tensor = tensors[i];
    if (spans[i].size() != tensor.size_bytes()) {
      return fail(refused(kCode, "bound tensor has a wrong size",
                          fmt::format("{} '{}' is {} bytes, bound to {}", kind, tensor.name,
                                      tensor.size_bytes(), spans[i].size())));
    }
    if (reinterpret_cast<std::uintptr_t>(spans[i].data()) % kTensorAlignment != 0) {
      return fail(refused(kCode, "bound tensor is not aligned to 64 bytes",
                          fmt::format("{} '{}'", kind, tensor.name)));
    }
  }
  return ok();
}

}  // namespace

std::size_t size_of(ElementType type) noexcept {
  switch (type) {
    case ElementType::kInt64:
      return 8;
    case ElementType::kFloat32:
    case ElementType::kInt32:
      return 4;
    case ElementType::kFloat16:
      return 2;
    case ElementType::kInt8:
    case ElementType::kUint8:
    case ElementType::kBool:
      return 1;
  }
  return 0;
}

std::string_view to_string(ElementType type) noexcept {
  switch (type) {
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kFloat16:
      return "float16";
    case ElementType::kInt64:
      return "int64";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt8:
      return "int8";
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kBool:
      return "bool";
  }
  return "unknown";
}

std::size_t TensorDescription::size_bytes() const noexcept {
  std::size_t bytes = size_of(type);
  for (const std::int64_t extent : shape) bytes *= static_cast<std::size_t>(extent);
  return bytes;
}

Status check_shape(const TensorDescription& tensor, std::span<const std::string> symbols) {
  std::size_t bytes = size_of(tensor.type);
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] <= 0) {
      const std::string symbol =
          i < symbols.size() && !symbols[i].empty() ? fmt::format(" ('{}')", symbols[i]) : "";
      return fail(
          refused(ErrorCode::kUnsupported, "model has a dynamic shape; export it with fixed ones",
                  fmt::format("tensor '{}' has dynamic dimension {}{}", tensor.name, i, symbol)));
    }
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(tensor.shape[i]), &bytes) ||
        bytes > kLargestTensorBytes) {
      return fail(refused(ErrorCode::kOutOfRange, "tensor is larger than 4 GiB", tensor.name));
    }
  }
  return ok();
}

Status check_binding(const ModelDescription& model, const Binding& binding) {
  if (Status inputs = check_spans("input", model.inputs, binding.inputs); !inputs) return inputs;
  if (Status outputs = check_spans("output", model.outputs, binding.outputs); !outputs) {
    return outputs;
  }
  if (binding.arena.size() >= model.memory.activations &&
      reinterpret_cast<std::uintptr_t>(binding.arena.data()) % kTensorAlignment == 0) {
    return ok();
  }
  return fail(refused(ErrorCode::kInvalidArgument, "arena does not hold the model's activations",
                      fmt::format("{}: {} of {} bytes", model.name, binding.arena.size(),
                                  model.memory.activations)));
}

}  // namespace aegis::context
