// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "aegis/trace/trace.h"

namespace aegis::trace {

// What one lane did, as stretches of time in order: it idled or it ran a segment; between two
// stretches it handed over.
struct Stretch {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint32_t selected =
      kNone;  // index of the event that chose the segment; kNone: idle, or not recorded
  std::uint32_t start = kNone;  // index of kSegmentStart; kNone: idle
  static constexpr std::uint32_t kNone = 0xffffffff;
};

struct LaneHistory {
  std::vector<std::uint32_t> events;  // indices of this lane's events, in order
  std::vector<Stretch> stretches;     // by begin
  std::vector<std::uint32_t>
      busy_periods;  // positions in `events` where one begins, ascending; 0 is the first

  // The events of the busy periods that touch [from, to] as positions in `events`: from the idle
  // time before the one that serves `from` (a late wake-up is recorded there) to the end of the one
  // that serves `to`.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  [[nodiscard]] Range busy_range(std::size_t first_position, std::size_t last_position) const;
};

// One pass over the trace.
[[nodiscard]] std::map<LaneId, LaneHistory> lane_histories(const Trace& trace);

}  // namespace aegis::trace
