// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/supply_bound.h"

#include <algorithm>

#include "aegis/theory/task.h"

namespace aegis::theory {

Status validate(const Supply& supply) {
  const auto refuse = [](const char* why) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, why));
  };
  if (supply.lost < Duration::zero()) return refuse("the lost supply is negative");
  if (supply.window <= supply.lost) return refuse("the window of the supply is lost whole");
  if (supply.window > kLargestSum) return refuse("the window of the supply is over 36 years");
  return ok();
}

Duration lost_supply(const Supply& supply, Duration t) {
  return (t / supply.window) * supply.lost + std::min(supply.lost, t % supply.window);
}

Duration supply_bound(const Supply& supply, Duration t) {
  return t - lost_supply(supply, t);
}

Duration time_to_serve(const Supply& supply, Duration work) {
  const Duration kept = supply.window - supply.lost;
  const std::int64_t windows = work / kept + (work % kept > Duration::zero() ? 1 : 0);
  return work + windows * supply.lost;
}

}  // namespace aegis::theory
