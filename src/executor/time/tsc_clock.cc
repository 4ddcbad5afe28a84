// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/tsc_clock.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

namespace aegis::executor {
namespace {

// The narrowest of so many brackets is taken; a timer interrupt disturbs one of them.
constexpr int kReadings = 5;
constexpr int kCalibrationAttempts = 5;
// Between two disciplines: below it the reading error is above 100 ppm.
constexpr std::int64_t kShortestIntervalNs = 10'000'000;
// An offset is closed over two intervals of the usual length: half of it at each discipline, so
// that reading errors are not amplified.
constexpr std::int64_t kUsualIntervalNs = 100'000'000;
// What NTP may do to CLOCK_MONOTONIC: 500 ppm of frequency and 500 ppm of slewing (adjtimex(2)).
constexpr std::int64_t kMostSlewPpm = 1000;
constexpr std::int64_t kMostCorrectionPpm = 500;
constexpr std::int64_t kMillion = 1'000'000;

std::uint64_t next_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// ns per tick, times 2^shift. Both positive.
std::uint64_t slope(std::int64_t ns, std::uint64_t ticks, unsigned shift) noexcept {
  return static_cast<std::uint64_t>((Uint128{static_cast<std::uint64_t>(ns)} << shift) / ticks);
}

std::int64_t scaled(std::uint64_t ticks, std::uint64_t mult, unsigned shift) noexcept {
  return static_cast<std::int64_t>((Uint128{ticks} * mult) >> shift);
}

// What this thread last read of which clock.
struct Floor {
  std::uint64_t clock = 0;
  std::int64_t ns = 0;
};
thread_local constinit std::array<Floor, TscClock::kClocksAtOnce> floors{};

}  // namespace

TscClock::TscClock() : TscClock(machine_time(), true) {}
TscClock::TscClock(TimeSources& sources) : TscClock(sources, false) {}

TscClock::TscClock(TimeSources& sources, bool direct)
    : sources_(sources), direct_(direct), id_(next_id()) {
  calibrate();
}

TimePoint TscClock::now() const noexcept {
  const Line line = line_.read();
  if (line.mult == 0) [[unlikely]]
    return TimePoint::from_ns(never_back(sources_.monotonic().ns()));
  return TimePoint::from_ns(never_back(line.at(direct_ ? read_counter() : sources_.ticks())));
}

std::int64_t TscClock::never_back(std::int64_t ns) const noexcept {
  Floor& floor = floors[id_ % kClocksAtOnce];
  if (floor.clock != id_) [[unlikely]]
    floor = {.clock = id_, .ns = ns};
  return floor.ns = std::max(floor.ns, ns);
}

TscState TscClock::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

std::string_view to_string(TscState::Source source) noexcept {
  return source == TscState::Source::kCounter ? "calibrated TSC" : "CLOCK_MONOTONIC";
}

// ---- reading the clocks ----

TscClock::Sample TscClock::read_once() const noexcept {
  const std::uint64_t first = sources_.ticks();
  const std::int64_t monotonic = sources_.monotonic().ns();
  const std::uint64_t middle = sources_.ticks();
  const std::int64_t raw = sources_.raw().ns();
  const std::uint64_t last = sources_.ticks();
  return {.monotonic_tick = first + (middle - first) / 2,
          .monotonic_ns = monotonic,
          .raw_tick = middle + (last - middle) / 2,
          .raw_ns = raw,
          .width = last - first,
          .went_back = middle < first || last < middle};
}

TscClock::Sample TscClock::read_best() const noexcept {
  Sample best = read_once();
  for (int i = 1; i < kReadings && !best.went_back; ++i) {
    const Sample next = read_once();
    if (next.went_back || next.width < best.width) best = next;
  }
  return best;
}

Duration TscClock::width_of(const Sample& sample) const noexcept {
  return Duration::nanoseconds(scaled(sample.width, raw_mult_, kShift));
}

// ---- calibration ----

void TscClock::calibrate() {
  if (std::string refusal = sources_.why_no_counter(); !refusal.empty()) {
    return fall_back(std::move(refusal));
  }
  for (int i = 0; i < kCalibrationAttempts; ++i) {
    if (calibrate_once()) return;
  }
  fall_back("calibration was disturbed every time, or the counter does not run evenly");
}

bool TscClock::calibrate_once() {
  const Sample begin = read_best();
  sources_.pass(kCalibration);
  const Sample end = read_best();
  const bool forward = !begin.went_back && !end.went_back && end.raw_tick > begin.raw_tick &&
                       end.raw_ns > begin.raw_ns && end.monotonic_ns > begin.monotonic_ns;
  if (!forward) return false;
  raw_mult_ = slope(end.raw_ns - begin.raw_ns, end.raw_tick - begin.raw_tick, kShift);
  const bool undisturbed = width_of(begin) <= kWidestBracket && width_of(end) <= kWidestBracket;
  if (raw_mult_ == 0 || !undisturbed) return false;
  origin_ = begin;
  last_ = end;
  state_.frequency_hz =
      1e9 * static_cast<double>(std::uint64_t{1} << kShift) / static_cast<double>(raw_mult_);
  line_.publish({.tick0 = end.monotonic_tick,
                 .ns0 = end.monotonic_ns,
                 .mult = slope(end.monotonic_ns - begin.monotonic_ns,
                               end.monotonic_tick - begin.monotonic_tick, kShift)});
  return true;
}

// ---- discipline ----

void TscClock::discipline() {
  const std::scoped_lock lock(mutex_);
  if (state_.source == TscState::Source::kKernelClock) return;
  const Sample sample = read_best();
  if (sample.went_back || static_cast<std::int64_t>(sample.raw_tick - last_.raw_tick) < 0) {
    return fall_back("the processor's counter went back");
  }
  if (width_of(sample) > kWidestBracket) {
    ++state_.refused_samples;
    return;
  }
  // By either clock: a counter that stands still while time passes is as wrong as one that runs.
  const std::int64_t by_counter = scaled(sample.raw_tick - last_.raw_tick, raw_mult_, kShift);
  if (std::max(by_counter, sample.raw_ns - last_.raw_ns) < kShortestIntervalNs) return;
  if (auto found = fault(sample)) return fall_back(std::move(*found));
  steer(sample);
  last_ = sample;
}

std::optional<std::string> TscClock::fault(const Sample& sample) {
  const std::int64_t by_raw = sample.raw_ns - last_.raw_ns;
  const std::int64_t by_counter = scaled(sample.raw_tick - last_.raw_tick, raw_mult_, kShift);
  const std::int64_t drift = by_counter - by_raw;
  state_.drift_ppm =
      static_cast<double>(drift) * 1e6 / static_cast<double>(std::max<std::int64_t>(by_raw, 1));
  const std::int64_t doubt = (width_of(sample) + width_of(last_)).ns();
  if (std::abs(drift) > by_raw / kMillion * kMostDriftPpm + doubt) {
    return fmt::format("the processor's counter drifted {:.0f} ppm from CLOCK_MONOTONIC_RAW",
                       state_.drift_ppm);
  }
  const std::int64_t offset = sample.monotonic_ns - line_.read().at(sample.monotonic_tick);
  state_.worst_offset = std::max(state_.worst_offset, Duration::nanoseconds(std::abs(offset)));
  if (std::abs(offset) > kMostOffset.ns() + by_raw / kMillion * kMostSlewPpm) {
    return fmt::format("CLOCK_MONOTONIC jumped by {} ns", offset);
  }
  return std::nullopt;
}

void TscClock::steer(const Sample& sample) {
  const std::int64_t interval = sample.monotonic_ns - last_.monotonic_ns;
  const Line old = line_.read();
  const std::int64_t here = old.at(sample.monotonic_tick);
  const std::uint64_t rate = slope(std::max<std::int64_t>(interval, 1),
                                   sample.monotonic_tick - last_.monotonic_tick, kShift);
  const std::int64_t horizon = 2 * std::max(interval, kUsualIntervalNs);
  const auto wanted = static_cast<std::int64_t>(Int128{sample.monotonic_ns - here} *
                                                static_cast<std::int64_t>(rate) / horizon);
  const auto most = static_cast<std::int64_t>(rate) / kMillion * kMostCorrectionPpm;
  const std::int64_t correction = std::clamp(wanted, -most, most);
  line_.publish({.tick0 = sample.monotonic_tick,
                 .ns0 = here,
                 .mult = static_cast<std::uint64_t>(static_cast<std::int64_t>(rate) + correction)});
  ++state_.corrections;
  raw_mult_ = slope(sample.raw_ns - origin_.raw_ns, sample.raw_tick - origin_.raw_tick, kShift);
  state_.frequency_hz =
      1e9 * static_cast<double>(std::uint64_t{1} << kShift) / static_cast<double>(raw_mult_);
}

void TscClock::fall_back(std::string reason) {
  line_.publish(Line{});
  state_.source = TscState::Source::kKernelClock;
  state_.reason = std::move(reason);
}

}  // namespace aegis::executor
