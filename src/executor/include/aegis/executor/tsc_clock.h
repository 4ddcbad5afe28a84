// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "aegis/base/clock.h"
#include "aegis/base/wide_integer.h"
#include "aegis/executor/latch.h"
#include "aegis/executor/time_sources.h"

namespace aegis::executor {

// What is known of a calibrated clock.
struct TscState {
  // kKernelClock: every reading is clock_gettime(CLOCK_MONOTONIC), for `reason`.
  enum class Source : std::uint8_t { kCounter, kKernelClock };
  Source source = Source::kCounter;
  double frequency_hz = 0;  // of the counter, against CLOCK_MONOTONIC_RAW; 0: never calibrated
  double drift_ppm = 0;     // in the last interval, against its own average since calibration
  std::uint64_t corrections = 0;      // disciplines that changed the slope
  std::uint64_t refused_samples = 0;  // disciplines that were disturbed while reading the clocks
  Duration worst_offset;  // largest distance from CLOCK_MONOTONIC that a discipline found
  std::string reason;     // why it fell back; empty while the counter serves
};

// "calibrated TSC", "CLOCK_MONOTONIC".
[[nodiscard]] std::string_view to_string(TscState::Source source) noexcept;

// The time line of CLOCK_MONOTONIC, read from the processor's time-stamp counter: about 9 ns
// instead of 20.
//
//   now = ns0 + (ticks - tick0) * mult / 2^40
//
// An ordinary thread calls discipline() about every 100 ms. It compares the line with
// CLOCK_MONOTONIC and gives the next stretch a slope that closes the distance: the new line begins
// where the old one is, so the clock never steps, and its slope stays within 500 ppm of what was
// measured, so it never goes back. It also compares the counter itself with CLOCK_MONOTONIC_RAW,
// which nobody slews: a counter that disagrees by more than kMostDriftPpm between two disciplines,
// or goes back, is not trusted again (the clock then reads clock_gettime, for good, and says why).
// Distances from CLOCK_MONOTONIC are below a microsecond on a sound machine: sleeps to an instant
// of this clock end as punctually as their last spin.
//
// A thread never sees the clock go back, whatever the counter does and across the fallback: the
// last reading of each thread is its floor (for up to kClocksAtOnce clocks that a thread uses in
// turn). A counter that jumped ahead therefore stands still for the threads that saw it, until the
// kernel's clock has caught up.
class TscClock final : public Clock {
 public:
  // Beyond it the counter is broken: crystals are within 100 ppm, and calibration adds 25 at most.
  static constexpr std::int64_t kMostDriftPpm = 200;
  // Both clocks are read between readings of the counter. A wider bracket than this means that
  // something came between (an undisturbed one takes about 0.1 µs); it would count as drift.
  static constexpr Duration kWidestBracket = Duration::microseconds(1);
  // A larger distance from CLOCK_MONOTONIC than NTP's slewing explains is a jump.
  static constexpr Duration kMostOffset = Duration::milliseconds(1);
  static constexpr Duration kCalibration = Duration::milliseconds(20);
  static constexpr std::uint64_t kClocksAtOnce = 4;

  // Calibrates against this machine's clocks: takes kCalibration, a few times that on a machine
  // that disturbs it. Falls back where the counter is no clock: see state(). Ordinary threads.
  TscClock();
  // The same against scripted sources, which outlive it.
  explicit TscClock(TimeSources& sources);

  // Any thread. Real-time: does not allocate, lock or enter the kernel. The processor may read the
  // counter some tens of nanoseconds early, before loads that stand before this call (a fence would
  // cost 6 ns more): an instant that another thread took just before it published something may be
  // that much later than one read here after finding it. Cut such differences at zero.
  [[nodiscard]] TimePoint now() const noexcept override;

  // Holds the counter against both clocks. Every 100 ms, from ordinary threads; less often only
  // lets the distance grow (by the slewing, 0.5 µs a ms at most), much more often does nothing.
  // About 1 µs; locks a mutex that now() never takes.
  void discipline();

  // Any ordinary thread.
  [[nodiscard]] TscState state() const;

 private:
  static constexpr unsigned kShift = 40;

  // now as a function of the counter; mult = 0: there is none, ask the kernel.
  struct Line {
    std::uint64_t tick0 = 0;
    std::int64_t ns0 = 0;
    std::uint64_t mult = 0;
    [[nodiscard]] std::int64_t at(std::uint64_t tick) const noexcept {
      const auto since = static_cast<std::int64_t>(tick - tick0);
      return ns0 + static_cast<std::int64_t>((Int128{since} * Int128{mult}) >> kShift);
    }
  };
  // Both clocks, each with the counter at its middle.
  struct Sample {
    std::uint64_t monotonic_tick = 0;
    std::int64_t monotonic_ns = 0;
    std::uint64_t raw_tick = 0;
    std::int64_t raw_ns = 0;
    std::uint64_t width = 0;  // from before the first to after the second, in ticks
    bool went_back = false;
  };

  TscClock(TimeSources& sources, bool direct);
  [[nodiscard]] std::int64_t never_back(std::int64_t ns) const noexcept;

  // With mutex_ held, or by the constructor.
  void calibrate();
  [[nodiscard]] bool calibrate_once();
  [[nodiscard]] Sample read_once() const noexcept;
  [[nodiscard]] Sample read_best() const noexcept;
  [[nodiscard]] Duration width_of(const Sample& sample) const noexcept;
  [[nodiscard]] std::optional<std::string> fault(const Sample& sample);
  void steer(const Sample& sample);
  void fall_back(std::string reason);

  TimeSources& sources_;
  const bool direct_;  // the machine's own counter: read without a virtual call
  const std::uint64_t id_;
  Latch<Line> line_{Line{}};

  mutable std::mutex mutex_;
  Sample origin_;  // since when the frequency is averaged
  Sample last_;    // of the last discipline that was not disturbed
  std::uint64_t raw_mult_ = 0;
  TscState state_;
};

}  // namespace aegis::executor
