// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "aegis/base/time.h"
#include "aegis/executor/miss_cause.h"

namespace aegis::executor {

// What an alert is about; what `measured` and `declared` then mean.
enum class AlertKind : std::uint8_t {
  kLatencyBudget,  // a job queued for `measured`, beyond the budget `declared`
  kDeadlineMiss,   // late by `measured`; `declared` is its relative deadline; `cause` says why
  kOverrun,        // an execution took `measured`, its declared WCET is `declared`
  kHungTask,    // a task has run for `measured` and not returned; `declared`: the watchdog's limit
  kLostSupply,  // the worker lacked its processor for `measured`, beyond the threshold `declared`
  kClockFallback,  // the TSC drifted by `measured`, beyond `declared`: another clock tells the time
  kDegraded,       // something asked for was refused: LatencyStats::degraded has the words
  kTaskThrew,      // an exception left a task after `measured`
  kAlertsDropped,  // a worker's queue of alerts was full: `count` alerts are lost
};
inline constexpr std::size_t kAlertKindCount = 9;

// The words of logs: "deadline_miss". "unknown" beyond the last. Real-time: a constant table.
[[nodiscard]] std::string_view to_string(AlertKind kind) noexcept;

// Something a person or a supervisor should hear of. Trivially copyable, so that it crosses from a
// worker without allocation.
struct Alert {
  // Longer names of tasks are cut, at a character's boundary if they are UTF-8.
  static constexpr std::size_t kNameCapacity = 47;

  AlertKind kind = AlertKind::kDegraded;
  MissCause cause = MissCause::kUnattributed;  // of misses
  std::uint32_t worker = 0;
  // How many alerts of this kind it stands for: more than one when a storm is collapsed, or alerts
  // were dropped. Everything else is then of the worst, the one with the largest `measured`.
  std::uint64_t count = 1;
  TimePoint at = {};
  Duration measured = {};
  Duration declared = {};
  std::array<char, kNameCapacity + 1> task = {};  // ends with a zero

  // Real-time: neither allocates nor locks.
  void set_task(std::string_view name) noexcept;
  [[nodiscard]] std::string_view task_name() const noexcept { return task.data(); }
};
static_assert(std::is_trivially_copyable_v<Alert>);

}  // namespace aegis::executor
