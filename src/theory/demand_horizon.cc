// SPDX-License-Identifier: Apache-2.0
#include "demand_horizon.h"

#include <algorithm>
#include <cmath>

namespace aegis::theory {
namespace {

double as_double(Duration d) {
  return static_cast<double>(d.ns());
}

// ceil((S + b + sigma) / (1 - load)), rounded up; nothing when 1 - load is too small to divide by.
// Floating point is good enough for a bound that may be too large: the margins exceed the error of
// summing n < 2^20 doubles.
std::optional<Duration> quotient_bound(const Timings& tasks, const Supply& supply, Duration b) {
  double load = as_double(supply.lost) / as_double(supply.window);
  double surplus = as_double(b) + as_double(supply.lost);
  for (const Timing& task : tasks) {
    const double share = as_double(task.wcet) / as_double(task.period);
    const Duration earlier = std::max(Duration::zero(), task.period + task.jitter - task.deadline);
    load += share;
    surplus += share * as_double(earlier);
  }
  if (surplus == 0) return Duration::zero();
  const double room = 1 - load - 1e-9;
  if (room <= 0) return std::nullopt;
  const double bound = std::ceil(surplus * (1 + 1e-9) / room) + 1;
  if (bound >= as_double(kLargestSum)) return std::nullopt;
  return Duration::nanoseconds(static_cast<std::int64_t>(bound));
}

// The nearest end of what is offered.
class Nearest {
 public:
  // `length`, which the extent speaks of, and what must be checked beyond it.
  void consider(std::optional<Duration> length, Duration beyond, Extent extent) {
    if (!length) return;
    if (!found_ || *length + beyond < found_->end) {
      found_ = DemandHorizon{*length + beyond, *length, extent};
    }
  }
  [[nodiscard]] Duration end() const { return found_ ? found_->end : kLargestSum; }
  [[nodiscard]] std::optional<DemandHorizon> found() const { return found_; }

 private:
  std::optional<DemandHorizon> found_;
};

// What both horizons offer besides the busy period.
Nearest without_busy_period(const Timings& tasks, const Supply& supply, Duration b,
                            Duration settled) {
  Nearest nearest;
  if (const auto bound = quotient_bound(tasks, supply, b)) {
    nearest.consider(std::max(*bound, settled), Duration::zero(), Extent::kLoad);
  }
  if (compare_load_with_one(tasks, supply) == 0) {
    nearest.consider(hyperperiod(tasks, supply), settled, Extent::kHyperperiod);
  }
  return nearest;
}

}  // namespace

std::optional<DemandHorizon> demand_horizon(const Timings& tasks, const Supply& supply,
                                            Duration b) {
  const Duration settled = latest_first_deadline(tasks) + Duration::nanoseconds(1);
  Nearest nearest = without_busy_period(tasks, supply, b, settled);
  nearest.consider(busy_period(tasks, b, nearest.end(), supply), Duration::zero(),
                   Extent::kBusyPeriod);
  return nearest.found();
}

std::optional<DemandHorizon> tolerance_horizon(const Timings& tasks, const Supply& supply,
                                               Duration b) {
  const Duration settled = latest_first_deadline(tasks) + Duration::nanoseconds(1);
  Nearest nearest = without_busy_period(tasks, supply, b, settled);
  nearest.consider(busy_period(tasks, Duration::zero(), nearest.end(), supply), settled,
                   Extent::kBusyPeriod);
  return nearest.found();
}

}  // namespace aegis::theory
