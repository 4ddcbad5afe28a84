// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"

namespace aegis::executor {

// `now` and so much, or never, where that is beyond all instants. Precondition: now, duration >= 0.
[[nodiscard]] inline TimePoint after(TimePoint now, Duration duration) noexcept {
  return duration >= TimePoint::max() - now ? TimePoint::max() : now + duration;
}

}  // namespace aegis::executor
