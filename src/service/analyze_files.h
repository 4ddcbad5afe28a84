// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/service/analyze.h"

namespace aegis::service {

// The outputs of `aegisrt analyze` that are drawn or simulated. Each does nothing when it is not
// asked for, notes in the report what it wrote or why it could not, and returns a problem only when
// the machine fails or the request cannot be met.

// The report's witness: an SVG when the file is named so, otherwise a trace.
[[nodiscard]] std::optional<Problem> write_witness(const AnalyzeRequest& request,
                                                   AnalyzeReport& report);
[[nodiscard]] std::optional<Problem> write_demand_picture(const AnalyzeRequest& request,
                                                          AnalyzeReport& report);
// The simulation into the report, and its trace into the file.
[[nodiscard]] std::optional<Problem> simulate_into(const AnalyzeRequest& request,
                                                   AnalyzeReport& report);

}  // namespace aegis::service
