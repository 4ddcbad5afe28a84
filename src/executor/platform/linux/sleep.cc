// SPDX-License-Identifier: Apache-2.0
#include "platform/sleep.h"

#include <ctime>

namespace aegis::executor::platform {

void sleep_for(Duration duration) noexcept {
  const timespec rest{.tv_sec = duration.ns() / 1'000'000'000,
                      .tv_nsec = duration.ns() % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, nullptr);
}

}  // namespace aegis::executor::platform
