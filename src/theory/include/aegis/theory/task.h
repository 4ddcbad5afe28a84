// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/rational.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"

namespace aegis::theory {

// A non-preemptible piece of execution on a lane.
struct Segment {
  Duration wcet;  // C_k > 0: no execution of this segment takes longer
  Duration bcet;  // 0 <= bcet <= wcet: none takes less
};

// What happens to a release that finds the previous job of its task unfinished. Jobs that never run
// count as misses.
enum class OverloadRule : std::uint8_t {
  kReject,  // the new job is refused and the submitter told
  kSkip,    // the new job is dropped silently but counted
  kQueue,   // the new job waits, up to `queue_depth` of them; beyond it, as kReject
};

// An overload rule with its depth.
struct Overload {
  OverloadRule rule = OverloadRule::kSkip;
  std::uint32_t queue_depth = 0;  // meaningful for kQueue only, then >= 1
};

// Where a stage runs. Only kLane segments occupy the lane; host stages are data for the analysis of
// chains.
enum class StageKind : std::uint8_t { kHost, kLane };

// Whether a stage that finds several results of its predecessor takes only the newest or all in
// order.
enum class Freshness : std::uint8_t { kLatest, kQueue };

// One step of a task: host pre-processing, the model, host post-processing. Stages form a DAG by
// index.
struct Stage {
  std::string name;
  StageKind kind = StageKind::kLane;
  std::vector<Segment> segments;  // in execution order, at least one
  std::vector<std::uint32_t>
      predecessors;  // indices into Task::stages, each smaller than this stage's own
  Freshness freshness = Freshness::kLatest;
};

// Smaller value, higher priority (as in Audsley, and in the job-set files of the tests).
struct Priority {
  std::int64_t value = 0;
  constexpr auto operator<=>(const Priority&) const = default;
};

// A recurrent source of jobs: sporadic, with at least `period` between two arrivals, unless
// `offset` is given, in which case arrivals are at offset + k·period exactly. A job may run from
// its release, at most the jitter after its arrival; its deadline and its response time count from
// the arrival (docs/adr/0002-deadlines-count-from-arrival.md).
//
//   literature   here
//   C            sum of the segments' wcet
//   T            period
//   D            deadline
//   J            release_jitter
//   O            offset
//   B            derived: the blocking an analysis charges
//
// The running example of this project, in milliseconds:
//
//        C    T    D
//   A   20  100   50
//   B   15   80   40
//   C   30  200  100
struct Task {
  TaskId id;
  std::string name;
  std::vector<Segment> segments;  // what occupies the lane, in order; at least one
  Duration period;                // T > 0, minimum inter-arrival
  RelativeDeadline deadline;      // D > 0, counted from the arrival; may exceed the period
  Duration release_jitter;        // 0 <= J: the release follows the arrival by at most this
  std::optional<Duration> offset;
  Priority priority;  // for the static-priority policy
  Overload overload;
  std::uint32_t batch = 1;    // part of a profile's identity, no meaning to the analyses
  std::vector<Stage> stages;  // empty: the task is its lane segments only
};

// All tasks of one lane. An analysis answers for the set, never for a task alone.
using TaskSet = std::vector<Task>;

// The largest sum of all periods, deadlines, jitters, offsets and WCETs of a set that the analyses
// take: 2^60 ns, 36 years. For U <= 1 the work requested in an interval of length t is at most t +
// sum(C + J), so with t below the same limit every intermediate value stays below 2^62 and nothing
// in int64 overflows.
inline constexpr Duration kLargestSum = Duration::nanoseconds(std::int64_t{1} << 60);

// Whether the set is one the analyses are defined for: at least one task; unique, valid ids; for
// each task at least one segment with 0 <= bcet <= wcet and wcet > 0, T > 0, D > 0, J >= 0, offset
// >= 0, a queue depth >= 1 where the rule is kQueue, stages that come after their predecessors; all
// sums within kLargestSum. The first problem found otherwise: text says what, detail names the
// task. Every analysis has this as its precondition and answers kUnknown with the same words when
// it fails.
[[nodiscard]] Status validate(const TaskSet& tasks);

// C: the sum of the WCETs of the segments; nothing when it overflows.
[[nodiscard]] std::optional<Duration> total_wcet(const Task& task);
// The largest WCET of its segments: how long it can block others.
[[nodiscard]] Duration longest_segment(const Task& task);

// U = sum C_i / T_i, exactly. Precondition: validate(tasks). Running example: 0.2 + 0.1875 + 0.15 =
// 0.5375.
[[nodiscard]] Rational utilisation(const TaskSet& tasks);

// What one job costs beyond its segments. All are upper bounds; an analysis sees them only through
// `charge`.
struct Overheads {
  Duration release;      // per job: timer or inbox until the job stands in the ready queue
  Duration dispatch;     // per segment: from a free lane to the segment's first instruction, the
                         // handling of every other task's release found waiting there included
  Duration completion;   // per segment: from its last instruction to a free lane; trace and
                         // callback hand-over included
  Duration clock_error;  // per job: how far two readings of the clock may disagree
  constexpr auto operator<=>(const Overheads&) const = default;
};

// The same set with the overheads inside: each segment longer by dispatch + completion, the first
// by release, and every deadline shorter by clock_error. Nothing when a sum overflows or a deadline
// vanishes.
[[nodiscard]] std::optional<TaskSet> charge(const TaskSet& tasks, const Overheads& overheads);

// Whether a lower-priority segment that blocks began a tick before the release in question or
// exactly with it.
//
//   kStartedBefore   blocking is C - tick: exact where time is a whole number of ticks, as in the
//                    simulator and the oracles of the tests
//   kClosed          blocking is C: what a certificate uses, since real time is dense
//
// Best-effort work has no deadline and comes after everything that has one: its longest segment is
// one more candidate for the segment that blocks, under the maximum, never in a sum.
struct Blocking {
  // See above.
  enum class Convention : std::uint8_t { kStartedBefore, kClosed };
  Convention convention = Convention::kClosed;
  Duration tick = Duration::nanoseconds(1);
  Duration best_effort;  // its longest segment; zero: there is none

  // The two conventions by name; `tick` is the unit of time of what it is compared with.
  static constexpr Blocking closed() { return {}; }
  static constexpr Blocking started_before(Duration tick) {
    return {Convention::kStartedBefore, tick, {}};
  }
  [[nodiscard]] constexpr Blocking with_best_effort(Duration longest_segment) const {
    return {convention, tick, longest_segment};
  }
  // How long a segment of this WCET can block.
  [[nodiscard]] constexpr Duration of(Duration segment) const {
    if (convention == Convention::kClosed) return segment;
    return segment > tick ? segment - tick : Duration::zero();
  }
};

// Whether the numbers are such: 0 < tick <= kLargestSum, 0 <= best_effort <= kLargestSum;
// kInvalidArgument otherwise.
[[nodiscard]] Status validate(const Blocking& blocking);

}  // namespace aegis::theory
