// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/theory/policy/job_parameters.h"

namespace aegis::theory::policy {

// Earliest deadline first: the job whose absolute deadline d comes first runs first.
//
//   C. L. Liu, J. W. Layland, "Scheduling algorithms for multiprogramming in a hard-real-time
//   environment", J. ACM 20(1), 1973.
//
// Running example, all released at 0: B (d = 40 ms), A (50), C (100). Preemptive EDF is optimal on
// one processor; non-preemptive EDF is optimal among the non-preemptive policies that never leave
// the lane idle while a job waits (Jeffay, Stanat, Martel 1991).
//
// Real-time: one load.
[[nodiscard]] constexpr std::int64_t edf_key(const JobParameters& job) noexcept {
  return job.deadline.value.ns();
}

}  // namespace aegis::theory::policy
