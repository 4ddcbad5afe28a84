// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/trace/trace.h"

namespace aegis::trace {

// Why a job was late: what the lane did in each instant between its arrival and its end, and why it
// did that and not this job.
//
// Invariant: the parts are contiguous and begin at the arrival, so their sum is the response time,
// to the nanosecond.

// One decision of the lane's policy, as it was recorded.
struct Choice {
  TimePoint time{};
  JobId chosen{};
  std::uint32_t segment = 0;
  std::int64_t key = 0;
  std::optional<std::int64_t> next_key{};  // of the best one not chosen
  std::uint32_t ready = 0;                 // jobs to choose from, the chosen one included
  SelectionReason reason{};
  std::vector<JobId> others{};  // the best of those not chosen, best first (at most 8 are recorded)
};

enum class PartKind : std::uint8_t {
  kRelease,       // the lane had nothing else to do, but did not know of the job yet: timer, inbox
  kBlocking,      // a job that this one outranks ran a segment begun before this one was ready
  kInterference,  // any other job's segment: that job outranks this one, or nobody can tell
  kHandOver,      // between segments: completing, choosing, starting
  kIdle,          // the lane idled although the job was ready: never, on a correct lane
  kRun,           // a segment of the job itself
};

// One stretch of the job's life, by what the lane did meanwhile.
struct Part {
  PartKind kind{};
  TimePoint begin{};
  Duration length{};
  JobId job{};                     // whose segment ran; invalid where none did
  std::uint32_t segment = 0;       // from 0
  bool began_before = false;       // the segment was chosen before this job was ready
  std::optional<Choice> choice{};  // what put that segment on the lane
  Duration wcet{};                 // of that segment, as admitted; zero: unknown
};

// A violated assumption in the job's busy period, before the job ended.
struct Violation {
  TimePoint time{};
  Assumption assumption{};
  JobId job{};         // invalid: of the lane
  std::string text{};  // "planner #4061 segment 2 ran 14 ms, bound 10 ms"
};

// What became of the job, as far as the trace reaches; kPending: it does not say.
enum class JobEnding : std::uint8_t { kCompleted, kFailed, kCancelled, kRefused, kPending };

// Everything the trace holds about one job, in order.
struct JobStory {
  JobId job{};
  LaneId lane{};
  std::optional<Source> source{};
  TimePoint arrival{};
  std::optional<TimePoint> released{};
  std::optional<TimePoint> deadline{};
  std::optional<std::int64_t> key{};  // as released, else as the policy gives it; or unknown
  std::vector<JobId> ready_with{};  // in the ready queue at its release, in order of their release
  std::vector<Part> parts{};
  JobEnding ending = JobEnding::kPending;
  std::optional<RefusalReason> refusal{};
  TimePoint end{};       // of the parts: completion, refusal, or what the trace reaches
  Duration response{};   // end - arrival
  Duration execution{};  // own segments
  Duration bound{};      // proved; zero: none
  bool missed = false;   // the lane recorded a miss
  Duration tardiness{};
  std::optional<MissSeverity> severity{};
  std::uint64_t violated = 0;  // Assumption bits that the miss names
  bool hung = false;           // the watchdog cancelled its segment
  // Of a job that missed or outlasted its bound; empty for every other. Those that the miss names
  // come first, each group in time order.
  std::vector<Violation> violations{};
  bool violated_later = false;  // others follow its end, in the same busy period

  // The sum of all parts of this kind.
  [[nodiscard]] Duration total(PartKind kind) const;
  // Whether the miss names this assumption as violated.
  [[nodiscard]] bool names(Assumption assumption) const;
};

// Tells stories of one trace, which it borrows. Building costs one pass; a story costs its busy
// period.
class Storyteller {
 public:
  // `trace` outlives it.
  explicit Storyteller(const Trace& trace);
  ~Storyteller();
  Storyteller(const Storyteller&) = delete;
  Storyteller& operator=(const Storyteller&) = delete;

  // kNotFound when the trace holds nothing of this job.
  [[nodiscard]] Result<JobStory> tell(JobId job) const;
  // Jobs of which the trace records a miss (late, failed, or turned away against their will), in
  // time order. What an operator took away before its deadline is no miss.
  [[nodiscard]] std::vector<JobId> missed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The story as people read it: times relative to the arrival, names instead of numbers, and at the
// end the account of the response time against bound and deadline. Several lines, each ended.
[[nodiscard]] std::string to_text(const Trace& trace, const JobStory& story);

}  // namespace aegis::trace
