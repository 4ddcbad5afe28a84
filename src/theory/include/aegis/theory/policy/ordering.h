// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory::policy {

// The dispatching policies of a lane. All are work-conserving and choose only between segments.
enum class Policy : std::uint8_t {
  kEdf,
  kRateMonotonic,
  kDeadlineMonotonic,
  kStaticPriority,
  kFifo
};

[[nodiscard]] std::string_view to_string(Policy policy);  // "edf", "rm", "dm", "static", "fifo"
[[nodiscard]] std::optional<Policy> policy_from(std::string_view name);

// What a policy may look at: nothing that only the clock or the machine knows.
struct JobParameters {
  JobId id;
  TimePoint arrival;
  AbsoluteDeadline deadline;
  Duration period;
  RelativeDeadline relative_deadline;
  Priority priority;
};

// Smaller runs first. A total order: policy's key, then arrival, then task, then sequence, so that
// simulator, executor and audit agree on every tie.
struct OrderingKey {
  std::int64_t key = 0;
  TimePoint arrival;
  JobId id;
  constexpr auto operator<=>(const OrderingKey&) const = default;
};

// Real-time: a switch and a few loads; each policy's own key is in its header.
[[nodiscard]] OrderingKey order(Policy policy, const JobParameters& job) noexcept;

}  // namespace aegis::theory::policy
