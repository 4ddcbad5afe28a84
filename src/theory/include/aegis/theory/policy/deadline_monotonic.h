// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/theory/policy/job_parameters.h"

namespace aegis::theory::policy {

// Deadline monotonic: the task with the shortest relative deadline D has the highest priority.
//
//   J. Y.-T. Leung, J. Whitehead, "On the complexity of fixed-priority scheduling of periodic,
//   real-time tasks", Performance Evaluation 2(4), 1982.
//
// Running example: B (D = 40 ms), A (50), C (100). Optimal among the fixed-priority policies when
// D <= T and jobs are preemptible; not when they are not (George, Rivierre, Spuri 1996).
//
// Real-time: one load.
[[nodiscard]] constexpr std::int64_t deadline_monotonic_key(const JobParameters& job) noexcept {
  return job.relative_deadline.value.ns();
}

}  // namespace aegis::theory::policy
