// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "aegis/base/time.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/latency_histogram.h"
#include "aegis/executor/latency_stats.h"
#include "aegis/executor/miss_cause.h"

namespace aegis::executor {

// An ended job, as its worker tells the monitors.
struct JobRecord {
  TimePoint arrival = {};
  TimePoint start = {};  // where it ran
  TimePoint end = {};    // or when it was dropped
  JobEnd outcome = JobEnd::kDone;
  bool started = true;  // false: refused, or cancelled while it waited
  std::optional<MissCause> missed = {};
  std::optional<Duration> declared_wcet = {};
  Duration lost = {};  // of its execution, as far as known: gaps, stolen time
  // Where others ran between its start and its end; nothing: all of that time was its own.
  std::optional<Duration> execution = {};
};

// What a job turned out to have exceeded: what alerts are about.
struct JobFindings {
  bool overrun = false;
  bool over_latency_budget = false;
};

// What executions show of a WCET.
struct ExecutionEvidence {
  std::uint64_t samples = 0;    // of completed jobs
  std::uint64_t disturbed = 0;  // of those, how many lost supply
  Duration maximum = {};
  Duration undisturbed_maximum = {};

  void merge(const ExecutionEvidence& other) noexcept;

  // The largest execution seen times 1.2, of the samples that count: those in which no supply was
  // lost, or all, where more than one in 200 lost some (docs/adr/0006: what is left out must be
  // rare, or nothing would hold). Nothing below kLeastSamples.
  static constexpr std::uint64_t kLeastSamples = 100;
  [[nodiscard]] std::optional<WcetEstimate> estimate() const noexcept;
};

// The latencies and counters of one worker or of one kind of task on it: 40 KB, written by that
// worker alone, readable by anybody without stopping it. What several workers know of one kind,
// kind_stats() puts together.
//
// Real-time, but for the reading side: neither allocates nor locks nor enters the kernel.
class LatencyMonitor {
 public:
  // `latency_budget`: how long a job may queue; nothing: not watched.
  explicit LatencyMonitor(std::optional<Duration> latency_budget = std::nullopt) noexcept
      : latency_budget_(latency_budget) {}

  // The worker. A wait that slept ended `late` after it should have.
  void record_wake_up(Duration late) noexcept { wake_up_.record(late); }

  // The worker. Four histogram records at most, some 8 ns. Queueing counts of each started job,
  // execution and response of those that completed, so that no failure passes for a fast job.
  JobFindings record_job(const JobRecord& job) noexcept {
    count(job.outcome);
    if (job.missed) missed_by_cause_[static_cast<std::size_t>(*job.missed)].add();
    if (!job.started) return {};
    const Duration execution = job.execution.value_or(job.end - job.start);
    const Duration queueing = job.start - job.arrival;
    queueing_.record(queueing);
    if (job.outcome == JobEnd::kDone) {
      execution_.record(execution);
      response_.record(job.end - job.arrival);
      sample_execution(execution, job.lost);
    }
    const JobFindings found{.overrun = job.declared_wcet && execution > *job.declared_wcet,
                            .over_latency_budget = latency_budget_ && queueing > *latency_budget_};
    if (found.overrun) overruns_.add();
    if (found.over_latency_budget) over_latency_budget_.add();
    return found;
  }

  // The worker. `count` jobs turned away at once, each a miss of this cause. Two stores.
  void record_refused(std::uint64_t count, MissCause cause) noexcept {
    const auto jobs = static_cast<std::int64_t>(count);
    refused_.add(jobs);
    missed_by_cause_[static_cast<std::size_t>(cause)].add(jobs);
  }
  // The worker. An overrun that record_job is not told of: of one of a job's pieces.
  void record_overrun() noexcept { overruns_.add(); }

  // Any thread. A WCET as far as these executions show one. Real-time: four loads.
  [[nodiscard]] ExecutionEvidence evidence() const noexcept;
  [[nodiscard]] std::optional<WcetEstimate> estimate_wcet() const noexcept {
    return evidence().estimate();
  }

  // Any thread; some 5 µs. Each figure is exact or as HistogramSnapshot says; figures of one job
  // may be in one and not yet in another.
  [[nodiscard]] JobLatencies latencies() const noexcept {
    return {.wake_up = LatencySummary::of(wake_up_.snapshot()),
            .queueing = LatencySummary::of(queueing_.snapshot()),
            .execution = LatencySummary::of(execution_.snapshot()),
            .response = LatencySummary::of(response_.snapshot())};
  }
  [[nodiscard]] JobCounters counters() const noexcept;
  // To merge, one at a time.
  [[nodiscard]] const LatencyHistogram& wake_up() const noexcept { return wake_up_; }
  [[nodiscard]] const LatencyHistogram& queueing() const noexcept { return queueing_; }
  [[nodiscard]] const LatencyHistogram& execution() const noexcept { return execution_; }
  [[nodiscard]] const LatencyHistogram& response() const noexcept { return response_; }

 private:
  void count(JobEnd outcome) noexcept {
    switch (outcome) {
      case JobEnd::kDone:
        return completed_.add();
      case JobEnd::kFailed:
        return failed_.add();
      case JobEnd::kCancelled:
        return cancelled_.add();
      case JobEnd::kRefused:
        return refused_.add();
    }
  }
  void sample_execution(Duration execution, Duration lost) noexcept {
    if (lost > Duration::zero()) {
      disturbed_.add();
    } else {
      undisturbed_max_ns_.raise_to(execution.ns());
    }
  }

  const std::optional<Duration> latency_budget_;
  LatencyHistogram wake_up_, queueing_, execution_, response_;
  Counter completed_, failed_, cancelled_, refused_, overruns_, over_latency_budget_;
  std::array<Counter, kMissCauseCount> missed_by_cause_;
  Counter disturbed_;           // completed executions that lost supply
  Counter undisturbed_max_ns_;  // of the others
};

// What all workers' monitors of one kind of task say together. Ordinary threads; some 5 µs a
// monitor. Allocates.
[[nodiscard]] KindStats kind_stats(std::string_view name, std::optional<Duration> declared_wcet,
                                   std::span<const LatencyMonitor* const> monitors);

}  // namespace aegis::executor
