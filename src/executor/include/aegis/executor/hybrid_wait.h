// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "aegis/base/clock.h"
#include "aegis/base/time.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/spin_strategy.h"
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
  // What ended it: its instant was reached, or has_work() said so.
  enum class End : std::uint8_t { kInstant, kWork };
  bool slept = false;
  Duration largest_gap;
  End ended_by = End::kInstant;
  // How long after a planned wake-up the thread was awake, the worst of this wait; zero when it did
  // not sleep or was always notified before.
  Duration late;
  Duration sleeping;  // in all
};

// What waiting has cost so far.
struct WaitTime {
  Duration spinning;          // processor time for punctuality
  Duration sleeping;          // rests included
  std::int64_t rests = 0;     // sleeps only because one was due
  std::int64_t wake_ups = 0;  // sleeps that ended, rests included
};

// Waits for an instant or for work punctually without filling a processor: sleeps until
// `before_release` before the instant, then spins. On a two-CPU virtual machine a timer wake-up
// alone is 20-40 µs late, this one 0.04-0.15 µs.
//
// A real-time thread that never sleeps is stopped by the kernel for about 50 ms a second (its fair
// server, from Linux 6.12; its throttling before), so a wait also rests: whenever the thread has
// not slept kRest within kRestEvery and there is time, it sleeps kRest although spinning would be
// more punctual. If there was no time for kPollRestEvery (instants closer to each other than a
// rest), it rests kPollRest and is late. A notify ends a rest within a wait.
//
// One thread; time_spent() any. The clock must be on the time line of CLOCK_MONOTONIC, since the
// kernel sleeps on that.
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

  // `clock` and `signal` outlive it.
  HybridWait(const Clock& clock, WakeSignal& signal, SpinStrategy spin) noexcept
      : clock_(clock), signal_(signal), spin_(spin), last_rest_(clock.now()) {}

  // Returns when the clock has reached `until` or `has_work()` is true. Real-time: sleeps by
  // intent; does not allocate or lock.
  template <class HasWork>
  WaitReport wait(TimePoint until, HasWork has_work) noexcept {
    return wait(until, has_work, [] {});
  }
  // The same, and calls `rehearse()` when it has slept and now spins for the instant, with at least
  // kRehearsal to go, and again every kRehearseEvery: time to bring into the caches what the
  // instant will need, which others have used meanwhile, and use. It must be done within
  // kRehearsal.
  static constexpr Duration kRehearsal = Duration::microseconds(10);
  static constexpr Duration kRehearseEvery = Duration::microseconds(20);
  template <class HasWork, class Rehearse>
  WaitReport wait(TimePoint until, HasWork has_work, Rehearse rehearse) noexcept;

  // Between two polls of a device: a pause, or a rest when one is due. Returns how long it rested.
  Duration pause_between_polls() noexcept;

  // Between two jobs of a thread that finds work again and again and so never waits: rests
  // kPollRest every kPollRestEvery. A notify does not end it: there is work anyway. Returns how
  // long it rested; a clock reading when no rest is due.
  Duration rest_if_due() noexcept;
  // The same for who has just read the clock.
  Duration rest_if_due(TimePoint now) noexcept;

  // For who must say beforehand how long a rest may delay others, and when none may come: whether
  // the thread has had no rest for so long, and one of this length, in any case.
  [[nodiscard]] bool restless(TimePoint now, Duration since) const noexcept {
    return now - last_rest_ >= since;
  }
  Duration rest_for(Duration length, TimePoint now) noexcept;
  Duration rest_for(Duration length) noexcept { return rest_for(length, clock_.now()); }

  // Any thread: up to the last sleep or the end of the last wait. Real-time: a few loads.
  [[nodiscard]] WaitTime time_spent() const noexcept;

 private:
  struct Sleep {
    TimePoint wake_up;
    bool rest = false;
  };
  // How to sleep now, or nothing when to spin. Until `looking_until` only a rest is a reason.
  [[nodiscard]] std::optional<Sleep> next_sleep(TimePoint now, TimePoint until,
                                                TimePoint looking_until) const noexcept;
  // Counts a sleep as rest, or a part of one.
  void slept(Duration duration, TimePoint now, bool rest) noexcept;

  const Clock& clock_;
  WakeSignal& signal_;
  const SpinStrategy spin_;
  TimePoint last_rest_;
  Duration rested_;  // since last_rest_, less than kRest
  Counter spinning_ns_, sleeping_ns_, rests_, wake_ups_;
};

template <class HasWork, class Rehearse>
WaitReport HybridWait::wait(TimePoint until, HasWork has_work, Rehearse rehearse) noexcept {
  WaitReport report;
  TimePoint now = clock_.now();
  TimePoint spinning_since = now;
  const bool for_ever = spin_.after_work >= TimePoint::max() - now;
  const TimePoint looking_until = for_ever ? TimePoint::max() : now + spin_.after_work;
  TimePoint rehearse_at = TimePoint::max();  // it has not slept: everything is in the caches
  const auto has_time = [&](TimePoint at) {
    return until != TimePoint::max() && at < until && until - at >= kRehearsal;
  };
  bool work = false;
  while (now < until && !(work = has_work())) {
    TimePoint before = now;
    if (const auto sleep = next_sleep(now, until, looking_until)) {
      signal_.announce();
      work = has_work();
      if (work) {
        signal_.withdraw();
        break;
      }
      before = clock_.now();
      spinning_ns_.add((before - spinning_since).ns());
      signal_.park(sleep->wake_up);
      spinning_since = now = clock_.now();
      slept(now - before, now, sleep->rest);
      report.sleeping += now - before;
      report.slept = true;
      if (now > sleep->wake_up) report.late = std::max(report.late, now - sleep->wake_up);
      before = now;
      rehearse_at = now;
    } else {
      spin_pause();
    }
    if (now >= rehearse_at && has_time(now) && !has_work()) {
      rehearse();
      before = clock_.now();
      rehearse_at = before + kRehearseEvery;
    }
    now = clock_.now();
    report.largest_gap = std::max(report.largest_gap, now - before);
  }
  spinning_ns_.add((now - spinning_since).ns());
  if (work) report.ended_by = WaitReport::End::kWork;
  return report;
}

}  // namespace aegis::executor
