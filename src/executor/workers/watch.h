// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "aegis/executor/alert_delivery.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/scheduler_config.h"
#include "aegis/executor/tsc_clock.h"

#include "scheduler_state.h"
#include "worker_books.h"

namespace aegis::executor {

// The two ordinary threads beside the workers.
//
//   -watch    looks at what runs: hung jobs, hard deadlines that pass meanwhile; disciplines the
//             clock. Never calls a handler of the user's but `emergency`.
//   -report   calls on_miss and on_alert. If they are slow, only they are late.
//
// Stops when destroyed.
class Watch {
 public:
  // Everything outlives it; `clock` may be null.
  Watch(const SchedulerConfig& config, SchedulerState& state, TscClock* clock,
        std::vector<WorkerBooks*> books);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // `avoid_cpu`: a worker's, which its helpers leave alone if they can.
  [[nodiscard]] Status start(std::optional<int> avoid_cpu);

  // Ends both threads, what was to be told told; idempotent. One thread.
  void stop();

  // Calls of handlers that ended in an exception. Any thread.
  [[nodiscard]] std::uint64_t failed_handlers() const noexcept {
    return failed_handlers_.load(std::memory_order_relaxed) + delivery_->failed();
  }

 private:
  void watch();
  void look_at(std::uint32_t worker);
  void discipline_clock();
  void report();
  void deliver_misses();

  const SchedulerConfig& config_;
  SchedulerState& state_;
  TscClock* const clock_;
  const std::vector<WorkerBooks*> books_;
  AlertQueue own_alerts_;
  std::unique_ptr<AlertDelivery> delivery_;
  std::vector<std::uint64_t> hung_told_;  // by worker: the number of the job
  bool fallback_told_ = false;
  std::atomic<std::uint64_t> failed_handlers_{0};
  std::atomic<bool> ends_{false};
  std::optional<RealTimeThread> watcher_;
  std::optional<RealTimeThread> reporter_;
};

}  // namespace aegis::executor
