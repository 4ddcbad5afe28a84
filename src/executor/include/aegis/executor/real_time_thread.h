// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aegis/base/result.h"

namespace aegis::executor {

// What a thread should be. Everything is set explicitly: a new thread otherwise inherits its
// creator's real-time class and CPUs, and a helper that inherits both from a lane starves behind
// it.
struct ThreadRequest {
  std::string name;                             // as ps shows it; cut at 15 bytes
  std::optional<int> cpu = std::nullopt;        // pin to this CPU
  std::optional<int> avoid_cpu = std::nullopt;  // run on any CPU but this, if there is another
  std::optional<int> fifo_priority =
      std::nullopt;  // SCHED_FIFO, 1..98 (99 is the kernel's); nothing: SCHED_OTHER
  // Runtimes execute models on this stack; half a MiB of it is touched at the start, so that a job
  // takes no page fault.
  std::size_t stack_bytes = std::size_t{8} << 20;
};

// What it got.
struct ThreadGrant {
  bool real_time = false;
  bool pinned = false;
  // Each refusal with its reason, in words, separated by "; ". Empty: everything was granted.
  //   SCHED_FIFO 80 refused: Operation not permitted (needs CAP_SYS_NICE or an rtprio limit)
  std::string note;
};

// A thread with an explicit scheduling class, CPU set, timer slack and pre-faulted stack. Joins on
// destruction: whoever owns it tells the body to end first.
class RealTimeThread {
 public:
  // Returns once the thread has set itself up and `body` is about to run. A refused class or CPU is
  // not an error but a grant with a note; an error means that there is no thread. Allocates; the
  // caller must not be real-time.
  [[nodiscard]] static Result<RealTimeThread> start(const ThreadRequest& request,
                                                    std::function<void(const ThreadGrant&)> body);

  RealTimeThread(RealTimeThread&&) noexcept;
  RealTimeThread& operator=(RealTimeThread&&) noexcept;
  ~RealTimeThread();

  [[nodiscard]] const ThreadGrant& grant() const;
  void join();  // idempotent

 private:
  struct State;
  explicit RealTimeThread(std::unique_ptr<State> state);
  static void* enter(void* state);
  std::unique_ptr<State> state_;
};

// Locks the process' present and future pages in memory (mlockall), so that no job waits for the
// disk. Returns what was refused and why; empty: granted. Call once, at start-up, before lanes are
// created.
[[nodiscard]] std::string lock_memory();

}  // namespace aegis::executor
