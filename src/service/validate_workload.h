// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "aegis/base/time.h"

namespace aegis::service {

// A model of a workload that the validation writes.
struct ScenarioModel {
  std::string name;                  // in the workload: letters and digits
  std::filesystem::path file = {};   // of an ONNX model; empty: a mock
  std::string mock_segments = {};    // what each really takes, "9.8ms,9.8ms"
  std::vector<Duration> wcets = {};  // empty: from the profile
  Duration period;
  Duration deadline;
};

// The workload's text. Overheads are those that a machine like this one keeps (docs/BENCHMARKS.md):
// the defaults are generous, and scenario 1 leaves little room.
[[nodiscard]] std::string render_workload(const std::vector<ScenarioModel>& models);

// Three tasks at U = 0.91 for which the order decides, however much of their WCETs (95 to 100 %)
// they take:
//
//   z   1 of 14 ms             FIFO: behind x and y, z is done after 1 + 15 + 26 ms > 14
//   x  15 of 40 ms, in 3 ms    RM: y is not done before x comes again at 40 ms (3 + 15 + 26 = 44),
//   y  26 of 56 ms, in 1 ms        and then only after 26 + 2 x 15 + 5 x 1 = 61 ms > 56
//                              EDF: admitted
[[nodiscard]] std::vector<ScenarioModel> three_orders();

// A mock of `count` equal segments of this WCET, each of which really takes 98 % of it: it keeps
// its bound also where the clock is read late.
[[nodiscard]] ScenarioModel mock_model(const std::string& name, std::size_t count, Duration wcet,
                                       Duration period, Duration deadline);

}  // namespace aegis::service
