// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/ready_queue.h"

#include "job_pool.h"
#include "job_reports.h"
#include "lane_monitor.h"
#include "lane_trace.h"
#include "release_timer.h"
#include "segment_watch.h"
#include "supply_probe.h"
#include "task_state.h"

namespace aegis::executor {

// What a lane reports to; each may be absent.
struct LaneInstruments {
  trace::Recorder* recorder = nullptr;
  trace::Writer writer;
  SupplyProbe* supply = nullptr;
  JobReports* reports = nullptr;
};

// What one step of the lane came to.
struct LaneStep {
  enum class Kind : std::uint8_t {
    kRan,      // a segment ended
    kRunning,  // a device executes a segment: poll again
    kIdle,     // nothing to do before `wake_up` unless something is submitted
    kStopped,  // drained or aborted: nothing will ever run again
  };
  Kind kind = Kind::kIdle;
  TimePoint wake_up = TimePoint::max();
};

// A lane without its thread: every scheduling decision, as a machine that is stepped. With a clock
// and a driver of a test's own the whole schedule is a function of its inputs; the thread adds
// waiting and nothing else.
//
// One step, between two segments: take the arrivals that are due and the inboxes, release jobs or
// turn them away, let the policy pick, run one segment. A job with segments left goes back into the
// ready queue with the key it had.
//
// Running example, EDF, all released at 0, times in ms:
//
//    A C=20 d=50   |               |AAAAAAAAAAAAAAAAAAAA|                              |
//    B C=15 d=40   |BBBBBBBBBBBBBBB|                    |                              |
//    C C=30 d=100  |               |                    |CCCCCCCCCCCCCCCCCCCCCCCCCCCCCC|
//                  0               15                   35                             65
//
// Invariants
//   1. At most one segment runs, and only from the top of the ready queue at the instant it was
//   selected.
//   2. The lane is idle only when nothing is ready (work conservation).
//   3. Every arrival has exactly one end: completed, failed, cancelled or refused.
//   4. The ready queue and the job pool are never full: add() reserves room for all jobs a task may
//   have at once.
//   5. Tracing changes no decision: nothing reads what it writes.
//
// Whether an arrival finds the previous job unfinished is judged at the arrival, not when the lane
// next looks: an arrival during the last segment of its predecessor is an overload, also if the
// lane sees it afterwards.
//
// Real-time: step() and has_arrivals() do not allocate, lock or enter the kernel (the driver may).
// One thread: the lane's.
class LaneCore {
 public:
  LaneCore(const LaneConfig& config, LaneDriver& driver, const Clock& clock,
           const LaneInstruments& instruments);

  // Begins the time line, idle.
  void open(bool real_time_denied) noexcept;

  // Hand-overs, between two segments. What has arrived by then is taken before remove, drain and
  // abort end further arrivals. add: the first arrivals coincide, now (plus each task's
  // offset). Refused without effect when a limit of the configuration would be passed. remove: done
  // when the state's `retired` is set.
  [[nodiscard]] Status add(std::span<TaskState* const> tasks) noexcept;
  void remove(TaskState& task) noexcept;
  void drain(TimePoint until) noexcept;
  void abort() noexcept;

  LaneStep step() noexcept;

  [[nodiscard]] bool segment_running() const noexcept { return running_.has_value(); }
  // Whether a submitted job waits in an inbox.
  [[nodiscard]] bool has_arrivals() const noexcept;
  void waited(const WaitReport& report) noexcept { wait_ = report; }
  void rested(Duration slept) noexcept { monitor_.rested(slept); }

  [[nodiscard]] LaneTime time() const noexcept { return monitor_.time(); }
  [[nodiscard]] std::uint64_t lost_windows() const noexcept { return monitor_.lost_windows(); }
  [[nodiscard]] LostSupply losses() const noexcept { return monitor_.losses(); }
  [[nodiscard]] Duration rested_in_segments() const noexcept {
    return monitor_.rested_in_segments();
  }
  [[nodiscard]] std::uint64_t busy_changes() const noexcept {
    return static_cast<std::uint64_t>(busy_changes_.value());
  }
  [[nodiscard]] std::array<std::uint64_t, trace::kAssumptionCount> violations() const noexcept {
    return monitor_.violations();
  }
  [[nodiscard]] SegmentWatch& watch() noexcept { return watch_; }

