// SPDX-License-Identifier: Apache-2.0
#include "busy_period_check.h"

#include <fmt/format.h>

#include "aegis/trace/event_fields.h"

namespace aegis::audit {

using trace::Assumption;
using trace::Event;
using trace::EventType;
using trace::RefusalReason;

void BusyPeriodCheck::take(const Event& event) {
  switch (event.type) {
    case EventType::kOverrun:
    case EventType::kLost:
    case EventType::kContextFailed:
    case EventType::kAssumptionViolated:
      return take_violation(event);
    case EventType::kRefused:
      refused_[event.job_id()] = static_cast<RefusalReason>(event.payload[0]);
      return;
    case EventType::kCompleted:
      return take_completion(event);
    case EventType::kMissed:
      return take_miss(event);
    case EventType::kIdleBegin:
      return judge();
    default:
      return;
  }
}

// Facts of the whole run: they hold in every busy period.
std::uint64_t BusyPeriodCheck::standing() const {
  std::uint64_t bits = 0;
  if (lane_.declared != nullptr && !lane_.declared->admitted) bits |= bit(Assumption::kNotAdmitted);
  if (!lane_.trace.session.real_time && !lane_.trace.session.real_time_note.empty()) {
    bits |= bit(Assumption::kRealTimeDenied);
  }
  if (lane_.trace.dropped > 0) bits |= bit(Assumption::kTraceDropped);
  return bits;
}

void BusyPeriodCheck::take_violation(const Event& event) {
  std::uint64_t bits = 0;
  switch (event.type) {
    case EventType::kOverrun:
      bits = bit(Assumption::kWcet);
      break;
    case EventType::kContextFailed:
      bits = bit(Assumption::kFault);
      break;
    case EventType::kLost:
      // The proof grants the lane a declared loss in each busy period; only beyond it a cause
      // begins.
      recorded_ |= bit(Assumption::kLostSupply);
      lost_ns_ = trace::saturating_plus(lost_ns_, event.payload[0]);
      if (lane_.declared != nullptr && lost_ns_ > lane_.declared->lost_supply.ns()) {
        bits = bit(Assumption::kLostSupply);
      }
      break;
    default:
      if (event.payload[0] < 0 || event.payload[0] >= trace::kAssumptionCount) return;
      bits = bit(static_cast<Assumption>(event.payload[0]));
      break;
  }
  violated_ |= bits;
  recorded_ |= bits;
}

void BusyPeriodCheck::take_miss(const Event& event) {
  misses_.push_back(event);
  const std::uint64_t known = recorded_ | standing();
  const auto named = static_cast<std::uint64_t>(event.payload[2]);
  lane_.require(
      (named & ~known) == 0, Rule::kNamedCause, event,
      [&] {
        return "at most the recorded violations: " +
               trace::to_text(trace::FieldKind::kAssumptions, static_cast<std::int64_t>(known));
      },
      [&] { return "named " + trace::to_text(trace::FieldKind::kAssumptions, event.payload[2]); });
}

void BusyPeriodCheck::take_completion(const Event& event) {
  if (event.payload[3] != static_cast<std::int64_t>(trace::JobOutcome::kDone)) {
    recorded_ |= bit(Assumption::kFault);
    return;
  }
  const trace::TaskDeclaration* task = lane_.trace.find_task(TaskId{event.task});
  if (task == nullptr || task->response_bound == Duration::zero()) return;
  lane_.count(Rule::kResponseBound);
  if (event.payload[0] > task->response_bound.ns()) beyond_bound_.push_back(event);
}

void BusyPeriodCheck::judge() {
  const bool explained = (violated_ | standing()) != 0;
  for (const Event& miss : misses_) {
    // By the overload rule a job may be turned away without any fault where jobs may outlast their
    // period.
    const auto refused = refused_.find(miss.job_id());
    const trace::TaskDeclaration* task = lane_.trace.find_task(TaskId{miss.task});
    const bool allowed =
        refused != refused_.end() && refused->second == RefusalReason::kOverload &&
        task != nullptr &&
        (task->response_bound == Duration::zero() || task->response_bound > task->period);
    lane_.require(explained || allowed, Rule::kCause, miss,
                  "a violated assumption in its busy period", "a miss without one");
  }
  for (const Event& late : beyond_bound_) {
    if (explained) continue;
    const trace::TaskDeclaration* task = lane_.trace.find_task(TaskId{late.task});
    lane_.add(Rule::kResponseBound, late.job_id(), late.time(),
              fmt::format("a response of at most {} ns", task->response_bound.ns()),
              fmt::format("{} ns, and no violated assumption", late.payload[0]));
  }
  violated_ = recorded_ = 0;
  lost_ns_ = 0;
  misses_.clear();
  beyond_bound_.clear();
  refused_.clear();
}

// The last busy period of a cut trace may have its causes behind the cut.
void BusyPeriodCheck::finish() {
  if (!lane_.trace.truncated) judge();
}

}  // namespace aegis::audit
