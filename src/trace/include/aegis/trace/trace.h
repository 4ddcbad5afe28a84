// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/trace/declaration.h"
#include "aegis/trace/event.h"
#include "aegis/trace/recorder.h"
#include "aegis/trace/trace_file.h"

namespace aegis::trace {

// A whole run in memory: what was declared, and every event in time order.
//
// Invariants: 1. events of one thread stand in the order in which the thread recorded them, also
// where their times do not increase; 2. events of different threads stand in time order, equal
// times by thread; 3. every event's time is in [0, 2^62), so that the difference of two times never
// overflows (payloads are as they were found: use saturating_minus).
struct Trace {
  SessionDeclaration session{};
  std::map<LaneId, LaneDeclaration> lanes{};
  std::map<TaskId, TaskDeclaration> tasks{};
  std::vector<DecisionDeclaration> decisions{};
  std::vector<std::string> threads{};  // index: ThreadId
  std::vector<Event> events{};
  std::vector<std::uint16_t> recorded_by{};  // parallel to events: the thread of each
  std::uint64_t dropped = 0;                 // lost in rings, as far as the trace knows
  bool truncated = false;  // ends in the middle of the run: killed, or still running
  std::optional<TraceFooter> footer{};

  // For people: the declared name, or "task 7" where there is none.
  [[nodiscard]] std::string task_name(TaskId task) const;
  [[nodiscard]] std::string lane_name(LaneId lane) const;
  // "detector #8123"
  [[nodiscard]] std::string job_name(JobId job) const;
  [[nodiscard]] const TaskDeclaration* find_task(TaskId task) const;
  [[nodiscard]] const LaneDeclaration* find_lane(LaneId lane) const;
  // By declared name; nothing when no task has it.
  [[nodiscard]] std::optional<TaskId> task_named(std::string_view name) const;
  // The event's lane, or where it has none, the lane of its task; invalid when neither is known.
  [[nodiscard]] LaneId lane_of(const Event& event) const;
};

// a - b, held at the ends of the range instead of overflowing: for payloads, which may hold
// anything.
[[nodiscard]] constexpr std::int64_t saturating_minus(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b < 0 ? INT64_MAX : INT64_MIN;
}
[[nodiscard]] constexpr std::int64_t saturating_plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}

// Makes a Trace of what a recorder hands over, without a file between. Ordinary threads; one at a
// time.
class TraceCollector final : public Recorder::Sink {
 public:
  void on_thread(ThreadId thread, const std::string& name) override;
  void on_declaration(const Declaration& declaration) override;
  void on_events(ThreadId thread, std::span<const Event> events, std::uint64_t dropped) override;
  // Merges what has come in so far; the collector is empty afterwards. O(n log threads).
  [[nodiscard]] Trace take();

 private:
  struct Thread {
    std::vector<Event> events;
    std::uint64_t dropped = 0;
  };
  Trace trace_;
  std::vector<Thread> threads_;
};

// Reads a trace file, whatever its bytes are.
//
// A torn or missing end (nothing valid behind it) is cut off and reported as `truncated`; so is a
// missing footer. Damage with whole blocks behind it is kCorrupt, with the offset in the detail. A
// newer schema is kUnsupported. Memory: twice the events while threads are merged.
[[nodiscard]] Result<Trace> read_trace(const std::filesystem::path& path);
// The same for the bytes of such a file.
[[nodiscard]] Result<Trace> read_trace(std::span<const std::byte> bytes);

}  // namespace aegis::trace
