// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "aegis/trace/event.h"

namespace aegis::trace {

// How a payload value is to be read. The unit, where there is one, is the end of the field's name.
enum class FieldKind : std::uint8_t {
  kNumber,
  kTime,      // nanoseconds of the event's clock domain; INT64_MAX: never
  kDuration,  // nanoseconds
  kTask,      // a task's number; TaskId::kNone: none
  kSource,
  kRefusalReason,
  kSelectionReason,
  kSegmentOutcome,
  kJobOutcome,
  kSeverity,
  kAssumption,
  kAssumptions,  // a set of bits
  kEvidence,
  kErrorCode,
};

// One of the up to five payload values of an event type.
struct Field {
  std::string_view name;  // "response_ns"
  FieldKind kind = FieldKind::kNumber;
};

// Every event type there is, in the order of a job's life.
[[nodiscard]] std::span<const EventType> every_event_type() noexcept;

// The names of payload[0], payload[1] … of this event type: the one table that exporters, queries
// and documentation share. Empty for a type of a newer program.
[[nodiscard]] std::span<const Field> fields_of(EventType type) noexcept;

// True for kinds whose values are words: to_text gives them.
[[nodiscard]] bool is_symbolic(FieldKind kind) noexcept;
// "smallest_key", "wcet+lost_supply", "12": the value as a person or a JSON reader wants it.
// Allocates.
[[nodiscard]] std::string to_text(FieldKind kind, std::int64_t value);

}  // namespace aegis::trace
