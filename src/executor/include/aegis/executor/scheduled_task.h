// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/executor/task_handle.h"
#include "aegis/theory/advice.h"
#include "aegis/theory/certificate.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::executor {

// Which group of workers serves a task. Each group has threads of its own with their own real-time
// priority, so no task ever changes the class of the thread it runs on.
enum class Priority : std::uint8_t { kCritical, kHigh, kNormal, kLow };
inline constexpr std::size_t kPriorities = 4;

// "critical", "high", "normal", "low".
[[nodiscard]] std::string_view to_string(Priority priority) noexcept;

// What a missed deadline means (Buttazzo's terms).
enum class DeadlineClass : std::uint8_t {
  kSoft,  // the job runs late, the miss is counted and reported
  kFirm,  // a late result is worthless: what has not begun by its deadline is skipped
  kHard,  // as soft, and the emergency hook is called at once, on the worker
};

// C: no execution of the task takes longer. A type of its own beside period and deadline.
struct Wcet {
  Duration value;
};

// A name under which jobs are measured together, and what they have in common: the recurrent source
// that real-time theory calls a task. Define it once, at start-up.
struct TaskKind {
  std::uint32_t index = 0;  // 0: those of no kind
  friend auto operator<=>(const TaskKind&, const TaskKind&) = default;
};
struct TaskKindConfig {
  std::string name;
  std::uint8_t level = 63;  // fixed priority: 0 runs first, 63 last
  // Rate monotonic: the shorter, the earlier; zero: after all others. Not enforced.
  Duration period;
  DeadlineClass deadline_class = DeadlineClass::kSoft;
};

// How a job is to be treated. `schedule(body, {.priority = Priority::kHigh, .worker = 1})`.
struct JobOptions {
  Priority priority = Priority::kNormal;
  TaskKind kind = {};
  std::optional<std::uint32_t> worker = std::nullopt;  // of its group: it never runs elsewhere
};

// A task released every period. Its releases are arrivals: first release + offset + k period,
// without drift.
struct PeriodicTask {
  std::string name;
  Duration period;
  std::optional<RelativeDeadline> deadline = std::nullopt;  // nothing: the period
  // Declared: the task is admitted only with a proof, and an execution beyond it is an overrun.
  // Not declared: it runs unproven, behind all that is.
  std::optional<Wcet> wcet = std::nullopt;
  Duration offset = Duration::zero();
  theory::Overload overload = {};  // a release that finds the previous job unfinished
  DeadlineClass deadline_class = DeadlineClass::kSoft;
  std::uint8_t level = 63;                             // fixed priority
  std::uint64_t activations = 0;                       // ends after so many; 0: never
  std::optional<std::uint32_t> worker = std::nullopt;  // nothing: the first that bears it
};

// A source of jobs at least `min_inter_arrival` apart, proven once; its jobs are submitted without
// further analysis. A job that comes early is refused, since the proof does not cover it.
struct SporadicTask {
  std::string name;
  Wcet wcet;
  Duration min_inter_arrival;
  RelativeDeadline deadline;
  DeadlineClass deadline_class = DeadlineClass::kSoft;
  std::uint8_t level = 63;
  std::uint32_t unfinished = 1;  // jobs it may have at once
  std::optional<std::uint32_t> worker = std::nullopt;
};

// The answer to a task with a declared WCET. A refusal is a verdict, not an error.
struct Admission {
  theory::Verdict verdict = theory::Verdict::kUnknown;
  TaskHandle task;  // valid if admitted
  TaskKind kind;    // what it is measured as; of a sporadic task also what jobs submit with
  std::uint32_t worker = 0;                        // of the group: where it runs
  std::string reason;                              // one sentence with numbers
  std::optional<theory::Certificate> certificate;  // of the worker's set with it; if admitted
  std::vector<theory::Advice> advice;              // if refused: what would have been admitted
  [[nodiscard]] bool admitted() const { return verdict == theory::Verdict::kSchedulable; }
};

}  // namespace aegis::executor
