// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/service/demand_picture.h"

namespace aegis::service {

// The staircases of a demand picture.
struct DemandCurves {
  // From `t` to the next step's.
  struct Step {
    Duration t;
    Duration demand;
    Duration blocking;
  };
  std::vector<Step> steps;  // in order, the first at or before zero
  Duration end;             // where the picture ends
  // EDF: the interval in question. Fixed priorities: when the job is done.
  Step mark;
  // EDF: the supply in that interval. Fixed priorities: when the job is due.
  Duration limit;
  std::optional<Duration> horizon;  // EDF: beyond it no interval needs to be looked at
  std::string task;                 // fixed priorities: whose job it is
  [[nodiscard]] Duration work() const { return mark.demand + mark.blocking; }
  [[nodiscard]] bool fits() const { return fixed_priorities() ? mark.t <= limit : work() <= limit; }
  [[nodiscard]] bool fixed_priorities() const { return !task.empty(); }
};

// Errors: as demand_picture().
[[nodiscard]] Result<DemandCurves> demand_curves(const DrawnDemand& drawn);

// What the supply gives in an interval of length t; t itself where t < 0, for deadlines shorter
// than the jitter.
[[nodiscard]] Duration supplied(const theory::Supply& supply, Duration t);

}  // namespace aegis::service
