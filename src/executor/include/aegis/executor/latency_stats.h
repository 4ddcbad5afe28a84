// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/executor/latency_histogram.h"
#include "aegis/executor/miss_cause.h"

namespace aegis::executor {

// What the nanosecond scheduler tells people about time: plain values, copied from the workers'
// monitors without stopping them. Ordinary threads only.

// A latency in figures. Quantiles are nearest-rank, never below the true one and less than 1/32
// above it; count, min, mean, max and sum are exact (HistogramSnapshot says what that means while
// jobs run). All zero without samples.
struct LatencySummary {
  std::uint64_t count = 0;
  Duration min = {};
  Duration mean = {};
  Duration p50 = {};
  Duration p99 = {};
  Duration p999 = {};
  Duration max = {};
  // p99 - min: the 99 % quantile of the delay variation as RFC 5481 (4.2) and ITU-T Y.1540 define
  // it, each sample less the smallest. The least delay is what the machine always needs; what comes
  // on top is what varies. Not the standard deviation, which the one worst sample decides, and not
  // max - min, which only grows.
  Duration jitter = {};
  Duration sum = {};
  std::uint64_t negative =
      0;  // samples below zero, counted as zero: the clock is not to be trusted

  // What a snapshot says. O(buckets); allocates nothing.
  [[nodiscard]] static LatencySummary of(const HistogramSnapshot& snapshot) noexcept;
};

// The four lengths of a job, and of the worker that ran it.
struct JobLatencies {
  LatencySummary wake_up;    // when it should have been awake to when it was, of waits that slept
  LatencySummary queueing;   // arrival to start
  LatencySummary execution;  // start to end, of completed jobs
  LatencySummary response;   // arrival to end, of completed jobs
};

// What became of jobs. Each ended job counts once in the first four.
struct JobCounters {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;     // threw, or ended by an error
  std::uint64_t cancelled = 0;  // started or not
  std::uint64_t refused = 0;    // turned away by an overload rule; each is a miss too
  std::uint64_t missed = 0;     // completed late, or refused
  std::array<std::uint64_t, kMissCauseCount> missed_by_cause = {};  // sums up to `missed`
  std::uint64_t overruns = 0;             // executions beyond a declared WCET
  std::uint64_t over_latency_budget = 0;  // queueing beyond the scheduler's latency budget

  [[nodiscard]] std::uint64_t ended() const noexcept {
    return completed + failed + cancelled + refused;
  }
  // As if both had been counted together.
  void merge(const JobCounters& other) noexcept;
  // Of all jobs that had ended, the share that missed, in [0, 1]; 0 without jobs.
  [[nodiscard]] double miss_rate() const noexcept;
  [[nodiscard]] std::uint64_t missed_because(MissCause cause) const noexcept {
    return missed_by_cause.at(static_cast<std::size_t>(cause));
  }
};

// Where a worker's time went: a partition, the four sum up to the time it has lived.
struct WorkerTime {
  Duration working = {};   // in tasks
  Duration spinning = {};  // awake and waiting, at the cost of a processor
  Duration sleeping = {};
  Duration other = {};  // between: queues, timers, statistics

  [[nodiscard]] Duration total() const noexcept { return working + spinning + sleeping + other; }
  // Shares of the total, in [0, 1]; 0 before anything.
  [[nodiscard]] double utilisation() const noexcept;  // working
  [[nodiscard]] double spin_share() const noexcept;   // spinning
};

// What the kernel counted for one thread since it began.
struct ThreadUsage {
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;  // those that read a disk
  Duration cpu_time = {};
};

// Windows in which a worker did not have its processor: gaps between neighbouring readings of the
// clock, longer than a threshold.
struct LostSupply {
  std::uint64_t windows = 0;
  Duration total = {};
  Duration largest = {};
};

// One worker.
struct WorkerStats {
  std::string group;
  std::uint32_t worker = 0;      // within its group
  std::optional<int> cpu = {};   // nothing: not pinned
  std::string scheduling_class;  // in words: "SCHED_FIFO 80", "SCHED_OTHER"
  JobLatencies latencies = {};
  JobCounters jobs = {};
  std::uint64_t stolen_by_balancing = 0;  // jobs that it took from other workers
  WorkerTime time = {};
  ThreadUsage usage = {};
  LostSupply lost = {};
};

// A WCET as measured: the largest execution seen times a margin. It says so (docs/adr/0006): it is
// evidence, never a bound.
struct WcetEstimate {
  Duration estimate = {};
  Duration observed_maximum = {};
  std::uint64_t samples = 0;
};

// One kind of task: everything that was scheduled under one name.
struct KindStats {
  std::string name;
  JobLatencies latencies = {};
  JobCounters jobs = {};
  std::optional<Duration> declared_wcet = {};
  std::optional<WcetEstimate> wcet_estimate = {};  // nothing while there are too few samples
};

// The whole scheduler.
struct LatencyStats {
  TimePoint taken = {};
  TimePoint since = {};               // when counting began
  std::string clock;                  // what tells the time, in words: "calibrated TSC"
  std::vector<std::string> degraded;  // what was refused or fell back, one sentence each
  std::vector<WorkerStats> workers;
  std::vector<KindStats> kinds;

  // Over all workers.
  [[nodiscard]] double miss_rate() const noexcept;
};

// For a Prometheus server: the text exposition format 0.0.4, each metric with HELP and TYPE, times
// in seconds (exact to the nanosecond), latencies as summaries with the quantiles 0.5, 0.99 and
// 0.999. All names begin with "aegis_executor_". Names of tasks and groups become label values,
// escaped as the format asks; they should be UTF-8. O(size); allocates.
[[nodiscard]] std::string prometheus_text(const LatencyStats& stats);

// One JSON object, schema 1: times as integers under names that end in "_ns", what is not known
// left out. Bytes of names that are no UTF-8 become U+FFFD. Members may be added within a schema,
// never change their meaning. O(size); allocates.
[[nodiscard]] std::string json_text(const LatencyStats& stats);

}  // namespace aegis::executor
