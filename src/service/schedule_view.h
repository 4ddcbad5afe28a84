// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "aegis/service/schedule_picture.h"

namespace aegis::service {

// Which part of a schedule is drawn, and what in it matters.
struct ScheduleView {
  TimePoint from, to;  // from < to
  bool whole = true;
  std::size_t jobs = 0;                     // released in [from, to]
  const theory::JobRecord* late = nullptr;  // the first that missed
  std::optional<std::size_t> blocking;      // the stretch that holds the lane before it
};

// `drawn` has at least one job and outlives the view.
[[nodiscard]] ScheduleView view_of(const DrawnSchedule& drawn, std::size_t most_jobs);

}  // namespace aegis::service
