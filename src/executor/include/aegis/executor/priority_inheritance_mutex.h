// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "aegis/base/result.h"

namespace aegis::executor {

// A mutex whose holder runs at the priority of its most urgent waiter until it unlocks (Sha,
// Rajkumar, Lehoczky 1990, "Priority inheritance protocols"; futex(2), FUTEX_LOCK_PI). An urgent
// thread then waits for the critical sections of less urgent ones, and never for a thread of middle
// urgency that keeps the holder from the processor.
//
// When to use: tasks of different priorities must share state that fits in no single word, latch or
// ring. Prefer those: a wait for this mutex is blocking, and belongs into the WCET or the blocking
// of whoever locks it: at most the longest critical section once per mutex that a job locks, plus
// two system calls and switches (about 5 µs). Keep the section short, and neither sleep nor
// allocate in it. Protects between threads of this process; of SCHED_FIFO threads in order of
// priority.
//
// Lockable, for std::scoped_lock and std::unique_lock. Locking what the thread holds, or unlocking
// what it does not hold, aborts. Moving it while somebody uses it is an error of the caller.
class PriorityInheritanceMutex {
 public:
  // kUnsupported where the system has no priority inheritance, kResourceExhausted without memory.
  // Allocates; ordinary threads.
  [[nodiscard]] static Result<PriorityInheritanceMutex> create();

  PriorityInheritanceMutex(PriorityInheritanceMutex&&) noexcept;
  PriorityInheritanceMutex& operator=(PriorityInheritanceMutex&&) noexcept;
  ~PriorityInheritanceMutex();

  // Real-time: about 12 ns when free; otherwise a system call that sleeps until it is.
  void lock() noexcept;
  // Real-time: never waits. False when somebody holds it, this thread included.
  [[nodiscard]] bool try_lock() noexcept;
  // Real-time: about 12 ns without a waiter; otherwise a system call, after which the most urgent
  // waiter holds it.
  void unlock() noexcept;

 private:
  struct State;
  explicit PriorityInheritanceMutex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace aegis::executor
