// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/hybrid_wait.h"

#include "platform/sleep.h"

namespace aegis::executor {
namespace {

// Below this a sleep is not worth its two system calls and its wake-up error.
constexpr Duration kShortestSleep = Duration::microseconds(20);

}  // namespace

std::optional<HybridWait::Sleep> HybridWait::next_sleep(TimePoint now, TimePoint until,
                                                        TimePoint looking_until) const noexcept {
  const bool looking = now < looking_until;
  if (!looking && until == TimePoint::max()) return Sleep{.wake_up = until};
  const Duration left = until - now;
  const Duration worthwhile =
      left - kShortestSleep;  // compared without adding to what may be the longest there is
  if (!looking && worthwhile >= spin_.before_release) {
    return Sleep{.wake_up = until - spin_.before_release};
  }
  const Duration awake = now - last_rest_;
  if (awake >= kPollRestEvery) return Sleep{.wake_up = now + kPollRest, .rest = true};
  if (awake >= kRestEvery && worthwhile >= kRest)
    return Sleep{.wake_up = now + kRest, .rest = true};
  return std::nullopt;
}

void HybridWait::slept(Duration duration, TimePoint now, bool rest) noexcept {
  sleeping_ns_.add(duration.ns());
  wake_ups_.add();
  if (rest) rests_.add();
  rested_ += duration;
  if (rested_ < kRest) return;
  rested_ = Duration::zero();
  last_rest_ = now;
}

Duration HybridWait::pause_between_polls() noexcept {
  spin_pause();
  return rest_if_due();
}

Duration HybridWait::rest_if_due() noexcept {
  return rest_if_due(clock_.now());
}

Duration HybridWait::rest_if_due(TimePoint now) noexcept {
  if (!restless(now, kPollRestEvery)) return Duration::zero();
  return rest_for(kPollRest, now);
}

Duration HybridWait::rest_for(Duration length, TimePoint now) noexcept {
  platform::sleep_for(length);
  const TimePoint awake = clock_.now();
  slept(awake - now, awake, true);
  return awake - now;
}

WaitTime HybridWait::time_spent() const noexcept {
  return {.spinning = Duration::nanoseconds(spinning_ns_.value()),
          .sleeping = Duration::nanoseconds(sleeping_ns_.value()),
          .rests = rests_.value(),
          .wake_ups = wake_ups_.value()};
}

}  // namespace aegis::executor
