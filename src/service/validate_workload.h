// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "aegis/base/time.h"

namespace aegis::service {

// A model of a workload that the validation writes.
struct ScenarioModel {
  std::string name;
  std::filesystem::path file = {};   // of an ONNX model; empty: a mock
  std::string mock_segments = {};    // what each really takes, "9.8ms,9.8ms"
  std::vector<Duration> wcets = {};  // empty: from the profile
  Duration period;
  Duration deadline;
};

// The workload's text. Overheads are those that a machine like this one keeps (docs/BENCHMARKS.md):
// the defaults are generous, and scenario 1 leaves little room.
[[nodiscard]] std::string render_workload(const std::vector<ScenarioModel>& models);

// A mock of `count` equal segments of this WCET, each of which really takes 98 % of it: it keeps
// its bound also where the clock is read late.
[[nodiscard]] ScenarioModel mock_model(const std::string& name, std::size_t count, Duration wcet,
                                       Duration period, Duration deadline);

}  // namespace aegis::service
