// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/theory/policy/job_parameters.h"

namespace aegis::theory::policy {

// Rate monotonic: the task with the shortest period T has the highest priority.
//
//   C. L. Liu, J. W. Layland, "Scheduling algorithms for multiprogramming in a hard-real-time
//   environment", J. ACM 20(1), 1973.
//
// Running example: B (T = 80 ms), A (100), C (200). Optimal among the fixed-priority policies when
// deadlines equal periods and jobs are preemptible.
//
// Real-time: one load.
[[nodiscard]] constexpr std::int64_t rate_monotonic_key(const JobParameters& job) noexcept {
  return job.period.ns();
}

}  // namespace aegis::theory::policy
