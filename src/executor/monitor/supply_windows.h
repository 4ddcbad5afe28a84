// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/base/time.h"
#include "aegis/executor/counter.h"
#include "aegis/executor/latency_stats.h"

namespace aegis::executor {

// Windows in which a worker did not have its processor, as it notices them itself: two neighbouring
// readings of the clock, with nothing but a few instructions between them, lie further apart than
// those take. Only the worker notes; anybody reads.
class SupplyWindows {
 public:
  // Whether the gap between two neighbouring readings was a lost window: longer than `threshold`.
  // Real-time: a comparison; for a window a few loads and stores. Neither allocates nor locks.
  bool note(Duration gap, Duration threshold) noexcept {
    if (gap <= threshold) [[likely]]
      return false;
    windows_.add();
    total_ns_.add(gap.ns());
    largest_ns_.raise_to(gap.ns());
    return true;
  }

  // Any thread. While the worker notes a window, it may be in some of the three figures only.
  [[nodiscard]] LostSupply read() const noexcept {
    return {.windows = static_cast<std::uint64_t>(windows_.value()),
            .total = Duration::nanoseconds(total_ns_.value()),
            .largest = Duration::nanoseconds(largest_ns_.value())};
  }
  // The worker, around a job: what was lost meanwhile is the difference. Real-time: one load.
  [[nodiscard]] Duration total() const noexcept { return Duration::nanoseconds(total_ns_.value()); }

 private:
  Counter windows_, total_ns_, largest_ns_;
};

}  // namespace aegis::executor
