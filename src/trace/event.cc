// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/event.h"

namespace aegis::trace {

// Every switch is without a default, so that the compiler names the value that was forgotten; what
// comes from a file may hold any number, hence the last line of each.

std::string_view to_string(EventType type) noexcept {
  switch (type) {
    case EventType::kSubmitted:
      return "submitted";
    case EventType::kRefused:
      return "refused";
    case EventType::kReleased:
      return "released";
    case EventType::kSelected:
      return "selected";
    case EventType::kAlternative:
      return "alternative";
    case EventType::kBound:
      return "bound";
    case EventType::kSegmentStart:
      return "segment_start";
    case EventType::kSegmentEnd:
      return "segment_end";
    case EventType::kCompleted:
      return "completed";
    case EventType::kMissed:
      return "missed";
    case EventType::kOverrun:
      return "overrun";
    case EventType::kAssumptionViolated:
      return "assumption_violated";
    case EventType::kLost:
      return "lost";
    case EventType::kIdleBegin:
      return "idle_begin";
    case EventType::kIdleEnd:
      return "idle_end";
    case EventType::kTaskAdded:
      return "task_added";
    case EventType::kTaskRemoved:
      return "task_removed";
    case EventType::kContextFailed:
      return "context_failed";
    case EventType::kClockCorrelation:
      return "clock_correlation";
    case EventType::kDrainBegin:
      return "drain_begin";
    case EventType::kStopped:
      return "stopped";
  }
  return "unknown";
}

std::string_view to_string(ClockDomain domain) noexcept {
  switch (domain) {
    case ClockDomain::kHostMonotonic:
      return "host";
    case ClockDomain::kDevice:
      return "device";
  }
  return "unknown";
}

std::string_view to_string(Source source) noexcept {
  switch (source) {
    case Source::kPeriodic:
      return "periodic";
    case Source::kSubmit:
      return "submit";
  }
  return "unknown";
}

std::string_view to_string(RefusalReason reason) noexcept {
  switch (reason) {
    case RefusalReason::kInboxFull:
      return "inbox_full";
    case RefusalReason::kOverload:
      return "overload";
    case RefusalReason::kDraining:
      return "draining";
    case RefusalReason::kContextFailed:
      return "context_failed";
    case RefusalReason::kTaskUnknown:
      return "task_unknown";
  }
  return "unknown";
}

std::string_view to_string(SelectionReason reason) noexcept {
  switch (reason) {
    case SelectionReason::kOnlyReady:
      return "only_ready";
    case SelectionReason::kSmallestKey:
      return "smallest_key";
    case SelectionReason::kTieByArrival:
      return "tie_by_arrival";
    case SelectionReason::kTieByTask:
      return "tie_by_task";
  }
  return "unknown";
}

std::string_view to_string(SegmentOutcome outcome) noexcept {
  switch (outcome) {
    case SegmentOutcome::kDone:
      return "done";
    case SegmentOutcome::kFailed:
      return "failed";
    case SegmentOutcome::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view to_string(JobOutcome outcome) noexcept {
  switch (outcome) {
    case JobOutcome::kDone:
      return "done";
    case JobOutcome::kFailed:
      return "failed";
    case JobOutcome::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view to_string(MissSeverity severity) noexcept {
  switch (severity) {
    case MissSeverity::kSoft:
      return "soft";
    case MissSeverity::kHard:
      return "hard";
    case MissSeverity::kSkipped:
      return "skipped";
  }
  return "unknown";
}

std::string_view to_string(LossEvidence evidence) noexcept {
  switch (evidence) {
    case LossEvidence::kStolen:
      return "stolen";
    case LossEvidence::kPreempted:
      return "preempted";
    case LossEvidence::kTimerLate:
      return "timer_late";
    case LossEvidence::kUnknown:
      return "unknown_cause";
  }
  return "unknown";
}

std::string_view to_string(Assumption assumption) noexcept {
  switch (assumption) {
    case Assumption::kWcet:
      return "wcet";
    case Assumption::kInterArrival:
      return "inter_arrival";
    case Assumption::kReleaseJitter:
      return "release_jitter";
    case Assumption::kReleaseOverhead:
      return "release_overhead";
    case Assumption::kDispatchOverhead:
      return "dispatch_overhead";
    case Assumption::kCompletionOverhead:
      return "completion_overhead";
    case Assumption::kLostSupply:
      return "lost_supply";
    case Assumption::kNotAdmitted:
      return "not_admitted";
    case Assumption::kFault:
      return "fault";
    case Assumption::kTraceDropped:
      return "trace_dropped";
    case Assumption::kRealTimeDenied:
      return "real_time_denied";
    case Assumption::kMemoryPlan:
      return "memory_plan";
  }
  return "unknown";
}

}  // namespace aegis::trace
