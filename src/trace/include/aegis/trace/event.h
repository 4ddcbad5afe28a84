// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"

namespace aegis::trace {

// Whose clock a time was read from. Device times become comparable through kClockCorrelation
// events.
enum class ClockDomain : std::uint8_t { kHostMonotonic, kDevice };

// Everything that happens to a job, and everything that is decided about it, in the order of its
// life. The comment names the meaning of the payload p0..p4 in order; times are nanoseconds of the
// event's clock domain.
enum class EventType : std::uint8_t {
  kSubmitted = 1,  // arrival, inbox depth after, Source           (by the submitter, or the lane
                   // for periodic tasks)
  kRefused,   // RefusalReason, inbox depth                   (the job will never run: counts as a
              // miss)
  kReleased,  // arrival, absolute deadline, ordering key, ready jobs after  (it stands in the ready
              // queue)
  kSelected,  // segment, ordering key, ready jobs to choose from (itself included),
              // SelectionReason, runner-up task
  kAlternative,  // ordering key, rank from 1, segment           (after kSelected: a ready job not
                 // chosen; best first)
  kBound,  // stream, arena offset, arena bytes, context   (what the job occupies; fixed by the
           // plan)
  kSegmentStart,  // segment, WCET bound
  kSegmentEnd,    // segment, execution time, CPU time of the lane's thread (-1 unknown),
                  // SegmentOutcome
  kCompleted,     // response time, lateness (signed), execution time of all segments, JobOutcome
  kMissed,  // tardiness (0 if it never ran), MissSeverity, Assumption bits seen in the busy period,
            // deadline, arrival
  kOverrun,             // segment, execution time, WCET bound
  kAssumptionViolated,  // Assumption, measured, declared, since
  kLost,       // lost time, LossEvidence, since               (the lane did not get the processor)
  kIdleBegin,  // planned wake-up (INT64_MAX: none)            (ends a busy period: nothing ready,
               // nothing running)
  kIdleEnd,    // planned wake-up                              (begins a busy period)
  kTaskAdded,  // -                                            (from here the lane may run jobs of
               // the task)
  kTaskRemoved,    // jobs still pending, dropped
  kContextFailed,  // ErrorCode, native code                       (the fault boundary closed: only
                   // this task stops)
  kClockCorrelation,  // host time, device time, error bound
  kDrainBegin,        // deadline
  kStopped,           // jobs pending, dropped
};

// Where a job came from: its task's period, or a call of submit().
enum class Source : std::uint8_t { kPeriodic, kSubmit };
// Why a job will never run.
enum class RefusalReason : std::uint8_t {
  kInboxFull,
  kOverload,
  kDraining,
  kContextFailed,
  kTaskUnknown
};
// Why this job was picked: nobody else was ready; its key is smallest; or keys were equal, and it
// arrived first, or at the same instant its task has the smaller number.
enum class SelectionReason : std::uint8_t { kOnlyReady, kSmallestKey, kTieByArrival, kTieByTask };
// How a segment, and the job with it, ended. A cancelled one was told to stop.
enum class SegmentOutcome : std::uint8_t { kDone, kFailed, kCancelled };
enum class JobOutcome : std::uint8_t { kDone, kFailed, kCancelled };
// soft: late by less than one relative deadline; hard: later than that; skipped: never ran or did
// not finish.
enum class MissSeverity : std::uint8_t { kSoft, kHard, kSkipped };
enum class LossEvidence : std::uint8_t { kStolen, kPreempted, kTimerLate, kUnknown };

// What a proof assumed, each with a monitor. Values are bit numbers: kMissed carries a set of them.
enum class Assumption : std::uint8_t {
  kWcet,                // a segment ran longer than its bound
  kInterArrival,        // two arrivals closer than the period
  kReleaseJitter,       // released later after its arrival than declared
  kReleaseOverhead,     // timer or inbox took longer than charged
  kDispatchOverhead,    // free lane to first instruction took longer than charged
  kCompletionOverhead,  // last instruction to free lane took longer than charged
  kLostSupply,          // the processor was taken from the lane for longer than declared
  kNotAdmitted,         // the set runs without a proof
  kFault,               // a model failed, hung or was cancelled
  kTraceDropped,        // a ring was full
  kRealTimeDenied,      // the lane does not run in a real-time class although the run asked for it
  kMemoryPlan,          // a model asked for memory otherwise than its plan foresees
};
inline constexpr int kAssumptionCount = 12;
[[nodiscard]] constexpr std::uint64_t bit(Assumption assumption) {
  return 1ULL << static_cast<unsigned>(assumption);
}

// The words of exporters, queries and reports: "segment_start", "tie_by_arrival". "unknown" for a
// value of a newer program. Real-time: constant tables.
[[nodiscard]] std::string_view to_string(EventType type) noexcept;
[[nodiscard]] std::string_view to_string(ClockDomain domain) noexcept;
[[nodiscard]] std::string_view to_string(Source source) noexcept;
[[nodiscard]] std::string_view to_string(SegmentOutcome outcome) noexcept;
[[nodiscard]] std::string_view to_string(JobOutcome outcome) noexcept;
[[nodiscard]] std::string_view to_string(Assumption assumption) noexcept;
[[nodiscard]] std::string_view to_string(RefusalReason reason) noexcept;
[[nodiscard]] std::string_view to_string(SelectionReason reason) noexcept;
[[nodiscard]] std::string_view to_string(MissSeverity severity) noexcept;
[[nodiscard]] std::string_view to_string(LossEvidence evidence) noexcept;

// One cache line, written once, never changed. Its layout is the file's layout (little-endian).
struct alignas(64) Event {
  static constexpr std::uint64_t kNoJob = ~0ULL;
  static constexpr std::uint16_t kNoLane = 0xffff;

  std::int64_t time_ns = 0;
  std::uint64_t job = kNoJob;  // JobId::sequence
  std::uint32_t task = TaskId::kNone;
  std::uint16_t lane = kNoLane;
  EventType type{};
  ClockDomain clock = ClockDomain::kHostMonotonic;
  std::array<std::int64_t, 5> payload{};

  [[nodiscard]] TimePoint time() const { return TimePoint::from_ns(time_ns); }
  [[nodiscard]] JobId job_id() const { return {TaskId{task}, job}; }
};
static_assert(sizeof(Event) == 64 && std::is_trivially_copyable_v<Event>);

}  // namespace aegis::trace
