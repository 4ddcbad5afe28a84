// SPDX-License-Identifier: Apache-2.0
#include "lane_history.h"

#include <algorithm>
#include <tuple>

namespace aegis::trace {

namespace {

// What has begun on a lane and not ended yet.
struct Open {
  bool idle = false;
  bool running = false;
  Stretch stretch;
  std::uint32_t selected = Stretch::kNone;
};

void close(LaneHistory& lane, Open& open, std::int64_t now_ns) {
  if (!open.idle && !open.running) return;
  open.stretch.end_ns = std::max(now_ns, open.stretch.begin_ns);
  lane.stretches.push_back(open.stretch);
  open.idle = open.running = false;
}

void take(LaneHistory& lane, Open& open, const Event& event, std::uint32_t index) {
  switch (event.type) {
    case EventType::kSelected:
      open.selected = index;
      break;
    case EventType::kSegmentStart:
      close(lane, open, event.time_ns);
      open.running = true;
      open.stretch = {event.time_ns, event.time_ns, open.selected, index};
      open.selected = Stretch::kNone;
      break;
    case EventType::kSegmentEnd:
      if (open.running) close(lane, open, event.time_ns);
      break;
    case EventType::kIdleBegin:
      close(lane, open, event.time_ns);
      open.idle = true;
      open.stretch = {event.time_ns, event.time_ns, Stretch::kNone, Stretch::kNone};
      break;
    case EventType::kIdleEnd:
      if (open.idle) close(lane, open, event.time_ns);
      lane.busy_periods.push_back(static_cast<std::uint32_t>(lane.events.size() - 1));
      break;
    default:
      break;
  }
}

}  // namespace

LaneHistory::Range LaneHistory::busy_range(std::size_t first_position,
                                           std::size_t last_position) const {
  // The last busy period that begins at or before the first position; what lies between the end of
  // the one before it and its own begin (idle time) belongs to it.
  const auto after = std::upper_bound(busy_periods.begin(), busy_periods.end(), first_position);
  const auto next = std::upper_bound(after, busy_periods.end(), last_position);
  return {after == busy_periods.begin() ? 0 : *(after - 1),
          next == busy_periods.end() ? events.size() : *next};
}

std::map<LaneId, LaneHistory> lane_histories(const Trace& trace) {
  std::map<LaneId, LaneHistory> lanes;
  std::map<LaneId, Open> open;
  for (std::uint32_t i = 0; i < trace.events.size(); ++i) {
    const LaneId id = trace.lane_of(trace.events[i]);
    if (!id.valid()) continue;
    LaneHistory& lane = lanes[id];
    lane.events.push_back(i);
    take(lane, open[id], trace.events[i], i);
  }
  for (auto& [id, lane] : lanes) {
    close(lane, open[id], trace.events[lane.events.back()].time_ns);
    // A thread's times may be damaged; those of a sound trace are in this order already.
    std::sort(lane.stretches.begin(), lane.stretches.end(), [](const Stretch& a, const Stretch& b) {
      return std::tie(a.begin_ns, a.end_ns) < std::tie(b.begin_ns, b.end_ns);
    });
  }
  return lanes;
}

}  // namespace aegis::trace
