// SPDX-License-Identifier: Apache-2.0
//
// The smallest loadable backend. Built twice: as it should be, and claiming another ABI.
#include "aegis/context/runtime_backend.h"

namespace {

using namespace aegis;
using namespace aegis::context;

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

extern "C" {
extern const BackendEntry aegis_backend_entry;
const BackendEntry aegis_backend_entry{AEGIS_TEST_MODULE_ABI, "from_module", create};
}
