// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/lane_driver.h"
#include "aegis/executor/latency_stats.h"
#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/task.h"
#include "aegis/trace/event.h"
#include "aegis/trace/recorder.h"

namespace aegis::executor {

// What a job occupies besides the lane's processor, fixed by the plan before the first job.
struct JobBinding {
  StreamId stream;
  ContextId context;
  std::int64_t arena_offset_bytes = 0;
  std::int64_t arena_size_bytes = 0;
};

// How much longer than its limit a segment may run before the watchdog has cancelled it: twice the
// period in which it then looks. What admission charges on top of a limit.
inline constexpr Duration kLimitGrain = Duration::milliseconds(1);

// How a job ended: all its segments done; an error or a hang; an abort or a drain's limit while it
// ran; or it never ran.
enum class JobEnd : std::uint8_t { kDone, kFailed, kCancelled, kRefused };

// How a job ended, as its completion callback sees it.
struct JobReport {
  JobId job;
  std::uint64_t token = 0;
  JobEnd end = JobEnd::kDone;
  TimePoint arrival;
  TimePoint start;  // of its first segment; equals completion for refused jobs
  TimePoint completion;
  AbsoluteDeadline deadline;
  Duration execution = {};  // sum over its segments
  bool missed = false;
  std::uint64_t violated = 0;  // what a miss names: trace::Assumption bits of its busy period
};

// A task as a lane takes it: the model of the analysis plus what run time needs.
struct LaneTask {
  theory::Task model;    // id, segments' WCETs, period, deadline, jitter, priority, overload
  bool periodic = true;  // false: jobs come through submit() only
  JobBinding binding;
  std::uint32_t inbox_capacity =
      16;  // submitted jobs not yet seen by the lane; rounded up to a power of two
  // One a segment, or empty: a segment that runs longer than its limit is cancelled within
  // kLimitGrain and its job fails. That costs one job, not the context, so a limit may be tight; it
  // bounds what the other tasks suffer, as far as the model obeys a cancel. Without: hang_factor.
  std::vector<Duration> limits;
  // Called on the lane's callback thread, never on the lane itself. May be empty. An exception is
  // caught and counted (TaskStatistics::callbacks_failed); nobody else hears of it.
  std::function<void(const JobReport&)> on_job_end;
};

// How the lane waits for the next release: sleep until `spin` before it, then spin. Spinning buys
// punctuality with CPU time (20 % of a core at 200 µs in every ms); it never fills a core, so the
// kernel's own work is not starved.
struct WaitStrategy {
  Duration spin = Duration::microseconds(60);
  // Keep the machine's processors out of deep idle states while the lane runs (CpuLatencyRequest):
  // a submit then reaches a sleeping lane in about 2 µs instead of 10 to 25. Costs power; turn off
  // on a machine that runs on batteries.
  bool shallow_idle = true;
};

// Everything a person might want to know of one task while it runs or after. Times in nanoseconds.
//
// Each arrival is counted once, by what became of it:
//
//   arrived = completed + failed + cancelled + refused + pending
//
// where pending jobs wait or run, none once the lane has stopped. `released` cuts across: a job
// released and later dropped by a removal, drain or abort counts as released and as refused.
struct TaskStatistics {
  TaskId task;
  std::uint64_t arrived = 0;
  std::uint64_t released = 0;  // got into the ready queue
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;     // ended by an error or a hang
  std::uint64_t cancelled = 0;  // started, and ended by an abort or a drain's limit
  std::uint64_t refused = 0;    // jobs that never ran
  std::uint64_t missed = 0;     // late or never ran
  std::uint64_t missed_in_lost_supply =
      0;  // of those, in a busy period with lost supply beyond the declared
  std::uint64_t overruns = 0;
  std::uint64_t callbacks_failed = 0;  // calls of on_job_end that ended in an exception
  std::vector<std::int64_t>
      response_ns;  // one sample a completed job, up to LaneConfig::samples_per_task, oldest kept
  std::vector<std::int64_t> execution_ns;
  std::int64_t max_response_ns = 0;
  std::int64_t max_execution_ns = 0;
};

// Where the lane's time went since it started: a partition, the five sum up to the elapsed time.
struct LaneTime {
  Duration idle;
  Duration dispatch;
  Duration execute;
  Duration complete;
  Duration lost;  // not the lane's: the processor was taken from it
};

// What a lane is and what it may assume, fixed when it is created. A field without a remark is a
// limit whose memory is allocated then, or a name for reports.
struct LaneConfig {
  LaneId id{0};
  std::string name = "lane0";
  std::string device = "cpu";
  std::optional<int> cpu;                 // pin to this CPU; nothing: not pinned
  std::optional<int> fifo_priority = 80;  // SCHED_FIFO, 1..98; nothing: the normal class
  theory::policy::Policy policy = theory::policy::Policy::kEdf;
  theory::Overheads overheads;  // what admission charged: their monitors compare against these
  Duration lost_supply =
      Duration::microseconds(500);  // a longer gap in one segment or wait is recorded as lost
  bool admitted = false;
  WaitStrategy wait;
  std::size_t max_tasks = 64;
  std::size_t max_ready_jobs = 4096;
  std::size_t samples_per_task = 1U << 17;
  // A running segment that lasts this many times its WCET (and at least 100 ms) is cancelled by the
  // watchdog, and its context reported as failed.
  int hang_factor = 20;
};

// One serially used execution resource with the one thread that serves it. Segments on a lane never
// overlap.
//
//   auto lane = Lane::create(config, driver, clock, recorder);
//   (*lane)->start();
//   (*lane)->add(task);              // its first arrival is at the instant add() took effect
//   (*lane)->submit(task_id, token); // any thread
//   (*lane)->drain(1_s);
//
// The thread owns the ready queue and all job state; everybody else reaches it through bounded
// inboxes and hand-over slots that the lane empties between segments.
class Lane {
 public:
  // `driver`, `clock` and `recorder` (null: no trace) outlive the lane. Allocates everything the
  // lane will ever use.
  [[nodiscard]] static Result<std::unique_ptr<Lane>> create(LaneConfig config, LaneDriver& driver,
                                                            const Clock& clock,
                                                            trace::Recorder* recorder);
  virtual ~Lane() = default;

