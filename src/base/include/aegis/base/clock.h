// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "aegis/base/time.h"

namespace aegis {

// Where time comes from. Always passed in, so that every behaviour can be tested on a time line of
// the test's own.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back. Real-time: does not allocate, lock or enter the kernel (vDSO, about 20 ns).
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
};

// CLOCK_MONOTONIC.
class MonotonicClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override;
};

// Processor time that the calling thread has spent: CLOCK_THREAD_CPUTIME_ID. Beside a wall clock it
// tells how long the processor was away. Linux leaves out stolen time where the hypervisor reports
// it. A system call, 100 to 300 ns.
class ThreadCpuClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override;
};

// Stands still until told otherwise. Any thread may read; one thread may move it.
class ManualClock final : public Clock {
 public:
  // Begins at `start` and moves only when told.
  explicit ManualClock(TimePoint start = {}) : now_ns_(start.ns()) {}
  [[nodiscard]] TimePoint now() const noexcept override {
    return TimePoint::from_ns(now_ns_.load(std::memory_order_acquire));
  }
  // On by so much, or to an instant. Moving it back aborts.
  void advance(Duration by) noexcept { set(now() + by); }
  void set(TimePoint to) noexcept;

 private:
  std::atomic<std::int64_t> now_ns_;
};

}  // namespace aegis
