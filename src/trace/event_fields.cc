// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/event_fields.h"

#include <array>

#include "aegis/base/error.h"

namespace aegis::trace {

namespace {

using enum FieldKind;

constexpr std::array kTypes{EventType::kSubmitted,
                            EventType::kRefused,
                            EventType::kReleased,
                            EventType::kSelected,
                            EventType::kAlternative,
                            EventType::kBound,
                            EventType::kSegmentStart,
                            EventType::kSegmentEnd,
                            EventType::kCompleted,
                            EventType::kMissed,
                            EventType::kOverrun,
                            EventType::kAssumptionViolated,
                            EventType::kLost,
                            EventType::kIdleBegin,
                            EventType::kIdleEnd,
                            EventType::kTaskAdded,
                            EventType::kTaskRemoved,
                            EventType::kContextFailed,
                            EventType::kClockCorrelation,
                            EventType::kDrainBegin,
                            EventType::kStopped};

constexpr Field kSubmitted[] = {{"arrival_ns", kTime}, {"inbox_depth"}, {"source", kSource}};
constexpr Field kRefused[] = {{"reason", kRefusalReason}, {"inbox_depth"}};
constexpr Field kReleased[] = {
    {"arrival_ns", kTime}, {"deadline_ns", kTime}, {"key"}, {"ready_jobs"}};
constexpr Field kSelected[] = {
    {"segment"}, {"key"}, {"ready_jobs"}, {"reason", kSelectionReason}, {"runner_up", kTask}};
constexpr Field kAlternative[] = {{"key"}, {"rank"}, {"segment"}};
constexpr Field kBound[] = {{"stream"}, {"arena_offset_bytes"}, {"arena_bytes"}, {"context"}};
constexpr Field kSegmentStart[] = {{"segment"}, {"wcet_ns", kDuration}};
constexpr Field kSegmentEnd[] = {
    {"segment"}, {"execution_ns", kDuration}, {"cpu_ns", kDuration}, {"outcome", kSegmentOutcome}};
constexpr Field kCompleted[] = {{"response_ns", kDuration},
                                {"lateness_ns", kDuration},
                                {"execution_ns", kDuration},
                                {"outcome", kJobOutcome}};
constexpr Field kMissed[] = {{"tardiness_ns", kDuration},
                             {"severity", kSeverity},
                             {"violated", kAssumptions},
                             {"deadline_ns", kTime},
                             {"arrival_ns", kTime}};
constexpr Field kOverrun[] = {{"segment"}, {"execution_ns", kDuration}, {"wcet_ns", kDuration}};
constexpr Field kViolated[] = {
    {"assumption", kAssumption}, {"measured"}, {"declared"}, {"since_ns", kTime}};
constexpr Field kLost[] = {{"lost_ns", kDuration}, {"evidence", kEvidence}, {"since_ns", kTime}};
constexpr Field kIdle[] = {{"wake_up_ns", kTime}};
constexpr Field kPending[] = {{"jobs_dropped"}};
constexpr Field kContextFailed[] = {{"error", kErrorCode}, {"native"}};
constexpr Field kCorrelation[] = {
    {"host_ns", kTime}, {"device_ns", kTime}, {"error_bound_ns", kDuration}};
constexpr Field kDrainBegin[] = {{"deadline_ns", kTime}};

std::string assumptions(std::int64_t bits) {
  std::string text;
  for (int i = 0; i < kAssumptionCount; ++i) {
    const auto assumption = static_cast<Assumption>(i);
    if ((static_cast<std::uint64_t>(bits) & bit(assumption)) == 0) continue;
    if (!text.empty()) text += '+';
    text += to_string(assumption);
  }
  return text.empty() ? "none" : text;
}

template <class Enum>
std::string word(std::int64_t value) {
  if (value < 0 || value > UINT8_MAX) return "unknown";
  return std::string(to_string(static_cast<Enum>(value)));
}

}  // namespace

std::span<const EventType> every_event_type() noexcept {
  return kTypes;
}

std::span<const Field> fields_of(EventType type) noexcept {
  switch (type) {
    case EventType::kSubmitted:
      return kSubmitted;
    case EventType::kRefused:
      return kRefused;
    case EventType::kReleased:
      return kReleased;
    case EventType::kSelected:
      return kSelected;
    case EventType::kAlternative:
      return kAlternative;
    case EventType::kBound:
      return kBound;
    case EventType::kSegmentStart:
      return kSegmentStart;
    case EventType::kSegmentEnd:
      return kSegmentEnd;
    case EventType::kCompleted:
      return kCompleted;
    case EventType::kMissed:
      return kMissed;
    case EventType::kOverrun:
      return kOverrun;
    case EventType::kAssumptionViolated:
      return kViolated;
    case EventType::kLost:
      return kLost;
    case EventType::kIdleBegin:
    case EventType::kIdleEnd:
      return kIdle;
    case EventType::kTaskAdded:
      return {};
    case EventType::kTaskRemoved:
    case EventType::kStopped:
      return kPending;
    case EventType::kContextFailed:
      return kContextFailed;
    case EventType::kClockCorrelation:
      return kCorrelation;
    case EventType::kDrainBegin:
      return kDrainBegin;
  }
  return {};
}

bool is_symbolic(FieldKind kind) noexcept {
  return kind != kNumber && kind != kTime && kind != kDuration && kind != kTask;
}

std::string to_text(FieldKind kind, std::int64_t value) {
  switch (kind) {
    case kNumber:
    case kTime:
    case kDuration:
    case kTask:
      return std::to_string(value);
    case kSource:
      return word<Source>(value);
    case kRefusalReason:
      return word<RefusalReason>(value);
    case kSelectionReason:
      return word<SelectionReason>(value);
    case kSegmentOutcome:
      return word<SegmentOutcome>(value);
    case kJobOutcome:
      return word<JobOutcome>(value);
    case kSeverity:
      return word<MissSeverity>(value);
    case kAssumption:
      return word<Assumption>(value);
    case kAssumptions:
      return assumptions(value);
    case kEvidence:
      return word<LossEvidence>(value);
    case kErrorCode:
      return word<ErrorCode>(value);
  }
  return "unknown";
}

}  // namespace aegis::trace
