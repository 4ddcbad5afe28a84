// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"

namespace aegis::executor {

// SCHED_DEADLINE (Abeni, Buttazzo 1998: the constant bandwidth server): in every `period` the
// kernel gives the thread `runtime` of a processor within `deadline` of its beginning, before any
// SCHED_FIFO thread. What to know before choosing it:
//
//  - The kernel admits the thread by its own utilisation test over all CPUs, and refuses what does
//    not fit (EBUSY).
//  - Only for threads that are not pinned: it refuses one whose CPUs are fewer than those it
//    schedules together (EPERM). Lanes are pinned, so they use SCHED_FIFO.
//  - A thread that has used up its runtime is stopped until its next period, also in the middle of
//  a
//    job or with a lock held: `runtime` is the WCET with a margin.
//  - A wake-up is no more punctual than SCHED_FIFO's.
//
// 1.024 µs <= runtime <= deadline <= period; the kernel wants a period of 100 µs to 4 s by default
// (/proc/sys/kernel/sched_deadline_period_{min,max}_us).
struct DeadlineReservation {
  Duration runtime;
  Duration deadline;
  Duration period;
};

// What a thread should be. Everything is set explicitly: a new thread otherwise inherits its
// creator's real-time class and CPUs, and a helper that inherits both from a lane starves behind
// it.
struct ThreadRequest {
  std::string name;                             // as ps shows it; cut at 15 bytes
  std::optional<int> cpu = std::nullopt;        // pin to this CPU
  std::optional<int> avoid_cpu = std::nullopt;  // run on any CPU but this, if there is another
  std::optional<int> fifo_priority =
      std::nullopt;  // SCHED_FIFO, 1..98 (99 is the kernel's); nothing: SCHED_OTHER
  // SCHED_DEADLINE instead: then neither fifo_priority, cpu nor avoid_cpu.
  std::optional<DeadlineReservation> reservation = std::nullopt;
  // Runtimes execute models on this stack; half a MiB of it is touched at the start, so that a job
  // takes no page fault.
  std::size_t stack_bytes = std::size_t{8} << 20;
};

// What it got.
struct ThreadGrant {
  bool real_time = false;  // SCHED_FIFO or SCHED_DEADLINE
  bool pinned = false;
  // Each refusal with its reason, in words, separated by "; ". Empty: everything was granted.
  //   SCHED_FIFO 80 refused: Operation not permitted (needs CAP_SYS_NICE or an rtprio limit)
  std::string note;
};

// Whether such a thread can be as asked on this machine, for callers that want an error instead of
// a note: kInvalidArgument for a priority outside 1..98, a reservation that is none or is asked
// together with SCHED_FIFO or CPUs, a stack below 1 MiB; kNotFound for a CPU that does not exist,
// is offline or not this process'. What takes a permission is not tried. Starts and ends a thread
// of its own to see the CPUs; ordinary threads.
[[nodiscard]] Status validate(const ThreadRequest& request);

// The CPUs on which this process may run, ascending; at least one. Asks a thread of its own, since
// the caller may be pinned; ordinary threads.
[[nodiscard]] Result<std::vector<int>> cpus_of_this_process();

// A thread with an explicit scheduling class, CPU set, timer slack and pre-faulted stack. Joins on
// destruction: whoever owns it tells the body to end first.
class RealTimeThread {
 public:
  // Returns once the thread has set itself up and `body` is about to run. A refused class or CPU is
  // not an error but a grant with a note; an error means that there is no thread: kInvalidArgument
  // for a reservation that is none or is asked together with SCHED_FIFO or CPUs, else the system's.
  // Allocates; the caller must not be real-time.
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
