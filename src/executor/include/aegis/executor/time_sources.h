// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "aegis/base/time.h"

namespace aegis::executor {

// What a calibrated clock is made of: the processor's counter and the two clocks it is held
// against. An interface, so that tests script drift, slewing, jumps and preemption.
class TimeSources {
 public:
  virtual ~TimeSources() = default;
  // Why the counter cannot be a clock on this machine, in words; empty: it can. Ordinary threads.
  [[nodiscard]] virtual std::string why_no_counter() const = 0;
  // The counter now. Real-time.
  [[nodiscard]] virtual std::uint64_t ticks() const noexcept = 0;
  // CLOCK_MONOTONIC: what the kernel's sleeps use; slewed by NTP. Real-time (vDSO).
  [[nodiscard]] virtual TimePoint monotonic() const noexcept = 0;
  // CLOCK_MONOTONIC_RAW: never slewed. Real-time (vDSO).
  [[nodiscard]] virtual TimePoint raw() const noexcept = 0;
  // Lets so much time pass. Ordinary threads.
  virtual void pass(Duration duration) = 0;
};

// This machine's. Lives as long as the process; any thread.
[[nodiscard]] TimeSources& machine_time() noexcept;

// The processor's time-stamp counter, 9 ns on a machine of 2026; 0 where there is none that a
// program may read. Not ordered with the loads and stores around it: it may be some 20 ns early.
// Real-time.
inline std::uint64_t read_counter() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return 0;
#endif
}

}  // namespace aegis::executor
