// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "aegis/base/clock.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/spin_strategy.h"

#include "worker_core.h"

namespace aegis::executor {

// A WorkerCore on a thread of its own.
class WorkerThread {
 public:
  WorkerThread(WorkerCore& core, Submitter& own, std::uint32_t scheduler, const Clock& clock,
               SpinStrategy spin) noexcept;

  [[nodiscard]] Status start(const ThreadRequest& request);
  // Returns when the worker has stopped; idempotent.
  void join();

  [[nodiscard]] const ThreadGrant& grant() const { return thread_->grant(); }
  [[nodiscard]] WaitTime time_spent() const noexcept { return wait_.time_spent(); }
  // For an observer: which thread of the process it is.
  [[nodiscard]] int id() const noexcept { return id_.load(std::memory_order_acquire); }

 private:
  // WorkerCore with the rest that a thread without pause owes the kernel.
  //
  // A rest is in no proof, so where something has been proven none begins while a proven job waits,
  // and a job that comes meanwhile is delayed by no more than by a plain task (kProvenRest is
  // charged as one): hence shorter and more often than elsewhere. The kernel's fair server steps in
  // after about a second; a proven busy period of half of that is interrupted, and its losses are
  // recorded as lost supply.
  struct Machine {
    static constexpr Duration kLongestWithoutRest = Duration::milliseconds(500);

    WorkerCore& core;
    HybridWait& wait;
    WorkerStep step() noexcept {
      const WorkerStep step = core.step();
      if (step.kind == WorkerStep::Kind::kRan) rest(step.ended);
      return step;
    }
    void rest(TimePoint now) noexcept {
      const bool proven = core.serves_proven();
      if (!wait.restless(now, proven ? HybridWait::kRestEvery : HybridWait::kPollRestEvery)) return;
      if (proven && core.proven_wait(now) && !wait.restless(now, kLongestWithoutRest)) return;
      core.rested(wait.rest_for(proven ? kProvenRest : HybridWait::kPollRest, now));
    }
    [[nodiscard]] bool called() const noexcept { return core.called(); }
    void rehearse() noexcept { core.rehearse(); }
    void rested(Duration rest) noexcept { core.rested(rest); }
    void waited(const WaitReport& report) noexcept { core.waited(report); }
  };

  WorkerCore& core_;
  Submitter& own_;
  const std::uint32_t scheduler_;
  HybridWait wait_;
  std::atomic<int> id_{0};
  std::optional<RealTimeThread> thread_;
};

}  // namespace aegis::executor
