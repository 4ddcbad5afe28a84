// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/miss_cause.h"

#include "lane_trace.h"
#include "monitor/supply_windows.h"
#include "supply_probe.h"
#include "task_state.h"

namespace aegis::executor {

// Where each nanosecond of the lane went, and whether what the proof assumed held.
//
// One reading of the clock ends a phase and begins the next, so the phases are a partition of time
// without gaps:
//
//   ..idle..|--dispatch--|-------execute-------|-complete-|--dispatch--|...
//        wake-up      segment start        segment end  lane free
//
// Each phase has a declared bound (theory::Overheads, the segment's WCET), and each release a bound
// on its lateness, and what exceeds one is recorded as a violated assumption. Hence Invariant 1 of
// the design: when no phase of a busy period exceeded its bound, every job in it is within its
// proved response time; so a miss without a violation is a bug.
//
// Lost supply is time in one of the phases in which the lane did not have its processor.
// Real-time: no function allocates or locks. The lane's thread only, but for time(),
// violations() and lost_windows().
class LaneMonitor {
 public:
  LaneMonitor(const LaneConfig& config, LaneTrace& trace, SupplyProbe* supply);

  void open(TimePoint now) noexcept;
  void close(TimePoint now) noexcept { charge(idle_, now); }  // the lane stops, idle
  void deny_real_time() noexcept { real_time_denied_ = true; }

  // A busy period begins: something arrived while nothing ran. `planned`: when the lane meant to
  // wake up.
  void begin_busy(TimePoint now, TimePoint planned, const WaitReport& wait) noexcept;
  void end_busy(TimePoint now) noexcept;

  // A job got into the ready queue at `now`, or was turned away after as much work.
  void released(JobId job, TimePoint arrival, Duration jitter, TimePoint now) noexcept;
  void refused() noexcept { ++releases_; }

  // The phases of a segment.
  void segment_starts(JobId job, Duration wcet, TimePoint now) noexcept;
  void rested(Duration slept) noexcept {  // by intent, while a device executed
    rested_ += slept;
    rests_.add(slept.ns());
  }
  struct Execution {
    Duration time;
    std::int64_t cpu_ns = -1;  // unknown
    Duration lost;             // of `time`, as far as known
    trace::LossEvidence evidence = trace::LossEvidence::kUnknown;
    bool overrun = false;
  };
  // Reads the meters; what they say is recorded by segment_recorded, after the segment's own end
  // event.
  [[nodiscard]] Execution segment_ends(Duration wcet, TimePoint now) noexcept;
  void segment_recorded(JobId job, std::uint32_t segment, Duration wcet, const Execution& execution,
                        TimePoint now) noexcept;
  void lane_free(TimePoint now) noexcept;

  struct Violation {
    trace::Assumption assumption{};
    Duration measured;
    Duration declared;
    TimePoint since;
  };
  void violated(const Violation& violation, JobId job, TimePoint now) noexcept;

  // The assumptions violated so far in this busy period, as bits; those that hold for the whole run
  // (no proof, no real-time class) are recorded by the first miss that names them.
  [[nodiscard]] std::uint64_t violations_for_miss(TimePoint now) noexcept;

  // Why a job missed, in one word, from what was seen in this busy period.
  struct MissedJob {
    Duration tardiness;
    Duration queueing;
    bool skipped = false;
  };
  [[nodiscard]] MissCause cause_of(const MissedJob& job) const noexcept;

  [[nodiscard]] LaneTime time() const noexcept;
  // Of the time in segments, what the lane slept by intent while a device worked. Any thread.
  [[nodiscard]] Duration rested_in_segments() const noexcept {
    return Duration::nanoseconds(rests_.value());
  }
  // Each noteworthy loss, whatever is declared. Any thread.
  [[nodiscard]] LostSupply losses() const noexcept { return losses_.read(); }
  // How often each assumption was violated, by its number, whether or not there is a trace.
  [[nodiscard]] std::array<std::uint64_t, trace::kAssumptionCount> violations() const noexcept;
  [[nodiscard]] std::uint64_t lost_windows() const noexcept {
    return static_cast<std::uint64_t>(lost_windows_.value());
  }

 private:
  void charge(Counter& phase, TimePoint now, Duration lost = Duration::zero()) noexcept;
  void lost(Duration amount, trace::LossEvidence evidence, TimePoint since, JobId job,
            TimePoint now) noexcept;
  void note_evidence(Duration amount, trace::LossEvidence evidence) noexcept;
  // Whether the phase that ends now, and `before` it, kept to its bound.
  void check_phase(trace::Assumption assumption, JobId job, Duration allowed, TimePoint now,
                   Duration before = Duration::zero()) noexcept;
  [[nodiscard]] Duration stolen_since_boundary() const noexcept;

  const theory::Overheads declared_;
  const Duration lost_supply_;
  const bool admitted_;
  LaneTrace& trace_;
  SupplyProbe* const supply_;
  bool real_time_denied_ = false;

  TimePoint boundary_;  // where the current phase began
  TimePoint busy_since_;
  TimePoint free_since_;        // when the lane last became free of a segment or went idle
  std::uint64_t violated_ = 0;  // in this busy period
  Duration lost_in_busy_;
  MissEvidence evidence_;      // of this busy period
  std::int64_t releases_ = 0;  // since the current dispatch phase began
  Duration late_release_;      // beyond its jitter, the latest of those releases
  bool metered_ = false;       // the running segment's processor time is measured
  Duration cpu_at_start_;
  Duration stolen_at_start_;
  Duration rested_;

  Counter idle_, dispatch_, execute_, complete_, lost_;
  std::array<Counter, trace::kAssumptionCount> violations_;
  Counter rests_;
  SupplyWindows losses_;
  Counter lost_windows_;  // busy periods that lost more than declared
};

}  // namespace aegis::executor
