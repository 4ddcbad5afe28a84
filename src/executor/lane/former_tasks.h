// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/executor/latency_histogram.h"
#include "aegis/executor/latency_stats.h"

#include "monitor/latency_monitor.h"

namespace aegis::executor {

// What the tasks that a lane has let go were like, in sum: so that the lane's own counters never go
// down, and memory does not grow with the tasks there ever were. Ordinary threads, one at a time.
struct FormerTasks {
  HistogramSnapshot wake_up;
  HistogramSnapshot queueing;
  HistogramSnapshot execution;
  HistogramSnapshot response;
  JobCounters jobs;

  // A monitor to which nothing is written any more, or that of a lane that runs: then as it is now.
  void add(const LatencyMonitor& monitor) {
    wake_up.merge(monitor.wake_up().snapshot());
    queueing.merge(monitor.queueing().snapshot());
    execution.merge(monitor.execution().snapshot());
    response.merge(monitor.response().snapshot());
    jobs.merge(monitor.counters());
  }
  [[nodiscard]] JobLatencies latencies() const noexcept {
    return {.wake_up = LatencySummary::of(wake_up),
            .queueing = LatencySummary::of(queueing),
            .execution = LatencySummary::of(execution),
            .response = LatencySummary::of(response)};
  }
};

}  // namespace aegis::executor
