// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/scheduler_config.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

#include "worker_port.h"

namespace aegis::executor {

// The proof of one worker: which tasks it has been proven to serve, and whether one more fits.
//
// Its tasks run to completion one after another, so the worker is a non-preemptive lane and the
// analyses of `theory` speak of it. A job submitted once with a WCET is charged as a sporadic task
// that never comes again.
//
// A task that leaves is charged until its worker has been idle after it ended: before that, its
// jobs may still be part of the busy period in which a later task's jobs arrive, and a set without
// it would be a proof about another schedule. At an idle instant nothing earlier matters.
//
// Ordinary threads, one at a time.
class AdmissionDesk {
 public:
  // `unprovable`: why nothing can be proven of this worker; empty: it can.
  AdmissionDesk(WorkerPolicy policy, const AdmissionAssumptions& assumptions, WorkerPort& port,
                std::string unprovable);

  // From now on, and why: the machine has refused what a proof needs.
  void prove_nothing(std::string why) { unprovable_ = std::move(why); }

  // The verdict on the worker's set with this task (its id is given here); taken in if schedulable.
  struct Answer {
    theory::Verdict verdict = theory::Verdict::kUnknown;
    TaskId task;
    std::string reason;
    std::optional<theory::Certificate> certificate;
  };
  [[nodiscard]] Answer ask(theory::Task task);

  // What would have been admitted; for a task just refused.
  [[nodiscard]] std::vector<theory::Advice> advice_for(theory::Task task) const;

  // The task has ended, or never began: its share is given back when the worker is idle.
  void leaves(TaskId task);

  [[nodiscard]] const theory::TaskSet& tasks() const { return tasks_; }

 private:
  void forget_those_gone();

  struct Leaving {
    TaskId task;
    std::uint64_t busy_changes = 0;  // of the worker when it was told
  };
  std::string unprovable_;
  theory::AnalysisOptions options_;
  WorkerPort& port_;
  theory::TaskSet tasks_;
  std::vector<Leaving> leaving_;
  std::uint32_t next_id_ = 0;
};

// C, T, D and the rest of a task as theory's model of it.
[[nodiscard]] theory::Task model_of(const PeriodicTask& task);
[[nodiscard]] theory::Task model_of(const SporadicTask& task);
[[nodiscard]] theory::Task model_of_one_job(Wcet wcet, RelativeDeadline deadline);

}  // namespace aegis::executor
