// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/tensor_reading.h"

#include <string>

#include <fmt/format.h>

namespace aegis::context {

namespace {

constexpr const char* kText = "cannot read the model's tensors";

class TensorReader {
 public:
  TensorReader(const RuntimeLibrary& runtime, const OrtSession& session, std::string_view file)
      : runtime_(runtime), api_(runtime.api()), session_(session), file_(file) {}

  Result<std::vector<TensorDescription>> read(TensorSide side) const {
    const bool inputs = side == TensorSide::kInputs;
    std::size_t count = 0;
    const auto get_count = inputs ? api_.SessionGetInputCount : api_.SessionGetOutputCount;
    if (const Status got = check(get_count(&session_, &count)); !got) return fail(got.error());
    std::vector<TensorDescription> tensors;
    for (std::size_t i = 0; i < count; ++i) {
      Result<std::string> name =
          read_name(inputs ? api_.SessionGetInputName : api_.SessionGetOutputName, i);
      if (!name) return fail(name.error());
      Result<TensorDescription> tensor = read_type(
          inputs ? api_.SessionGetInputTypeInfo : api_.SessionGetOutputTypeInfo, i, *name);
      if (!tensor) return fail(tensor.error());
      tensors.push_back(std::move(*tensor));
    }
    return tensors;
  }

 private:
  [[nodiscard]] Status check(OrtStatus* status) const {
    return runtime_.checked(status, kText, file_);
  }

  template <class GetName>
  [[nodiscard]] Result<std::string> read_name(GetName get_name, std::size_t index) const {
    OrtAllocator* allocator = nullptr;
    if (const Status got = check(api_.GetAllocatorWithDefaultOptions(&allocator)); !got) {
      return fail(got.error());
    }
    char* raw = nullptr;
    if (const Status got = check(get_name(&session_, index, allocator, &raw)); !got) {
      return fail(got.error());
    }
    const std::string name = raw;
    allocator->Free(allocator, raw);
    return name;
  }

  template <class GetInfo>
  [[nodiscard]] Result<TensorDescription> read_type(GetInfo get_info, std::size_t index,
                                                    const std::string& name) const {
    const auto info = runtime_.make<OrtTypeInfo>(
        api_.ReleaseTypeInfo, kText, file_,
        [&](OrtTypeInfo** out) { return get_info(&session_, index, out); });
    if (!info) return fail(info.error());
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;  // borrowed from info
    if (const Status got = check(api_.CastTypeInfoToTensorInfo(info->get(), &tensor)); !got) {
      return fail(got.error());
    }
    if (tensor == nullptr) return fail(unsupported(name, "it is a sequence, a map or optional"));
    return read_tensor(*tensor, name);
  }

  [[nodiscard]] Result<TensorDescription> read_tensor(const OrtTensorTypeAndShapeInfo& info,
                                                      const std::string& name) const {
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    std::size_t rank = 0;
    if (const Status got = check(api_.GetTensorElementType(&info, &type)); !got)
      return fail(got.error());
    if (const Status got = check(api_.GetDimensionsCount(&info, &rank)); !got)
      return fail(got.error());
    std::vector<std::int64_t> shape(rank);
    std::vector<const char*> symbols(rank);
    if (const Status got = check(api_.GetDimensions(&info, shape.data(), rank)); !got) {
      return fail(got.error());
    }
    if (const Status got = check(api_.GetSymbolicDimensions(&info, symbols.data(), rank)); !got) {
      return fail(got.error());
    }
    const auto ours = our_type(type);
    if (!ours)
      return fail(unsupported(name, fmt::format("its element type is ONNX's {}", int{type})));
    TensorDescription tensor{name, *ours, std::move(shape)};
    const Status fixed =
        check_shape(tensor, std::vector<std::string>(symbols.begin(), symbols.end()));
    if (!fixed) {
      return fail(
          fixed.error().with_detail(fmt::format("{}: {}", file_, fixed.error().detail_view())));
    }
    return tensor;
  }

  [[nodiscard]] Error unsupported(const std::string& name, const std::string& why) const {
    return Error::permanent(ErrorCode::kUnsupported, "model has a tensor that is not supported")
        .with_detail(fmt::format("{}: '{}': {}", file_, name, why));
  }

  const RuntimeLibrary& runtime_;
  const OrtApi& api_;
  const OrtSession& session_;
  std::string_view file_;
};

}  // namespace

Result<std::vector<TensorDescription>> read_tensors(const RuntimeLibrary& runtime,
                                                    const OrtSession& session, TensorSide side,
                                                    std::string_view file) {
  return TensorReader(runtime, session, file).read(side);
}

}  // namespace aegis::context
