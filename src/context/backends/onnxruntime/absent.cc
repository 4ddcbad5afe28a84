// SPDX-License-Identifier: Apache-2.0
//
// The entry of a build without ONNX Runtime's header: it exists, and says why it cannot help.
#include "backends/onnxruntime/onnxruntime_entry.h"

namespace aegis::context {

namespace {

Result<std::unique_ptr<RuntimeBackend>> create(const Options& /*options*/) {
  return fail(Error::permanent(ErrorCode::kUnsupported,
                               "this AegisRT was built without ONNX Runtime; run "
                               "tools/fetch-onnxruntime.sh and configure again"));
}

}  // namespace

BackendEntry onnxruntime_backend_entry() {
  return {kBackendAbiVersion, "onnxruntime", create};
}

}  // namespace aegis::context
