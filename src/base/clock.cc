// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/clock.h"

#include <ctime>

#include "aegis/base/check.h"

namespace aegis {

namespace {

TimePoint read(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return TimePoint::from_ns(static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec);
}

}  // namespace

TimePoint MonotonicClock::now() const noexcept {
  return read(CLOCK_MONOTONIC);
}

TimePoint ThreadCpuClock::now() const noexcept {
  return read(CLOCK_THREAD_CPUTIME_ID);
}

void ManualClock::set(TimePoint to) noexcept {
  check(to >= now(), "a clock never goes back");
  now_ns_.store(to.ns(), std::memory_order_release);
}

}  // namespace aegis
