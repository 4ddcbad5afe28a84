// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "aegis/trace/trace.h"

namespace aegis::trace {

// Of a set of samples, exactly: nearest-rank percentiles (the smallest sample that at least p % do
// not exceed), so that every figure is a value that was measured. All zero when there are none.
struct Distribution {
  std::uint64_t count = 0;
  std::int64_t min = 0;
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
  std::int64_t p999 = 0;
  std::int64_t max = 0;
  double mean = 0;
  double cv = 0;  // coefficient of variation: standard deviation / mean

  // Sorts a copy: O(n log n).
  [[nodiscard]] static Distribution of(std::vector<std::int64_t> samples);
};

// What the trace says about one task. A job that was refused or failed counts as a miss.
struct TaskMetrics {
  TaskId task{};
  std::uint64_t released = 0;
  std::uint64_t completed = 0;  // done, in time or late
  std::uint64_t failed = 0;     // failed or cancelled
  std::uint64_t refused = 0;    // never ran
  std::uint64_t missed = 0;
  std::uint64_t overruns = 0;   // segments past their WCET
  Distribution response_ns{};   // of completed jobs, from arrival
  Distribution execution_ns{};  // of completed jobs, all segments
  double utilisation = 0;       // its share of the lane's time in this trace
};

// Where a lane's time went between its first and its last event.
struct LaneMetrics {
  LaneId lane{};
  Duration span{};
  Duration busy{};      // segments ran
  Duration idle{};      // nothing was ready
  Duration lost{};      // the processor was taken from it; lies within busy, idle or between
  Duration overhead{};  // the rest of the span: choosing, starting, completing
};

// A trace in figures.
struct Metrics {
  std::vector<TaskMetrics> tasks;  // by task id: declared ones and those that only events name
  std::vector<LaneMetrics> lanes;
  std::uint64_t events = 0;
  std::uint64_t dropped = 0;
};

// One pass over the events, then a sort of each task's samples.
[[nodiscard]] Metrics aggregate(const Trace& trace);

}  // namespace aegis::trace
