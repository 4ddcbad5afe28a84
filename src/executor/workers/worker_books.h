// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "aegis/base/time.h"
#include "aegis/executor/alert.h"
#include "aegis/executor/alert_delivery.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/deadline_miss.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/latency_histogram.h"
#include "aegis/executor/latency_stats.h"
#include "aegis/trace/ring.h"

#include "monitor/latency_monitor.h"
#include "monitor/supply_windows.h"
#include "monitor/thread_usage.h"
#include "scheduler_state.h"
#include "task_slot.h"
#include "worker_settings.h"

namespace aegis::executor {

// One job that a worker has done with.
struct EndedJob {
  TaskHandle task;
  TimePoint arrival;
  TimePoint start;
  TimePoint end;
  AbsoluteDeadline deadline;
  std::uint64_t activation = 0;
  bool threw = false;
};

// What a worker writes down: latencies by kind of task, and in each busy period what might explain
// a miss. A miss is told to its handler with the cause it was put down to.
//
// A busy period begins when something arrives at an idle worker and ends when it is idle again;
// evidence of an earlier one explains nothing of a later one.
//
// Real-time: the worker's thread, neither allocates nor locks; one system call for each time the
// worker has slept, and one a miss. The readers say so.
class WorkerBooks {
 public:
  // `usage`: what the kernel counts for the calling thread. Real-time, as the worker is.
  using UsageSource = std::function<ThreadUsage()>;
  WorkerBooks(SchedulerState& state, const WorkerSettings& settings,
              const std::function<void(const DeadlineMiss&)>& emergency,
              UsageSource usage = this_thread_usage);

  // ---- the worker ----
  // Its thread begins: what was before is none of its losses.
  void begin() noexcept { take_stock(state_.clock.now(), usage_()); }
  void waited(const WaitReport& report) noexcept;
  // It was away by intent, with work waiting.
  void rested(Duration rest) noexcept;
  void begin_busy() noexcept;
  // A periodic arrival was seen at `now`.
  void released(TimePoint arrival, TimePoint now) noexcept;
  void job_ended(const JobTerms& terms, const EndedJob& job) noexcept;
  // It never ran: firm and too late to begin, or turned away by its overload rule.
  // `further`: so many next activations of the task share its fate and its report.
  void job_skipped(const JobTerms& terms, const EndedJob& job, std::uint64_t further = 0) noexcept;
  // Activations that had been released when their task was cancelled or abandoned.
  void activations_dropped(const JobTerms& terms, std::uint32_t count, TimePoint now) noexcept;

  // ---- anybody ----
  [[nodiscard]] const WorkerSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] const LatencyHistogram& wake_up() const noexcept { return wake_up_; }
  [[nodiscard]] const SupplyWindows& supply() const noexcept { return supply_; }
  [[nodiscard]] Duration working() const noexcept {
    return Duration::nanoseconds(working_ns_.value());
  }

  // ---- the reporting thread, one ----
  [[nodiscard]] trace::SpscRing<DeadlineMiss>& misses() noexcept { return misses_; }
  [[nodiscard]] AlertQueue& alerts() noexcept { return alerts_; }

 private:
  // The worker's own job (PeriodicJobs::own), which nobody hears of.
  [[nodiscard]] bool is_rehearsal(const JobTerms& terms) const noexcept {
    return terms.periodic == settings_.max_periodic;
  }
  [[nodiscard]] LatencyMonitor& monitor(const JobTerms& terms) noexcept;
  void note_wake_up(const JobTerms& terms, const EndedJob& job) noexcept;
  void note_evidence(const JobTerms& terms, Duration execution) noexcept;
  // Finds the cause and tells everybody who wants to know.
  MissCause miss(const JobTerms& terms, const EndedJob& job, bool skipped,
                 std::uint64_t further = 0) noexcept;
  [[nodiscard]] MissCause cause_of(const JobTerms& terms, const EndedJob& job,
                                   bool skipped) noexcept;
  void take_stock(TimePoint now, const ThreadUsage& usage) noexcept;
  void alert(AlertKind kind, const JobTerms& terms, Duration measured, Duration declared,
             TimePoint now) noexcept;

  SchedulerState& state_;
  const WorkerSettings settings_;
  trace::SpscRing<DeadlineMiss> misses_;
  AlertQueue alerts_;
  const std::function<void(const DeadlineMiss&)>& emergency_;
  const UsageSource usage_;

  LatencyMonitor rehearsals_;  // nobody reads it
  LatencyHistogram wake_up_;
  SupplyWindows supply_;
  Counter working_ns_;

  // What the kernel had counted, and how long the worker has slept since: what it was neither
  // running nor asleep for, it lost.
  struct Stock {
    TimePoint at;
    ThreadUsage usage;
  };
  Stock stock_;
  Duration slept_;
  bool woken_ = false;  // no job has started since
  bool first_in_busy_ = false;
  Duration lost_waiting_;  // since the last busy period
  TimePoint free_since_;   // the end of the last job
  Duration late_release_;  // of those released since the last job
  MissEvidence evidence_;  // of this busy period
};

}  // namespace aegis::executor
