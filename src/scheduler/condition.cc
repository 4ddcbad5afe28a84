// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/condition.h"

#include <algorithm>

namespace aegis::scheduler {

std::string_view to_string(Condition condition) noexcept {
  switch (condition) {
    case Condition::kWarm:
      return "warm";
    case Condition::kCold:
      return "cold";
    case Condition::kAfterIdle:
      return "after_idle";
    case Condition::kAmongModels:
      return "among_models";
    case Condition::kCacheAntagonist:
      return "cache_antagonist";
    case Condition::kBandwidthAntagonist:
      return "bandwidth_antagonist";
    case Condition::kSiblingLanes:
      return "sibling_lanes";
  }
  return "unknown";
}

std::optional<Condition> condition_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find_if(
      kConditions, [name](Condition condition) { return to_string(condition) == name; });
  if (found == kConditions.end()) return std::nullopt;
  return *found;
}

std::string_view to_string(CoRunners co_runners) noexcept {
  return co_runners == CoRunners::kAny ? "any" : "lane";
}

}  // namespace aegis::scheduler
