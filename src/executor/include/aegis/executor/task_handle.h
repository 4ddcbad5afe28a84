// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "aegis/base/time.h"

namespace aegis::executor {

// A task given to a scheduler, as a plain value: copy it, keep it, send it to another thread.
//
// It cannot dangle: it holds no pointer but a place and the generation of its occupant, so a handle
// whose task is long gone, or that belongs to another scheduler, is recognised and answered with a
// typed error (until a place has had 2^32 occupants). The outcome of a task is kept until its place
// is needed again: at least until its submitter's next SchedulerConfig::queue_capacity - pending
// submissions.
class TaskHandle {
 public:
  TaskHandle() = default;  // of no task
  [[nodiscard]] bool valid() const noexcept { return scheduler_ != 0; }
  friend auto operator<=>(const TaskHandle&, const TaskHandle&) = default;

 private:
  friend class SlotDirectory;
  TaskHandle(std::uint32_t scheduler, std::uint32_t slot, std::uint32_t generation) noexcept
      : scheduler_(scheduler), slot_(slot), generation_(generation) {}

  std::uint32_t scheduler_ = 0;  // from 1, never used twice in a process
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

// How a task ended. A periodic task ends once, when it is cancelled or its activations are over.
enum class TaskEnd : std::uint8_t {
  kCompleted,
  kThrew,             // an exception left it
  kCancelled,         // before it began
  kSkipped,           // firm, and its deadline had passed before it could begin
  kDependencyFailed,  // a task it was to follow did not complete
  kAbandoned,         // the scheduler shut down before it began
};

// "completed", "threw", "cancelled", "skipped", "dependency_failed", "abandoned".
[[nodiscard]] std::string_view to_string(TaskEnd end) noexcept;

// What became of a task.
struct TaskOutcome {
  TaskEnd end = TaskEnd::kCompleted;
  bool missed = false;   // completed past its deadline, or skipped because of it
  TimePoint arrival;     // submission, first release, or the end of the last task it followed
  TimePoint start;       // meaningful if it began
  TimePoint completion;  // when it ended, in whichever way
  Duration execution;    // of its last activation
  std::uint64_t activations = 0;
};

// What cancel() came to.
enum class Cancelled : std::uint8_t {
  kBeforeStart,     // it will never run (again)
  kAlreadyStarted,  // it runs to its end; of a periodic task, this activation
  kAlreadyEnded,
};

}  // namespace aegis::executor