  // Starts the thread. A refused real-time class or pinning is not an error: see real_time_note().
  [[nodiscard]] virtual Status start() = 0;
  [[nodiscard]] virtual bool real_time() const = 0;
  [[nodiscard]] virtual std::string real_time_note()
      const = 0;  // empty when everything was granted

  // Takes effect between two segments; returns when it has. Ordinary threads only: these wait for
  // the lane.
  [[nodiscard]] virtual Status add(LaneTask task) = 0;
  // Several tasks whose first arrivals coincide: the synchronous release that the analyses take as
  // the worst case.
  [[nodiscard]] virtual Status add_together(std::vector<LaneTask> tasks) = 0;
  // Pending jobs of the task are dropped and counted as refused; a started job finishes first.
  [[nodiscard]] virtual Status remove(TaskId task) = 0;

  // One job now. Any thread. Wait-free but for the wake-up of a sleeping lane (a system call, made
  // only when it sleeps). Transient kResourceExhausted: the task's inbox is full. The caller of one
  // task's submit is one thread at a time.
  [[nodiscard]] virtual Status submit(TaskId task, std::uint64_t token) noexcept = 0;

  // No new arrivals; pending jobs run until `within` has passed, then the rest are dropped and the
  // running segment is cancelled, again and again until it ends. Stops the thread. Several lanes
  // drain at once by one ordinary thread each.
  [[nodiscard]] virtual Status drain(Duration within) = 0;
  // No new arrivals, pending jobs dropped, the running segment cancelled. Stops the thread.
  [[nodiscard]] virtual Status abort() = 0;

  // Consistent only after the lane has stopped; while it runs, single values may lag by a job.
  [[nodiscard]] virtual std::vector<TaskStatistics> statistics() const = 0;
  // The same without samples: cheap enough to ask for every second.
  [[nodiscard]] virtual std::vector<TaskStatistics> counters() const = 0;
  [[nodiscard]] virtual LaneTime time() const = 0;
  // The lane as one worker, named after it, and each name among its tasks as a kind, those of
  // removed tasks no longer (the worker's sums keep them). A wake-up is what the first arrival
  // after a sleep waited for the lane to see it; a job's execution is the sum over its segments;
  // overruns are counted by segment; a job that failed before its deadline is no miss. `clock` is
  // "given": who gave it knows. Empty before start(). Any ordinary thread; some 10 us a task;
  // allocates.
  [[nodiscard]] virtual LatencyStats latencies() const = 0;
  // Odd during a busy period, even while idle; grows by one at each change. So a busy period of
  // before is over once this is even or has changed. Any thread.
  [[nodiscard]] virtual std::uint64_t busy_changes() const = 0;
  // How often the processor was away for longer than declared within one busy period.
  [[nodiscard]] virtual std::uint64_t lost_windows() const = 0;
  // How often each assumption was violated on this lane, indexed by trace::Assumption. Counted with
  // and without a recorder, and whatever its rings had to drop. Any thread.
  [[nodiscard]] virtual std::array<std::uint64_t, trace::kAssumptionCount> violations() const = 0;
};

}  // namespace aegis::executor
