// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/real_time_thread.h"

#include "../ticks.h"
#include "executor.h"

namespace aegis::benchmarks {

// The thread of those peers that are queues and bring none: looks for work until told to stop.
class WorkerThread {
 public:
  // `step` runs what there is, or waits for it: it returns after each look or task.
  WorkerThread(const WorkerPlan& plan, std::function<void()> step)
      : thread_(executor::RealTimeThread::start(
            {.name = "peer", .cpu = plan.cpu, .fifo_priority = plan.fifo_priority},
            [this, watch = plan.watch, step = std::move(step)](const executor::ThreadGrant&) {
              while (!stopping()) {
                step();
                if (watch != nullptr) watch->look(ticks());
              }
            })) {}

  [[nodiscard]] bool stopping() const noexcept { return stop_.load(std::memory_order_relaxed); }
  void stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] std::string refused() const {
    return thread_ ? thread_->grant().note : std::string(thread_.error().text);
  }

 private:
  std::atomic<bool> stop_{false};
  Result<executor::RealTimeThread> thread_;  // joins: the last member, destroyed first
};

}  // namespace aegis::benchmarks
