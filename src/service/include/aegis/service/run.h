// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/tsc_clock.h"
#include "aegis/memory/memory_account.h"
#include "aegis/service/problem.h"
#include "aegis/theory/policy/ordering.h"
#include "aegis/trace/event.h"

namespace aegis::service {

// `aegisrt run`: which workload, for how long, and what to keep of it.
struct RunRequest {
  std::filesystem::path workload;
  std::filesystem::path profile;  // empty: default_profile_path(workload)
  std::filesystem::path trace;    // empty: no trace
  std::filesystem::path metrics;  // Prometheus text, anew each second and at the end; empty: none
  Duration duration = Duration::seconds(30);
  std::optional<theory::policy::Policy> policy;
  bool without_proof = false;  // run a refused set all the same; every miss then names kNotAdmitted
  std::uint64_t seed = 1;      // of the inputs' content
  const std::atomic<bool>* stop = nullptr;  // set by a signal handler: drain and report
  std::function<void(const std::string& line)> on_progress;  // about once a second; may be empty
};

// One model's row of the final table. Zero counts where nothing happened.
struct ModelRow {
  std::string name;
  std::uint64_t jobs = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t refused = 0;  // never ran
  std::uint64_t misses = 0;
  std::uint64_t misses_in_lost_supply =
      0;  // of which within a busy period with a recorded lost-supply window
  std::uint64_t overruns = 0;
  Duration response_p50;
  Duration response_p99;
  Duration response_p999;
  Duration response_max;
  Duration response_jitter;                // p99 - least
  std::optional<Duration> response_bound;  // proved; nothing: not admitted
  Duration deadline;
  double execution_cv = 0;
  Duration execution_p50;
  Duration execution_max;
  Duration wcet;
  memory::MemoryAccount memory;  // zeros without a scheduler: nobody plans there
};

// What a run showed: the answer of the admission, then each model against its bound and deadline.
struct RunReport {
  std::string mode;  // "edf", "fifo", ..., "threads"
  bool admitted = false;
  ExitCode admission = ExitCode::kYes;  // kNo refused, kUndecided not proved
  std::string rationale;                // of the admission
  bool real_time = false;
  std::string real_time_note;  // said first when not empty
  // What told the time, at the end of the run. Without a scheduler: the kernel's clock.
  executor::TscState clock{.source = executor::TscState::Source::kKernelClock};
  Duration elapsed;
  double utilisation = 0;  // by WCETs
  std::vector<ModelRow> models;
  // Where one lane's time went.
  struct LaneRow {
    std::string name;
    executor::LaneTime time;
    std::uint64_t segments = 0;    // executed
    std::size_t arena_bytes = 0;   // of activations, shared by the lane's models
    executor::WorkerStats worker;  // its latencies and what waiting cost; empty: no such lane ran
  };
  std::vector<LaneRow> lanes;  // where each lane's time went
  // How often what the proof assumed did not hold, by trace::Assumption.
  std::array<std::uint64_t, trace::kAssumptionCount> violations{};
  // Busy periods in which the processor was away for longer than declared.
  std::uint64_t lost_windows = 0;
  // Requests for memory that a lane's arena did not serve; each has stopped its model.
  std::uint64_t unplanned_allocations = 0;
  std::uint64_t dropped_events = 0;
  std::filesystem::path trace;
  std::string trace_failure;  // why the trace is not whole: a disk that filled up; the run went on
  std::string metrics_failure;  // why the last metrics are not in their file; the run went on
  // What did not run (refused, undecided) has the admission's code; a run is kEnvironment if its
  // trace or its metrics are not whole, else kNo if a job missed.
  [[nodiscard]] bool ran() const { return elapsed > Duration::zero(); }
  [[nodiscard]] ExitCode exit_code() const;
};

// admit, then run for the duration or until stopped, then drain. A refused set is not run (unless
// asked) and reported as such. The trace, if any, is readable up to its last flushed block whatever
// happens.
[[nodiscard]] Outcome<RunReport> run_workload(const RunRequest& request);

// The same models, periods and inputs in plain threads of the normal class, one a model, on the
// lane's processor, no scheduler: what engineers have today. For comparison only.
[[nodiscard]] Outcome<RunReport> run_in_plain_threads(const RunRequest& request);

// For a terminal; for programs, one JSON object. Allocate.
[[nodiscard]] std::string to_text(const RunReport& report);
[[nodiscard]] std::string to_json(const RunReport& report);

}  // namespace aegis::service
