// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "aegis/base/clock.h"
#include "aegis/context/mock_script.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// A backend that keeps time instead of computing: the models of every test that needs no neural
// network.
//
//   ManualClock clock;
//   MockBackend backend = MockBackend::advancing(clock);
//   backend.script("detector", {.segments = {MockSegment::exactly(20_ms)}});
//   auto model = backend.load({.name = "detector"});
//
// The output is a function of the input's bytes alone. Models need no file; LoadRequest::parts is
// ignored. Times are on the clock: a spinning segment that is preempted does less work, not longer.
class MockBackend final : public RuntimeBackend {
 public:
  // Segments spin until the clock says that they are over.
  static MockBackend spinning() { return MockBackend(nullptr, nullptr); }  // the monotonic clock
  static MockBackend spinning(const Clock& clock) { return MockBackend(&clock, nullptr); }
  // Segments take no time at all and move the clock: on the thread that runs them, when they end.
  static MockBackend advancing(ManualClock& clock) { return MockBackend(&clock, &clock); }

  // What models loaded under this name do from now on; options of the request change single fields
  // of it.
  void script(std::string model, MockScript script);

  [[nodiscard]] std::string name() const override { return "mock"; }
  [[nodiscard]] std::string version() const override { return "1"; }
  [[nodiscard]] Result<std::unique_ptr<LoadedModel>> load(const LoadRequest& request) override;

 private:
  MockBackend(const Clock* clock, ManualClock* manual) : clock_(clock), manual_(manual) {}

  const Clock* clock_;   // null: a MonotonicClock of the model's own
  ManualClock* manual_;  // null: the clock moves by itself
  std::map<std::string, MockScript> scripts_;
};

}  // namespace aegis::context
