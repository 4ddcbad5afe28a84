// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/latency_stats.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/scheduler_config.h"
#include "aegis/executor/task_body.h"
#include "aegis/executor/task_handle.h"

namespace aegis::executor {

// A thread pool for when microseconds matter: pinned real-time workers, deadline-aware queues,
// periodic tasks, admission with a proof, and statistics that name the cause of each miss.
//
//   auto created = NanosecondScheduler::create({.workers = 1, .cpus = {3}});
//   NanosecondScheduler& scheduler = **created;
//   auto decision = scheduler.schedule_with_deadline([&] { decide(book); },
//                                                    RelativeDeadline{5_us}, Priority::kCritical);
//   auto outcome = scheduler.wait_for_completion(*decision, 1_ms);
//   if (outcome && outcome->missed) ...
//
// A task is run to its end by one worker: groups preempt each other (their threads have different
// real-time priorities), tasks of one group do not. So each worker is a lane in the sense of the
// analyses, and what they prove of non-preemptive lanes holds for it.
//
//   submitter --ring--> worker: ready set (policy) --> run --> outcome, histograms, alerts
//             \--ring--> sibling: takes unpinned tasks that have not begun when it has none
//
// Who may call what:
//   schedule, schedule_with_deadline, then, when_all, submit: any thread. Real-time but for a
//     thread's very first call, which allocates that thread's rings (register_this_thread does it
//     beforehand), and for a parked worker, which costs a system call to wake. Neither allocate nor
//     lock.
//   schedule_periodic, schedule_with_wcet, admit, withdraw, define: ordinary threads, not tasks;
//     they lock, allocate and analyse.
//   wait_for_completion, run_until_idle, shutdown: not from tasks of this scheduler, which would
//     wait for themselves (kFailedPrecondition); shutdown not from its handlers either, and the
//     destructor from neither (it aborts). Nothing of it is of use in the child of a fork().
//
// Errors common to all that submit: kInvalidArgument (an empty body, a negative duration, a worker
// or kind that does not exist), kNotFound (the group is not enabled), transient kResourceExhausted
// (every place of this thread is taken by pending tasks; nothing was scheduled),
// kFailedPrecondition (shut down).
class NanosecondScheduler {
 public:
  // Starts all threads. Errors: those of validate(config); kPermissionDenied when require_real_time
  // and the kernel refuses; kResourceExhausted without memory or threads.
  [[nodiscard]] static Result<std::unique_ptr<NanosecondScheduler>> create(SchedulerConfig config);

  // As shutdown(0), but waits for tasks that have begun, however long they take (the watchdog names
  // them meanwhile). Pending tasks end as kAbandoned.
  ~NanosecondScheduler();
  NanosecondScheduler(const NanosecondScheduler&) = delete;
  NanosecondScheduler& operator=(const NanosecondScheduler&) = delete;

  // One job, as soon as the group's policy gives it a worker.
  [[nodiscard]] Result<TaskHandle> schedule(TaskBody body, Priority priority = Priority::kNormal);
  [[nodiscard]] Result<TaskHandle> schedule(TaskBody body, const JobOptions& options);

  // With a deadline counted from now, or an instant. Past instants are taken, and late.
  [[nodiscard]] Result<TaskHandle> schedule_with_deadline(TaskBody body, RelativeDeadline deadline,
                                                          Priority priority = Priority::kHigh);
  [[nodiscard]] Result<TaskHandle> schedule_with_deadline(TaskBody body, RelativeDeadline deadline,
                                                          const JobOptions& options);
  [[nodiscard]] Result<TaskHandle> schedule_with_deadline(TaskBody body, AbsoluteDeadline deadline,
                                                          Priority priority = Priority::kHigh);
  [[nodiscard]] Result<TaskHandle> schedule_with_deadline(TaskBody body, AbsoluteDeadline deadline,
                                                          const JobOptions& options);

  // Every period from now on, deadline = period, without a declared WCET: unproven, and behind all
  // that is proven.
  [[nodiscard]] Result<TaskHandle> schedule_periodic(TaskBody body, Duration period,
                                                     Priority priority = Priority::kHigh);
  // With everything said about it. With a WCET: only if the worker's whole set is proven with it.
  [[nodiscard]] Result<Admission> schedule_periodic(TaskBody body, const PeriodicTask& task,
                                                    Priority priority = Priority::kHigh);

