// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "aegis/executor/asymmetric_fence.h"

namespace aegis::executor {

// Between looking whether a scheduler takes tasks and having published one.
//
//   submitter                             who shuts down
//     inside = true                         accepting = false
//     fence.light()                         fence.heavy()
//     if (accepting) publish                wait while (inside)
//     inside = false                        -- here no task is published any more
//
// Of each pair at least one sees the other's write (asymmetric_fence.h): either the submitter sees
// that nothing is accepted, or it is waited for. So no task is published to a worker that has gone.
//
// May be nested: what is dropped in the midst of a submission may submit itself. Real-time: the
// submitter's side neither allocates nor locks.
template <class Fence>
class BasicEntry {
 public:
  BasicEntry(const Fence& fence, const std::atomic<bool>& accepting,
             std::atomic<bool>& inside) noexcept
      : inside_(inside), outermost_(!inside.load(std::memory_order_relaxed)) {
    inside.store(true, std::memory_order_relaxed);
    fence.light();
    open_ = accepting.load(std::memory_order_acquire);
  }
  BasicEntry(const BasicEntry&) = delete;
  BasicEntry& operator=(const BasicEntry&) = delete;
  ~BasicEntry() {
    if (outermost_) inside_.store(false, std::memory_order_release);
  }
  [[nodiscard]] bool open() const noexcept { return open_; }

  // The other side, in two halves, since there is one `accepting` and many are inside. Ordinary
  // threads; they sleep.
  static void close(const Fence& fence, std::atomic<bool>& accepting) noexcept {
    accepting.store(false, std::memory_order_release);
    while (!fence.heavy()) std::this_thread::yield();
  }
  // Asleep, not yielding: the caller may be more urgent than who is inside.
  static void wait_until_left(const std::atomic<bool>& inside) {
    while (inside.load(std::memory_order_acquire)) std::this_thread::sleep_for(kLook);
  }

 private:
  static constexpr std::chrono::microseconds kLook{20};

  std::atomic<bool>& inside_;
  const bool outermost_;
  bool open_ = false;
};

using Entry = BasicEntry<AsymmetricFence>;

}  // namespace aegis::executor
