// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/wake_signal.h"

#include "handed_on.h"
#include "task_slot.h"

namespace aegis::executor {

// The job a worker runs, for the watchdog: single values that the worker stores and the watchdog
// compares by `number`, which is odd while a job runs and grows by one at each start and end.
struct RunningJob {
  std::atomic<std::uint64_t> number{0};
  std::atomic<SlotId> slot{kNoSlot};
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint32_t> kind{0};
  std::atomic<std::int64_t> arrival_ns{0};
  std::atomic<std::uint64_t> activation{0};
  std::atomic<std::int64_t> start_ns{0};
  std::atomic<std::int64_t> hung_after_ns{0};
  std::atomic<std::int64_t> hard_deadline_ns{0};  // TimePoint::max(): not hard
  std::atomic<std::uint64_t> emergency_told{0};   // the last number whose emergency was called

  // Whether the caller is the one to call the emergency hook for this job. Any thread.
  [[nodiscard]] bool claim_emergency(std::uint64_t job) noexcept {
    std::uint64_t told = emergency_told.load(std::memory_order_acquire);
    while (told < job) {
      if (emergency_told.compare_exchange_weak(told, job, std::memory_order_acq_rel)) return true;
    }
    return false;
  }
};

// What others see of a worker. Each value is written by the worker alone, on lines of their own.
struct WorkerPort {
  WakeSignal signal;
  alignas(kCacheLine) HandedOn handed_on;
  // Jobs that wait or run there, as it last looked: what submitters balance by.
  alignas(kCacheLine) std::atomic<std::uint32_t> load{0};
  // Of those, waiting ones a sibling may take.
  std::atomic<std::uint32_t> movable{0};
  // Something is, or was, proven of this worker. Set before its first proven job.
  std::atomic<bool> serves_proven{false};
  // A periodic task was cancelled between two activations, and its next may be hours away: the
  // worker is to give its place back now. Set by who cancels, cleared by the worker.
  std::atomic<bool> periodic_cancelled{false};
  // Odd while busy; grows by one at each change.
  Counter busy_changes;
  Counter ended;       // one-shot tasks that it ended
  Counter taken_over;  // from siblings
  alignas(kCacheLine) RunningJob running;
};

}  // namespace aegis::executor
