// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "aegis/base/clock.h"
#include "aegis/base/time.h"
#include "aegis/executor/wake_signal.h"

namespace aegis::executor {

// Tells the processor that this is a spin loop: its sibling and its power budget profit.
inline void spin_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// What a wait saw. A gap is the time between two neighbouring readings of the clock while spinning:
// beyond a few microseconds the processor was somewhere else.
struct WaitReport {
  bool slept = false;
  Duration largest_gap;
};

// Waits for an instant punctually without filling a processor: sleeps until `spin` before it, then
// spins. On a two-CPU virtual machine a timer wake-up alone is 20-40 µs late, this one 0.04-0.15
// µs.
//
// A real-time thread that never sleeps is stopped by the kernel for about 50 ms a second (its fair
// server, from Linux 6.12; its throttling before), so a wait also rests: whenever the thread has
// not slept for kRestEvery and there is time, it sleeps kRest although spinning would be more
// punctual.
//
// One thread. The clock must be CLOCK_MONOTONIC, since the kernel sleeps on that.
class HybridWait {
 public:
  static constexpr Duration kRestEvery = Duration::milliseconds(1);
  static constexpr Duration kRest =
      Duration::microseconds(60);  // 6 % of kRestEvery: above the 5 % the kernel asks for
  // While a device works a rest delays the moment its end is seen, so rests are rarer and as much
  // longer: segments below 10 ms never suffer one if the lane idles between them, longer ones by at
  // most 6 %.
  static constexpr Duration kPollRestEvery = Duration::milliseconds(10);
  static constexpr Duration kPollRest = Duration::microseconds(600);

  // `clock` and `signal` outlive it. `spin` is how long before an instant it stops sleeping: the
  // latest wake-up worth expecting of the machine.
  HybridWait(const Clock& clock, WakeSignal& signal, Duration spin) noexcept
      : clock_(clock), signal_(signal), spin_(spin), last_rest_(clock.now()) {}

  // Returns when the clock has reached `until` or `has_work()` is true. Real-time: sleeps by
  // intent.
  template <class HasWork>
  WaitReport wait(TimePoint until, HasWork has_work) noexcept;

  // Between two polls of a device: a pause, or a rest when one is due. Returns how long it rested.
  Duration pause_between_polls() noexcept;

 private:
  // How long before `until` to wake, or nothing when this wait has to spin all the way.
  [[nodiscard]] std::optional<TimePoint> sleep_until(TimePoint now, TimePoint until) const noexcept;

  const Clock& clock_;
  WakeSignal& signal_;
  const Duration spin_;
  TimePoint last_rest_;
};

template <class HasWork>
WaitReport HybridWait::wait(TimePoint until, HasWork has_work) noexcept {
  WaitReport report;
  TimePoint now = clock_.now();
  while (now < until && !has_work()) {
    TimePoint before = now;
    if (const auto wake_up = sleep_until(now, until)) {
      signal_.announce();
      if (has_work()) {
        signal_.withdraw();
        break;
      }
      signal_.park(*wake_up);
      report.slept = true;
      last_rest_ = before = clock_.now();
    } else {
      spin_pause();
    }
    now = clock_.now();
    report.largest_gap = std::max(report.largest_gap, now - before);
  }
  return report;
}

}  // namespace aegis::executor
