// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/theory/policy/job_parameters.h"

namespace aegis::theory::policy {

// The dispatching policies of a lane. All are work-conserving and choose only between segments.
enum class Policy : std::uint8_t {
  kEdf,
  kRateMonotonic,
  kDeadlineMonotonic,
  kStaticPriority,
  kFifo
};

// "edf", "rm", "dm", "static", "fifo".
[[nodiscard]] std::string_view to_string(Policy policy);

// The policy of that name, nothing when there is none. "np_edf" also means edf and "fp" static: on
// a lane every policy is non-preemptive between segments, so the names say the same thing twice.
[[nodiscard]] std::optional<Policy> policy_from(std::string_view name);

// Smaller runs first. A total order: the policy's key, then arrival, then task, then sequence, so
// that simulator, executor and audit agree on every tie.
struct OrderingKey {
  std::int64_t key = 0;
  TimePoint arrival;
  JobId id;
  constexpr auto operator<=>(const OrderingKey&) const = default;
};

// Real-time: a switch and a few loads; each policy's own key is in its header.
[[nodiscard]] OrderingKey order(Policy policy, const JobParameters& job) noexcept;

}  // namespace aegis::theory::policy
