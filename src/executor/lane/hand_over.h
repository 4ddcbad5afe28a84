// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"

#include "task_state.h"

namespace aegis::executor {

// A change to the lane that ordinary threads ask for and the lane makes between two segments.
struct Change {
  enum class Kind : std::uint8_t { kAdd, kRemove, kDrain };
  Kind kind{};
  std::span<TaskState* const> tasks = {};  // kAdd, kRemove
  TimePoint until = {};                    // kDrain
  Status result = {};                      // written by the lane
};

// One slot for one change at a time. The asking side polls for the answer, so that the lane makes
// no system call to give it. post: one thread at a time (Lane's control mutex). Real-time: the
// lane's side is a load, and a store when it served.
class HandOver {
 public:
  void post(Change& change) noexcept { slot_.store(&change, std::memory_order_release); }
  [[nodiscard]] bool pending() const noexcept {
    return slot_.load(std::memory_order_acquire) != nullptr;
  }
  // Takes an unserved change back. Only once the lane has ended.
  void withdraw() noexcept { slot_.store(nullptr, std::memory_order_relaxed); }

  // Lane: `serve(change)` if there is one.
  template <class Serve>
  void take(Serve serve) noexcept {
    Change* change = slot_.load(std::memory_order_acquire);
    if (change == nullptr) return;
    serve(*change);
    slot_.store(nullptr, std::memory_order_release);
  }

 private:
  alignas(kCacheLine) std::atomic<Change*> slot_{nullptr};
};

}  // namespace aegis::executor
