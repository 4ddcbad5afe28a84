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
  struct Machine {
    WorkerCore& core;
    HybridWait& wait;
    WorkerStep step() noexcept {
      const WorkerStep step = core.step();
      if (step.kind == WorkerStep::Kind::kRan) {
        const Duration rest = wait.rest_if_due(step.ended);
        if (rest > Duration::zero()) core.rested(rest);
      }
      return step;
    }
    [[nodiscard]] bool called() const noexcept { return core.called(); }
    void rehearse() noexcept { core.rehearse(); }
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
