// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"

namespace aegis::trace {

// What events refer to by number, and decisions that come with words. Declared from ordinary
// threads, never on the path of a job; a declaration stands in the file before the first event that
// refers to it.

// The run as a whole: so that a trace explains itself years later.
struct SessionDeclaration {
  std::string program{};           // "aegisrt 0.1.0"
  std::string machine{};           // CPU model, kernel, cores
  std::string workload{};          // path or name as given
  bool real_time = false;          // the lanes run in a real-time class
  std::string real_time_note{};    // why not, in one sentence
  std::int64_t start_time_ns = 0;  // host monotonic
  std::int64_t start_unix_ns = 0;  // the same instant on the wall clock
};

// A lane, with what the proof assumed of it: the bounds that its monitors compare with.
struct LaneDeclaration {
  LaneId id{};
  std::string name{};
  std::string device{};   // "cpu", "cuda:0"
  int cpu = -1;           // pinned to, -1: not pinned
  std::string policy{};   // "np_edf", "rm", "dm", "fifo", "static"
  bool admitted = false;  // the set was proved before the run
  Duration release_overhead{};
  Duration dispatch_overhead{};
  Duration completion_overhead{};
  Duration lost_supply{};  // declared bound within one busy period
  Duration clock_error{};  // by which two readings of the clock may disagree
};

// A task as it was admitted: what names, deadlines and WCETs in stories and audits come from.
struct TaskDeclaration {
  TaskId id{};
  LaneId lane{};
  std::string name{};
  std::string backend{};
  Duration period{};
  Duration deadline{};
  Duration release_jitter{};
  std::int64_t priority = 0;
  std::string overload{};                 // "reject", "skip", "queue(3)"
  std::vector<Duration> segment_wcets{};  // as admitted, overheads excluded
  Duration response_bound{};              // proved; zero: none
  std::uint32_t batch = 1;
};

// A decision with its rationale in words: admission, planning, a change, a refusal.
struct DecisionDeclaration {
  std::int64_t time_ns = 0;
  TaskId task{};          // invalid: of the whole set
  std::string kind{};     // "register", "profile", "admit", "plan", "add", "remove", "drain"
  std::string outcome{};  // "accepted", "refused", "done"
  std::string rationale{};
};

// Any of the four, as files and sinks hand them on.
using Declaration =
    std::variant<SessionDeclaration, LaneDeclaration, TaskDeclaration, DecisionDeclaration>;

}  // namespace aegis::trace