  // One job with a WCET: admitted if all proven tasks of a worker still meet their deadlines with
  // it. Its share of the proof is given back when its worker is next idle. Allocates and analyses
  // (microseconds to milliseconds, growing with the set); for many jobs of one source, admit()
  // once.
  [[nodiscard]] Result<Admission> schedule_with_wcet(TaskBody body, Wcet wcet,
                                                     RelativeDeadline deadline,
                                                     Priority priority = Priority::kHigh);

  // A sporadic source, proven once; its jobs come with submit(), in real time. One that is the same
  // in everything as one withdrawn before is measured on as the same kind.
  [[nodiscard]] Result<Admission> admit(const SporadicTask& task,
                                        Priority priority = Priority::kHigh);
  // One job of an admitted source, arriving now. Transient kResourceExhausted also when it comes
  // earlier than min_inter_arrival after the last, or has too many unfinished jobs.
  [[nodiscard]] Result<TaskHandle> submit(TaskBody body, TaskKind source);
  // Ends an admitted source: its pending jobs run; its share is given back when its worker is idle.
  [[nodiscard]] Status withdraw(TaskKind source);

  // A name for measuring (TaskKindConfig). kAlreadyExists: a different one has the name.
  [[nodiscard]] Result<TaskKind> define(const TaskKindConfig& kind);

  // A job that becomes ready when `before`, or all of them, have completed; at most kMaxInputs. If
  // one of them ends otherwise it ends as kDependencyFailed. kNotFound: one is so long gone that
  // its outcome is no longer kept.
  static constexpr std::size_t kMaxInputs = 8;
  [[nodiscard]] Result<TaskHandle> then(TaskHandle before, TaskBody body,
                                        const JobOptions& options = {});
  [[nodiscard]] Result<TaskHandle> when_all(std::span<const TaskHandle> before, TaskBody body,
                                            const JobOptions& options = {});
  // The same with a deadline, an instant, since when it becomes ready is not known beforehand.
  [[nodiscard]] Result<TaskHandle> when_all(std::span<const TaskHandle> before, TaskBody body,
                                            AbsoluteDeadline deadline,
                                            const JobOptions& options = {});

  // Any thread. kInvalidArgument: no task's handle, or another scheduler's. kNotFound: it ended,
  // and its place has been taken since.
  [[nodiscard]] Result<Cancelled> cancel(TaskHandle task);

  // Returns when the task has ended, with what became of it. Errors as cancel(); transient kTimeout
  // (the task goes on); transient kResourceExhausted: more than 200 threads wait for one task.
  [[nodiscard]] Result<TaskOutcome> wait_for_completion(TaskHandle task,
                                                        Duration timeout = Duration::max());

  // Returns when no job is pending or running; periodic tasks count while they run only. Transient
  // kTimeout.
  [[nodiscard]] Status run_until_idle(Duration timeout = Duration::max());

  // Takes no further tasks, lets what is pending run until `within` has passed, abandons the rest,
  // ends the threads. Transient kTimeout, naming the task: one is still running; call again, or
  // destroy, which waits for it.
  [[nodiscard]] Status shutdown(Duration within);

  // A consistent view of all counters and histograms, taken without stopping anyone. Allocates.
  [[nodiscard]] LatencyStats latency_stats() const;

  // The longest execution seen of the kind, with a margin: what to declare as WCET, and how much to
  // believe it (docs/adr/0006). Nothing before enough samples.
  [[nodiscard]] std::optional<WcetEstimate> estimated_wcet(TaskKind kind) const;

  // What was refused or is missing, a sentence each: "SCHED_FIFO 80 refused: ..."; empty: nothing.
  [[nodiscard]] std::vector<std::string> degraded() const;

  // Gives the calling thread its rings now; its first submission does otherwise. They return when
  // the thread ends. kResourceExhausted: max_submitters are registered.
  [[nodiscard]] Status register_this_thread();

  // Whether the caller is a task of this scheduler. Real-time: one load.
  [[nodiscard]] bool called_from_a_task() const noexcept;

  // The clock of all its instants.
  [[nodiscard]] const Clock& clock() const noexcept;

 private:
  class Core;
  explicit NanosecondScheduler(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace aegis::executor
