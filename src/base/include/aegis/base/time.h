// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

#include "aegis/base/check.h"

namespace aegis {

// A signed length of time in integer nanoseconds, ±292 years. Arithmetic that would overflow aborts
// (a broken invariant of ours); code that handles outside numbers uses the checked_ functions,
// which return nothing instead. Real-time: all operations are a few instructions, never allocate.
class Duration {
 public:
  constexpr Duration() = default;
  // By unit. A number of them that does not fit aborts.
  static constexpr Duration nanoseconds(std::int64_t n) { return Duration(n); }
  static constexpr Duration microseconds(std::int64_t n) { return Duration(scaled(n, 1'000)); }
  static constexpr Duration milliseconds(std::int64_t n) { return Duration(scaled(n, 1'000'000)); }
  static constexpr Duration seconds(std::int64_t n) { return Duration(scaled(n, 1'000'000'000)); }
  static constexpr Duration zero() { return Duration(0); }
  static constexpr Duration max() { return Duration(std::numeric_limits<std::int64_t>::max()); }

  [[nodiscard]] constexpr std::int64_t ns() const { return ns_; }
  [[nodiscard]] constexpr double seconds_as_double() const {
    return static_cast<double>(ns_) * 1e-9;
  }

  constexpr auto operator<=>(const Duration&) const = default;

  // For numbers from outside: nothing where the sum or product does not fit.
  [[nodiscard]] static constexpr std::optional<Duration> checked_add(Duration a, Duration b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.ns_, b.ns_, &sum)) return std::nullopt;
    return Duration(sum);
  }
  [[nodiscard]] static constexpr std::optional<Duration> checked_multiply(Duration a,
                                                                          std::int64_t n) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a.ns_, n, &product)) return std::nullopt;
    return Duration(product);
  }

  friend constexpr Duration operator+(Duration a, Duration b) { return must(checked_add(a, b)); }
  friend constexpr Duration operator-(Duration a, Duration b) { return must(checked_add(a, -b)); }
  friend constexpr Duration operator*(Duration a, std::int64_t n) {
    return must(checked_multiply(a, n));
  }
  friend constexpr Duration operator*(std::int64_t n, Duration a) { return a * n; }
  friend constexpr Duration operator/(Duration a, std::int64_t n) { return Duration(a.ns_ / n); }
  // How often `b` fits into `a`, rounded towards zero; b > 0.
  friend constexpr std::int64_t operator/(Duration a, Duration b) { return a.ns_ / b.ns_; }
  friend constexpr Duration operator%(Duration a, Duration b) { return Duration(a.ns_ % b.ns_); }
  constexpr Duration operator-() const {
    check(ns_ != std::numeric_limits<std::int64_t>::min(), "Duration does not overflow");
    return Duration(-ns_);
  }
  constexpr Duration& operator+=(Duration b) { return *this = *this + b; }
  constexpr Duration& operator-=(Duration b) { return *this = *this - b; }

 private:
  explicit constexpr Duration(std::int64_t n) : ns_(n) {}
  static constexpr Duration must(std::optional<Duration> result) {
    check(result.has_value(), "Duration does not overflow");
    return *result;
  }
  static constexpr std::int64_t scaled(std::int64_t n, std::int64_t unit) {
    std::int64_t product = 0;
    check(!__builtin_mul_overflow(n, unit, &product), "Duration does not overflow");
    return product;
  }

  std::int64_t ns_ = 0;
};

// An instant on the one host clock, CLOCK_MONOTONIC, or on a simulator's or test's own time line
// starting at zero.
class TimePoint {
 public:
  constexpr TimePoint() = default;
  // An instant as so many nanoseconds from the beginning of its time line.
  static constexpr TimePoint from_ns(std::int64_t n) { return TimePoint(Duration::nanoseconds(n)); }
  static constexpr TimePoint max() { return TimePoint(Duration::max()); }

  [[nodiscard]] constexpr std::int64_t ns() const { return since_epoch_.ns(); }
  constexpr auto operator<=>(const TimePoint&) const = default;

  friend constexpr TimePoint operator+(TimePoint t, Duration d) {
    return TimePoint(t.since_epoch_ + d);
  }
  friend constexpr TimePoint operator-(TimePoint t, Duration d) {
    return TimePoint(t.since_epoch_ - d);
  }
  friend constexpr Duration operator-(TimePoint a, TimePoint b) {
    return a.since_epoch_ - b.since_epoch_;
  }
  constexpr TimePoint& operator+=(Duration d) { return *this = *this + d; }

 private:
  explicit constexpr TimePoint(Duration d) : since_epoch_(d) {}
  Duration since_epoch_;
};

// D: how long after its arrival a job must be done. A type of its own, so that it is never mistaken
// for d.
struct RelativeDeadline {
  Duration value;
  constexpr auto operator<=>(const RelativeDeadline&) const = default;
};

// d = arrival + D: the instant by which a job must be done.
struct AbsoluteDeadline {
  TimePoint value;
  constexpr auto operator<=>(const AbsoluteDeadline&) const = default;
};

constexpr AbsoluteDeadline operator+(TimePoint arrival, RelativeDeadline deadline) {
  return {arrival + deadline.value};
}

// Signed: negative when the job was early.
constexpr Duration lateness(TimePoint completion, AbsoluteDeadline deadline) {
  return completion - deadline.value;
}

namespace time_literals {
constexpr Duration operator""_ns(unsigned long long n) {
  return Duration::nanoseconds(static_cast<std::int64_t>(n));
}
constexpr Duration operator""_us(unsigned long long n) {
  return Duration::microseconds(static_cast<std::int64_t>(n));
}
constexpr Duration operator""_ms(unsigned long long n) {
  return Duration::milliseconds(static_cast<std::int64_t>(n));
}
constexpr Duration operator""_s(unsigned long long n) {
  return Duration::seconds(static_cast<std::int64_t>(n));
}
}  // namespace time_literals

}  // namespace aegis
