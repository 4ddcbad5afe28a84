// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "aegis/executor/cache_line.h"
#include "aegis/executor/hybrid_wait.h"

#include "platform/sleep.h"

namespace aegis::executor {

// The step that must be one; tests hold the broken twin.
struct QueueLockProtocol {
  static constexpr bool kTakeByExchange = true;
};

// Keeps a worker and a sibling that wants to relieve it from choosing among its ready tasks at the
// same time. Held for one choice: taking what the rings hold and one operation on a ready set. The
// owner waits for at most one thief's choice, a thief does not wait at all. Siblings have one
// real-time priority and CPUs of their own, so the holder is running unless the machine took its
// CPU; that is lost supply.
//
// A worker without siblings passes it by, at the price of a predictable branch.
template <class Protocol = QueueLockProtocol>
class BasicQueueLock {
 public:
  // Before the first step.
  void enable() noexcept { enabled_ = true; }

  void lock() noexcept {
    if (!enabled_) return;
    for (int looks = 1; !try_take(); ++looks) {
      // Far longer than a choice takes. The holder may share this processor at the same real-time
      // priority and have slept (a page fault): it goes on only when this thread does.
      if (looks % 4096 == 0) {
        platform::sleep_for(Duration::microseconds(20));
      } else {
        spin_pause();
      }
    }
  }
  [[nodiscard]] bool try_lock() noexcept { return enabled_ && try_take(); }
  // As a hint only.
  [[nodiscard]] bool taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  void unlock() noexcept {
    if (enabled_) taken_.store(false, std::memory_order_release);
  }

 private:
  [[nodiscard]] bool try_take() noexcept {
    if (taken_.load(std::memory_order_relaxed)) return false;
    if constexpr (!Protocol::kTakeByExchange) {
      taken_.store(true, std::memory_order_relaxed);
      return true;
    }
    return !taken_.exchange(true, std::memory_order_acquire);
  }

  bool enabled_ = false;
  alignas(kCacheLine) std::atomic<bool> taken_{false};
};

using QueueLock = BasicQueueLock<>;

}  // namespace aegis::executor
