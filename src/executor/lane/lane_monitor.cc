// SPDX-License-Identifier: Apache-2.0
#include "lane_monitor.h"

#include <algorithm>

namespace aegis::executor {
namespace {

using trace::Assumption;
using trace::EventType;
using trace::LossEvidence;

// A timer interrupt with what hangs on it takes 2-10 µs on a virtual machine: below this a gap is
// ordinary.
constexpr Duration kNoteworthyLoss = Duration::microseconds(20);

// Two readings of the thread's processor time cost about 1 µs: half a percent of the shortest
// segment measured.
constexpr Duration kMeteredFrom = Duration::microseconds(200);

// Those that a lane with underestimated overheads would violate at every job: recorded once a busy
// period, counted always.
constexpr std::uint64_t kRecordedOnce =
    bit(Assumption::kReleaseJitter) | bit(Assumption::kReleaseOverhead) |
    bit(Assumption::kDispatchOverhead) | bit(Assumption::kCompletionOverhead) |
    bit(Assumption::kNotAdmitted) | bit(Assumption::kRealTimeDenied) |
    bit(Assumption::kTraceDropped);

constexpr JobId kNoJob{TaskId{}, trace::Event::kNoJob};

}  // namespace

LaneMonitor::LaneMonitor(const LaneConfig& config, LaneTrace& trace, SupplyProbe* supply)
    : declared_(config.overheads),
      lost_supply_(config.lost_supply),
      admitted_(config.admitted),
      trace_(trace),
      supply_(supply) {}

void LaneMonitor::open(TimePoint now) noexcept {
  boundary_ = busy_since_ = free_since_ = now;
  if (supply_ != nullptr) stolen_at_start_ = supply_->stolen();
}

void LaneMonitor::charge(Counter& phase, TimePoint now, Duration lost) noexcept {
  phase.add((now - boundary_ - lost).ns());
  lost_.add(lost.ns());
  boundary_ = now;
}

void LaneMonitor::begin_busy(TimePoint now, TimePoint planned, const WaitReport& wait) noexcept {
  violated_ = 0;
  lost_in_busy_ = Duration::zero();
  evidence_ = {.proven = admitted_};
  busy_since_ = now;
  releases_ = 0;
  late_release_ = Duration::zero();
  const Duration late = planned < now ? now - std::max(planned, boundary_) : Duration::zero();
  if (late < kNoteworthyLoss) return charge(idle_, now);
  const TimePoint since = now - late;
  charge(idle_, now, late);
  LossEvidence evidence = LossEvidence::kTimerLate;
  if (wait.largest_gap >= kNoteworthyLoss) {
    evidence =
        stolen_since_boundary() > Duration::zero() ? LossEvidence::kStolen : LossEvidence::kUnknown;
  }
  lost(late, evidence, since, kNoJob, now);
}

void LaneMonitor::end_busy(TimePoint now) noexcept {
  charge(dispatch_, now);
  free_since_ = now;
  if (supply_ != nullptr) stolen_at_start_ = supply_->stolen();
}

void LaneMonitor::released(JobId job, TimePoint arrival, Duration jitter, TimePoint now) noexcept {
  ++releases_;
  // While a segment ran, nobody could have released: only the time since the lane was free counts.
  const TimePoint possible = std::max(arrival, free_since_);
  const Duration allowed = declared_.release + jitter;
  late_release_ = std::max(late_release_, now - possible - jitter);
  if (possible + allowed < now) {
    evidence_.late_release = std::max(evidence_.late_release, now - possible - allowed);
    violated({Assumption::kReleaseJitter, now - possible, allowed, possible}, job, now);
  }
}

void LaneMonitor::check_phase(Assumption assumption, JobId job, Duration allowed, TimePoint now,
                              Duration before) noexcept {
  const Duration measured = now - boundary_ + before;
  if (measured <= allowed) return;
  violated({assumption, measured, allowed, boundary_}, job, now);
  const Duration excess = now - boundary_ - allowed;  // what came before is on record already
  if (excess > lost_supply_) lost(excess, LossEvidence::kUnknown, boundary_, job, now);
}

void LaneMonitor::segment_starts(JobId job, Duration wcet, TimePoint now) noexcept {
  // A release is charged once: what its lateness used up of it is not there a second time.
  check_phase(Assumption::kDispatchOverhead, job,
              declared_.dispatch + declared_.release * releases_, now, late_release_);
  charge(dispatch_, now);
  releases_ = 0;
  late_release_ = Duration::zero();
  rested_ = Duration::zero();
  metered_ = supply_ != nullptr && wcet >= kMeteredFrom;
  if (supply_ != nullptr) stolen_at_start_ = supply_->stolen();
  if (metered_) cpu_at_start_ = supply_->thread_cpu();
}

Duration LaneMonitor::stolen_since_boundary() const noexcept {
  return supply_ != nullptr ? supply_->stolen() - stolen_at_start_ : Duration::zero();
}

LaneMonitor::Execution LaneMonitor::segment_ends(Duration wcet, TimePoint now) noexcept {
  Execution execution;
  execution.time = now - boundary_;
  execution.overrun = execution.time > wcet;
  if (metered_) {
    const Duration cpu = supply_->thread_cpu() - cpu_at_start_;
    execution.cpu_ns = cpu.ns();
    execution.lost = std::max(execution.time - rested_ - cpu, Duration::zero());
    execution.evidence = LossEvidence::kPreempted;
  }
  // The thread's processor time may include what the hypervisor took. Its ticks are coarse: they
  // explain an overrun, and no more of it than its excess.
  if (execution.overrun) {
    const Duration stolen = std::min(stolen_since_boundary(), execution.time - wcet);
    if (stolen > execution.lost) {
      execution.lost = stolen;
      execution.evidence = LossEvidence::kStolen;
    }
  }
  execution.lost = std::min(execution.lost, execution.time);
  if (execution.lost < kNoteworthyLoss) execution.lost = Duration::zero();
  charge(execute_, now, execution.lost);
  free_since_ = now;
  return execution;
}

void LaneMonitor::segment_recorded(JobId job, std::uint32_t segment, Duration wcet,
                                   const Execution& execution, TimePoint now) noexcept {
  const TimePoint since = now - execution.time;
  if (execution.lost > Duration::zero()) {
    lost(execution.lost, execution.evidence, since, job, now);
  }
  if (!execution.overrun) return;
  evidence_.overrun_excess += std::max(execution.time - wcet - execution.lost, Duration::zero());
  trace_.event(now, EventType::kOverrun, job,
               {as_payload(segment), execution.time.ns(), wcet.ns()});
  violated({Assumption::kWcet, execution.time, wcet, since}, job, now);
}

void LaneMonitor::lane_free(TimePoint now) noexcept {
  check_phase(Assumption::kCompletionOverhead, kNoJob, declared_.completion, now);
  charge(complete_, now);
  free_since_ = now;
}

void LaneMonitor::lost(Duration amount, LossEvidence evidence, TimePoint since, JobId job,
                       TimePoint now) noexcept {
  lost_in_busy_ += amount;
  losses_.note(amount, Duration::zero());
  note_evidence(amount, evidence);
  trace_.event(now, EventType::kLost, job, {amount.ns(), as_payload(evidence), since.ns()});
  if (lost_in_busy_ > lost_supply_) {
    if ((violated_ & bit(Assumption::kLostSupply)) == 0) lost_windows_.add();
    violated({Assumption::kLostSupply, lost_in_busy_, lost_supply_, std::min(since, busy_since_)},
             job, now);
  }
}

// A timer that is late is told apart from a processor that is taken away; what is recorded as
// preemption is the kernel's own account of it.
void LaneMonitor::note_evidence(Duration amount, trace::LossEvidence evidence) noexcept {
  if (evidence == LossEvidence::kTimerLate) {
    evidence_.late_release = std::max(evidence_.late_release, amount);
    return;
  }
  evidence_.lost += amount;
  if (evidence == LossEvidence::kStolen) evidence_.stolen += amount;
  if (evidence == LossEvidence::kPreempted) ++evidence_.involuntary_switches;
}

MissCause LaneMonitor::cause_of(const MissedJob& job) const noexcept {
  MissEvidence evidence = evidence_;
  evidence.tardiness = job.tardiness;
  evidence.queueing = job.queueing;
  evidence.skipped = job.skipped;
  return diagnose(evidence);
}

void LaneMonitor::violated(const Violation& violation, JobId job, TimePoint now) noexcept {
  trace_.count(violation.assumption);
  violations_.at(static_cast<std::size_t>(violation.assumption)).add();
  const std::uint64_t assumption = bit(violation.assumption);
  const bool recorded = (violated_ & assumption) != 0;
  violated_ |= assumption;
  if (recorded && (kRecordedOnce & assumption) != 0) return;
  trace_.event(now, EventType::kAssumptionViolated, job,
               {as_payload(violation.assumption), violation.measured.ns(), violation.declared.ns(),
                violation.since.ns()});
}

std::uint64_t LaneMonitor::violations_for_miss(TimePoint now) noexcept {
  const auto standing = [&](bool holds, Assumption assumption) {
    if (holds && (violated_ & bit(assumption)) == 0) {
      violated({assumption, {}, {}, busy_since_}, kNoJob, now);
    }
  };
  standing(!admitted_, Assumption::kNotAdmitted);
  standing(real_time_denied_, Assumption::kRealTimeDenied);
  standing(trace_.take_dropped(), Assumption::kTraceDropped);
  return violated_;
}

LaneTime LaneMonitor::time() const noexcept {
  const auto total = [](const Counter& phase) { return Duration::nanoseconds(phase.value()); };
  return {.idle = total(idle_),
          .dispatch = total(dispatch_),
          .execute = total(execute_),
          .complete = total(complete_),
          .lost = total(lost_)};
}

std::array<std::uint64_t, trace::kAssumptionCount> LaneMonitor::violations() const noexcept {
  std::array<std::uint64_t, trace::kAssumptionCount> counts{};
  std::transform(violations_.begin(), violations_.end(), counts.begin(),
                 [](const Counter& count) { return static_cast<std::uint64_t>(count.value()); });
  return counts;
}

}  // namespace aegis::executor
