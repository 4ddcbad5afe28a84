// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aegis/executor/cpu_latency.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/tsc_clock.h"

#include "admission_desk.h"
#include "scheduler_plan.h"
#include "scheduler_state.h"
#include "watch.h"
#include "worker_books.h"
#include "worker_core.h"
#include "worker_thread.h"

namespace aegis::executor {

// Everything behind a NanosecondScheduler. Destroyed by the last of its owner and the threads that
// give their seats back at that instant.
//
//   submitters: 0 the control thread at a time, 1..W the workers themselves, then threads as they
//   come
class NanosecondScheduler::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(SchedulerConfig config);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  [[nodiscard]] Status start();

  // Hot: submissions.cc.
  [[nodiscard]] Result<JobTerms> terms_of(const JobOptions& options, TimePoint arrival,
                                          AbsoluteDeadline deadline) const noexcept;
  [[nodiscard]] Result<TaskHandle> submit(TaskBody&& body, const JobTerms& terms) noexcept;
  [[nodiscard]] Result<TaskHandle> submit_after(std::span<const TaskHandle> before, TaskBody&& body,
                                                const JobTerms& terms) noexcept;
  [[nodiscard]] Result<TaskHandle> submit_to_source(TaskBody&& body, TaskKind kind) noexcept;
  [[nodiscard]] Result<Submitter*> seat() noexcept;

  // Cold: recurrent.cc, with control held inside.
  [[nodiscard]] Result<Admission> add_periodic(TaskBody&& body, const PeriodicTask& task,
                                               Priority priority);
  [[nodiscard]] Result<Admission> add_sporadic(const SporadicTask& task, Priority priority);
  [[nodiscard]] Result<Admission> add_one_job(TaskBody&& body, Wcet wcet, RelativeDeadline deadline,
                                              Priority priority);
  [[nodiscard]] Status withdraw(TaskKind source);
  [[nodiscard]] Result<TaskKind> define(const TaskKindConfig& config);

  // waiting.cc.
  [[nodiscard]] Result<Cancelled> cancel(TaskHandle task) noexcept;
  [[nodiscard]] Result<TaskOutcome> wait(TaskHandle task, Duration timeout) noexcept;
  [[nodiscard]] Status wait_until_idle(TimePoint until) const noexcept;
  [[nodiscard]] Status shut_down(Duration within);
  void finish();

  // statistics.cc.
  [[nodiscard]] LatencyStats statistics() const;
  [[nodiscard]] std::optional<WcetEstimate> estimated_wcet(TaskKind kind) const;
  [[nodiscard]] std::vector<std::string> degraded() const;

  const SchedulerConfig config;
  const std::uint32_t number;  // of this scheduler in the process
  std::unique_ptr<TscClock> own_clock;
  SchedulerState state;

 private:
  struct Recurrent {  // what a desk charges
    std::uint32_t worker = 0;
    TaskId task;
    TaskHandle handle;               // periodic tasks and single jobs
    std::optional<TaskKind> source;  // sporadic sources
  };
  [[nodiscard]] WorkerStats statistics_of(std::size_t worker, TimePoint now) const;
  [[nodiscard]] KindStats statistics_of(const KindState& kind) const;
  // start(), in this order.
  void place_groups();
  void add_submitters();
  void build_workers();
  [[nodiscard]] Status start_workers();

  [[nodiscard]] Status check_accepting() const;
  // The workers of a group a task may be given to: the one it names, or all.
  [[nodiscard]] Result<GroupPlace> places(Priority priority,
                                          std::optional<std::uint32_t> worker) const;
  // The first of `places` whose proof bears the task; otherwise the last answer, with advice.
  [[nodiscard]] Admission ask_desks(GroupPlace places, const theory::Task& model,
                                    TaskId& proven_as);
  [[nodiscard]] bool has_its_class(std::uint32_t worker) const;
  void give_back_shares();
  [[nodiscard]] std::optional<std::uint32_t> add_kind(const TaskKindConfig& config, Duration wcet,
                                                      std::unique_ptr<SporadicSource> source);
  [[nodiscard]] Result<TaskHandle> start_periodic(TaskBody&& body, const PeriodicTask& task,
                                                  std::uint32_t worker, Priority priority);
  [[nodiscard]] Result<TaskKind> kind_of(const PeriodicTask& task);
  [[nodiscard]] static Error no_kinds_left(const std::string& name);
  [[nodiscard]] std::uint32_t least_periodic(GroupPlace places);
  [[nodiscard]] bool is_idle() const noexcept;
  void wake_all() noexcept;
  void close_entries() noexcept;
  [[nodiscard]] std::string name_of_running() const;

  std::vector<WorkerPlan> plans_;
  std::size_t ready_capacity_ = 0;
  std::vector<std::unique_ptr<WorkerBooks>> books_;
  std::vector<std::unique_ptr<WorkerCore>> cores_;
  std::vector<std::vector<WorkerCore*>> siblings_;  // indexed by worker
  std::vector<std::unique_ptr<AdmissionDesk>> desks_;
  std::vector<std::unique_ptr<WorkerThread>> threads_;
  std::optional<CpuLatencyRequest> shallow_idle_;
  std::unique_ptr<Watch> watch_;
  std::vector<std::string> notes_;  // what was refused, fixed after start()
  TimePoint since_;

  mutable std::mutex control_;
  std::vector<Recurrent> recurrent_;
  bool finished_ = false;
};

}  // namespace aegis::executor
