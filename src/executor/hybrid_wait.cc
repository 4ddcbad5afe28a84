// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/hybrid_wait.h"

#include <ctime>

namespace aegis::executor {
namespace {

// Below this a sleep is not worth its two system calls and its wake-up error.
constexpr Duration kShortestSleep = Duration::microseconds(20);

}  // namespace

std::optional<TimePoint> HybridWait::sleep_until(TimePoint now, TimePoint until) const noexcept {
  if (until == TimePoint::max()) return until;
  const Duration left = until - now;
  if (left >= spin_ + kShortestSleep) return until - spin_;
  const bool rest_is_due = now - last_rest_ >= kRestEvery;
  if (rest_is_due && left >= kRest + kShortestSleep) return now + kRest;
  return std::nullopt;
}

Duration HybridWait::pause_between_polls() noexcept {
  spin_pause();
  const TimePoint now = clock_.now();
  if (now - last_rest_ < kPollRestEvery) return Duration::zero();
  const timespec rest{.tv_sec = 0, .tv_nsec = kPollRest.ns()};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, nullptr);
  last_rest_ = clock_.now();
  return last_rest_ - now;
}

}  // namespace aegis::executor
