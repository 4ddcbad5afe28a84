// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/mock_backend.h"

#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "backend_options.h"
#include "backends/mock/mock_entry.h"
#include "backends/mock/mock_model.h"

namespace aegis::context {

namespace {

Status suffer_at_load(const MockScript& script) {
  for (const MockFault& fault : script.faults) {
    if (fault.where != MockFault::Where::kLoad) continue;
    constexpr const char* kText = "scripted error at load";
    constexpr auto kCode = ErrorCode::kBackend;
    switch (fault.what) {
      case MockFault::What::kCrash:
        std::abort();
      case MockFault::What::kTransient:
        return fail(Error::transient(kCode, kText));
      case MockFault::What::kFatal:
        return fail(Error::fatal(kCode, kText));
      case MockFault::What::kHang: {
        const MonotonicClock wall;
        const TimePoint end = wall.now() + script.hang_limit;
        while (wall.now() < end) std::this_thread::yield();
        return fail(Error::permanent(ErrorCode::kTimeout, kText));
      }
      case MockFault::What::kPermanent:
      case MockFault::What::kWrongOutput:
      case MockFault::What::kDeviation:
        return fail(Error::permanent(kCode, kText));
    }
  }
  return ok();
}

Result<std::unique_ptr<RuntimeBackend>> create(const Options& options) {
  if (const Status known = refuse_unknown_options(options, {}); !known) return fail(known.error());
  return std::unique_ptr<RuntimeBackend>(std::make_unique<MockBackend>(MockBackend::spinning()));
}

}  // namespace

void MockBackend::script(std::string model, MockScript script) {
  scripts_.insert_or_assign(std::move(model), std::move(script));
}

Result<std::unique_ptr<LoadedModel>> MockBackend::load(const LoadRequest& request) {
  const auto known = scripts_.find(request.name);
  Result<MockScript> script =
      parse_mock_script(request.options, known != scripts_.end() ? known->second : MockScript{});
  if (!script) return fail(script.error());
  if (const Status suffered = suffer_at_load(*script); !suffered) return fail(suffered.error());
  const std::size_t allowed = request.budget.memory_bytes;
  const std::size_t needed = script->memory_bytes + script->activation_bytes;
  if (allowed != 0 && needed > allowed) {
    return fail(over_budget(request.name, needed, allowed));
  }
  return std::unique_ptr<LoadedModel>(
      std::make_unique<MockModel>(request.name, std::move(*script), clock_, manual_));
}

BackendEntry mock_backend_entry() {
  return {kBackendAbiVersion, "mock", create};
}

}  // namespace aegis::context
