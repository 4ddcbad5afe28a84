// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <utility>

#include "backend_options.h"
#include "backends/onnxruntime/onnxruntime_entry.h"
#include "backends/onnxruntime/onnxruntime_model.h"

namespace aegis::context {

namespace {

constexpr std::array<std::string_view, 2> kOptions{"library", "memory"};

class OnnxRuntimeBackend final : public RuntimeBackend {
 public:
  OnnxRuntimeBackend(std::shared_ptr<const RuntimeLibrary> runtime, bool planned)
      : runtime_(std::move(runtime)), planned_(planned) {}

  [[nodiscard]] std::string name() const override { return "onnxruntime"; }
  [[nodiscard]] std::string version() const override { return runtime_->version(); }
  [[nodiscard]] Result<std::unique_ptr<LoadedModel>> load(const LoadRequest& request) override {
    return OnnxRuntimeModel::load(runtime_, request, planned_);
  }
  [[nodiscard]] std::vector<memory::Leak> leaks() const override { return runtime_->leaks(); }

 private:
  std::shared_ptr<const RuntimeLibrary> runtime_;
  bool planned_;
};

// Who plans the memory of a run: "planned" (the default), AegisRT's, in the lane's arena;
// "runtime", ONNX Runtime's own arenas, one a segment: to compare, or for a model whose runs
// differ.
Result<bool> planned_memory(const Options& options) {
  const auto memory = options.find("memory");
  if (memory == options.end() || memory->second == "planned") return true;
  if (memory->second == "runtime") return false;
  return fail(Error::permanent(ErrorCode::kInvalidArgument, "memory is planned or runtime")
                  .with_detail(memory->second));
}

Result<std::unique_ptr<RuntimeBackend>> create(const Options& options) {
  if (const Status known = refuse_unknown_options(options, kOptions); !known)
    return fail(known.error());
  const Result<bool> planned = planned_memory(options);
  if (!planned) return fail(planned.error());
  const auto library = options.find("library");
  auto runtime = RuntimeLibrary::open(library != options.end() ? library->second : "");
  if (!runtime) return fail(runtime.error());
  return std::unique_ptr<RuntimeBackend>(
      std::make_unique<OnnxRuntimeBackend>(std::move(*runtime), *planned));
}

}  // namespace

BackendEntry onnxruntime_backend_entry() {
  return {kBackendAbiVersion, "onnxruntime", create};
}

}  // namespace aegis::context
