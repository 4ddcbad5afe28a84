// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "aegis/base/time.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/scheduler_config.h"

#include "periodic_jobs.h"
#include "policy/ready_set.h"
#include "queue_lock.h"
#include "scheduler_state.h"
#include "worker_books.h"
#include "worker_settings.h"

namespace aegis::executor {

// What one step came to.
struct WorkerStep {
  enum class Kind : std::uint8_t { kRan, kIdle, kStopped };
  Kind kind = Kind::kIdle;
  TimePoint wake_up = TimePoint::max();  // of kIdle
  TimePoint ended;                       // of kRan: about now
};

// A worker without its thread: every decision, as a machine that is stepped. With a clock of the
// test's own the whole schedule is a function of its inputs; the thread adds waiting and nothing
// else.
//
// One step, between two jobs: take what submitters left, release what is due, let the policy pick,
// run one job to its end.
//
//   proven set    jobs with a WCET in the worker's proof
//   plain set     all others: considered only when the proven set is empty, so that of them a
//                 proven job meets at most one, already begun (Blocking::best_effort)
//
// Invariants
//   1. A worker runs one job at a time, and a job is run by the worker that popped it.
//   2. It is idle only when both sets are empty, and no sibling has a job it may take.
//   3. Each one-shot task taken from a ring is ended exactly once (slot_state.h), and counted.
//   4. The ready sets are never full: they have room for every slot there is.
//   5. A pinned, proven, periodic or started job never leaves its worker.
//
// Real-time: step() and called() neither allocate nor lock (in a group of several workers: a
// spinning lock around the choice, held for one choice; queue_lock.h), and enter the kernel only to
// wake others. What a task does is its own.
class WorkerCore {
 public:
  WorkerCore(SchedulerState& state, Submitter& own, const WorkerSettings& settings,
             WorkerBooks& books);

  // Those it may take jobs from; before the first step.
  void set_siblings(std::span<WorkerCore* const> siblings) noexcept {
    siblings_ = siblings;
    if (!siblings.empty()) lock_.enable();
  }

  // On its thread, before the first step. A system call.
  void begin() noexcept { books_.begin(); }
  WorkerStep step() noexcept;

  // Between two steps, with a release some microseconds away: releases and runs a job of nothing,
  // so that the release finds its path in the caches; what has arrived meanwhile is run as ever. On
  // a machine that others use while the worker sleeps this halves the lateness of releases and more
  // (docs/BENCHMARKS.md).
  void rehearse() noexcept;

  // Whether there is something to look at: a submission, a sibling's surplus, the end.
  [[nodiscard]] bool called() const noexcept;
  void waited(const WaitReport& report) noexcept;
  void rested(Duration rest) noexcept;

  // Whether anything was ever proven of it.
  [[nodiscard]] bool serves_proven() const noexcept {
    return port_.serves_proven.load(std::memory_order_relaxed);
  }
  // Between two steps: whether a proven job waits, also one that arrived by `now` and has not been
  // taken yet.
  [[nodiscard]] bool proven_wait(TimePoint now) noexcept;

  [[nodiscard]] PeriodicJobs& periodic() noexcept { return periodic_; }
  [[nodiscard]] WorkerPort& port() noexcept { return port_; }
  [[nodiscard]] const WorkerSettings& settings() const noexcept { return settings_; }

 private:
  // worker_releases.cc: from rings and timers into the ready sets.
  void take_submissions() noexcept;
  std::size_t take_batch(SubmissionRing& ring) noexcept;
  void take(SlotId id) noexcept;
  void release_due(TimePoint now) noexcept;
  void release(std::uint16_t index, TimePoint arrival, TimePoint now) noexcept;
  void push(const TaskSlot& slot, SlotId id, const Urgency& urgency) noexcept;
  void stop_releases(TimePoint now) noexcept;
  void end_periodic(std::uint16_t index, TaskEnd how, TimePoint now) noexcept;
  void retire(std::uint16_t index) noexcept;
  void retire_cancelled() noexcept;

  // worker_core.cc: choosing.
  [[nodiscard]] std::optional<ReadyTask> choose(TimePoint now) noexcept;
  [[nodiscard]] std::optional<ReadyTask> pop() noexcept;
  [[nodiscard]] std::optional<ReadyTask> take_from_sibling() noexcept;
  [[nodiscard]] std::optional<ReadyTask> give_away() noexcept;
  [[nodiscard]] bool sibling_has_surplus() const noexcept;
  void wake_a_sibling() noexcept;
  void publish_load(bool running) noexcept;
  void begin_busy() noexcept;
  WorkerStep idle(TimePoint now, bool stopping) noexcept;
  void prepare_rehearsal();
  void wind_down(TimePoint now) noexcept;
  void abandon(TimePoint now) noexcept;
  [[nodiscard]] bool submissions_wait() const noexcept;
  void meet_new_submitters() noexcept;

  // worker_jobs.cc: running one.
  struct Job {
    SlotId id = kNoSlot;
    TimePoint arrival;
    AbsoluteDeadline deadline;
    std::uint64_t activation = 0;
    PeriodicState* periodic = nullptr;
  };
  [[nodiscard]] Job job_of(const ReadyTask& ready) noexcept;
  // Returns when it ended.
  TimePoint run(const ReadyTask& ready, TimePoint now) noexcept;
  TimePoint run_body(TaskSlot& slot, const Job& job, TimePoint start) noexcept;
  [[nodiscard]] bool call(TaskSlot& slot, const TaskContext& context) noexcept;
  void announce(const TaskSlot& slot, const Job& job, TimePoint start) noexcept;
  void skip(TaskSlot& slot, const Job& job, TimePoint now) noexcept;
  void settle(TaskSlot& slot, const Job& job, TaskEnd how, TimePoint now) noexcept;
  void end_task(SlotId id, TaskEnd how, TimePoint now, Phase as) noexcept;

  SchedulerState& state_;
  Submitter& own_;
  const WorkerSettings settings_;
  WorkerPort& port_;
  WorkerBooks& books_;
  std::span<WorkerCore* const> siblings_;

  // From all submitters met so far, in the order in which they came. With the lock held.
  std::array<SubmissionRing*, SubmitterTable::kMost> rings_{};
  std::atomic<std::size_t> ring_count_{0};

  // While this worker runs a job, siblings take from its rings: so its sets, timers and which of
  // its periodic tasks are active change with the lock held. While it does not (its load is 0),
  // nobody but itself touches them, and it may read them without.
  QueueLock lock_;
  ReadySet proven_;
  ReadySet plain_;
  std::size_t movable_ = 0;  // of plain_
  PeriodicJobs periodic_;
  bool busy_ = false;
};

}  // namespace aegis::executor
