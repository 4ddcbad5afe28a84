// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/latency_stats.h"

namespace aegis::executor {

// What a worker spends time on.
enum class WorkerPhase : std::uint8_t { kWorking, kSpinning, kSleeping, kOther };

// Where a worker's time goes: one reading of the clock ends a phase and begins the next, so that
// the phases partition time without gaps. Only the worker charges; anybody reads.
//
//   WorkerLedger ledger(clock.now());
//   ...                                                    // takes a job from its queue
//   ledger.charge(WorkerPhase::kOther, start);             // all since the last charge
//   run(job);
//   ledger.charge(WorkerPhase::kWorking, end);
class WorkerLedger {
 public:
  explicit WorkerLedger(TimePoint opened) noexcept : boundary_(opened) {}

  // The time since the last charge was `phase`. A clock that went back (a fallback to another) is
  // charged nothing until it has caught up. Real-time: neither allocates nor locks.
  void charge(WorkerPhase phase, TimePoint now) noexcept {
    if (now <= boundary_) return;
    phases_[static_cast<std::size_t>(phase)].add((now - boundary_).ns());
    boundary_ = now;
  }

  // Any thread; up to the last charge.
  [[nodiscard]] WorkerTime read() const noexcept {
    const auto of = [this](WorkerPhase phase) {
      return Duration::nanoseconds(phases_[static_cast<std::size_t>(phase)].value());
    };
    return {.working = of(WorkerPhase::kWorking),
            .spinning = of(WorkerPhase::kSpinning),
            .sleeping = of(WorkerPhase::kSleeping),
            .other = of(WorkerPhase::kOther)};
  }

 private:
  TimePoint boundary_;  // the worker's own
  std::array<Counter, 4> phases_;
};

}  // namespace aegis::executor
