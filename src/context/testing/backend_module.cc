// SPDX-License-Identifier: Apache-2.0
//
// The smallest loadable backend. Built twice: as it should be, and claiming another ABI.
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

namespace {

class EmptyBackend final : public RuntimeBackend {
 public:
  [[nodiscard]] std::string name() const override { return "from_module"; }
  [[nodiscard]] std::string version() const override { return "test"; }
  [[nodiscard]] Result<std::unique_ptr<LoadedModel>> load(const LoadRequest&) override {
    return fail(Error::permanent(ErrorCode::kUnsupported, "the test module loads nothing"));
  }
};

Result<std::unique_ptr<RuntimeBackend>> create(const Options& /*options*/) {
  return std::unique_ptr<RuntimeBackend>(std::make_unique<EmptyBackend>());
}

}  // namespace

}  // namespace aegis::context

extern "C" {
extern const aegis::context::BackendEntry aegis_backend_entry;
const aegis::context::BackendEntry aegis_backend_entry{AEGIS_TEST_MODULE_ABI, "from_module",
                                                       aegis::context::create};
}