 private:
  // lane_releases.cc: from an arrival to the ready queue, or to its refusal.
  TimePoint take_arrivals(TimePoint now) noexcept;
  TimePoint take_inbox(TaskState& task, TimePoint now) noexcept;
  void take_refused(TaskState& task, TimePoint now) noexcept;
  void count_refused(TaskState& task, std::uint64_t count, trace::Assumption cause,
                     TimePoint now) noexcept;
  void begin_busy(TimePoint now) noexcept;
  void arrive(TaskState& task, TimePoint arrival, std::uint64_t token, trace::Source source,
              TimePoint now) noexcept;
  void check_inter_arrival(TaskState& task, JobId job, TimePoint arrival, TimePoint now) noexcept;
  [[nodiscard]] std::optional<trace::RefusalReason> refusal(const TaskState& task,
                                                            TimePoint arrival) const noexcept;
  void release(TaskState& task, JobId id, TimePoint arrival, std::uint64_t token,
               TimePoint now) noexcept;
  struct Refusal {
    JobId job;
    TimePoint arrival;
    std::uint64_t token = 0;
    trace::RefusalReason reason{};
  };
  void refuse(TaskState& task, const Refusal& refusal, TimePoint now) noexcept;
  void drop_waiting(TaskState& task, trace::RefusalReason reason, TimePoint now) noexcept;

  // lane_segments.cc: from the ready queue to the end of a segment.
  LaneStep run_next(TimePoint now) noexcept;
  void arm_watch(const LaneTask& task, std::uint32_t segment) noexcept;
  void trace_selection(const ReadyJob& chosen, const Job& job, TimePoint now) noexcept;
  LaneStep poll_segment() noexcept;
  LaneStep end_segment(const Error* error) noexcept;
  void end_of_job(std::uint32_t slot, trace::JobOutcome outcome, TimePoint now) noexcept;
  void monitor_job(const Job& job, JobEnd end, Duration late, TimePoint now) noexcept;
  struct Miss {
    Duration tardiness;
    trace::MissSeverity severity{};
  };
  // Returns the violated assumptions that the miss names, as bits.
  std::uint64_t record_miss(TaskState& task, JobId job, TimePoint arrival,
                            AbsoluteDeadline deadline, const Miss& miss, TimePoint now) noexcept;
  void fail_job(std::uint32_t slot, const Error& error, Cancellation cancellation,
                TimePoint now) noexcept;

  // lane_core.cc: hand-overs, idling and the end.
  TimePoint take_due() noexcept;
  LaneStep idle(TimePoint now) noexcept;
  void drop_everything(TimePoint now) noexcept;
  LaneStep stop(TimePoint now) noexcept;
  void retire(TaskState& task) noexcept;
  void report(TaskState& task, const JobReport& report) noexcept;

  const LaneConfig& config_;
  LaneDriver& driver_;
  const Clock& clock_;
  JobReports* const reports_;
  LaneTrace trace_;
  LaneMonitor monitor_;
  SegmentWatch watch_;

  ReadyQueue ready_;
  JobPool jobs_;
  ReleaseTimer timer_;
  std::vector<TaskState*> tasks_;  // those the lane serves
  std::size_t reserved_ = 0;       // jobs they may have at once

  std::optional<std::uint32_t> running_;
  TimePoint segment_start_;
  std::optional<TimePoint>
      free_at_;  // the reading that ended the last segment's completion, if still current
  bool idle_ = true;
  Counter busy_changes_;
  TimePoint planned_wake_up_ = TimePoint::max();
  WaitReport wait_;
  std::optional<TimePoint> drain_until_;
  bool aborting_ = false;
  bool stopped_ = false;
  std::int64_t dropped_at_stop_ = 0;
};

}  // namespace aegis::executor
