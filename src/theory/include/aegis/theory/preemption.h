// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace aegis::theory {

// When a job that comes first in the policy's order takes the lane from a running one.
enum class Preemption : std::uint8_t {
  kNonPreemptive,  // at the end of the running segment: what a lane does
  kPreemptive,     // at once: a CPU under a preemptive kernel, and the comparison in reports
};

// The word that reports use.
[[nodiscard]] constexpr std::string_view to_string(Preemption preemption) {
  return preemption == Preemption::kPreemptive ? "preemptive" : "non-preemptive";
}

}  // namespace aegis::theory
