// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <utility>

#include "backend_options.h"
#include "backends/onnxruntime/onnxruntime_entry.h"
#include "backends/onnxruntime/onnxruntime_model.h"

namespace aegis::context {

namespace {

constexpr std::array<std::string_view, 1> kOptions{"library"};

class OnnxRuntimeBackend final : public RuntimeBackend {
 public:
  explicit OnnxRuntimeBackend(std::shared_ptr<const RuntimeLibrary> runtime)
      : runtime_(std::move(runtime)) {}

  [[nodiscard]] std::string name() const override { return "onnxruntime"; }
  [[nodiscard]] std::string version() const override { return runtime_->version(); }
  [[nodiscard]] Result<std::unique_ptr<LoadedModel>> load(const LoadRequest& request) override {
    return OnnxRuntimeModel::load(runtime_, request);
  }

 private:
  std::shared_ptr<const RuntimeLibrary> runtime_;
};

Result<std::unique_ptr<RuntimeBackend>> create(const Options& options) {
  if (const Status known = refuse_unknown_options(options, kOptions); !known)
    return fail(known.error());
  const auto library = options.find("library");
  auto runtime = RuntimeLibrary::open(library != options.end() ? library->second : "");
  if (!runtime) return fail(runtime.error());
  return std::unique_ptr<RuntimeBackend>(std::make_unique<OnnxRuntimeBackend>(std::move(*runtime)));
}

}  // namespace

BackendEntry onnxruntime_backend_entry() {
  return {kBackendAbiVersion, "onnxruntime", create};
}

}  // namespace aegis::context
