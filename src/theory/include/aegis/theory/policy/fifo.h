// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/theory/policy/job_parameters.h"

namespace aegis::theory::policy {

// First in, first out: the job that arrived first runs first, whatever its deadline.
//
//   L. George, P. Minet, "A FIFO worst case analysis for a hard real-time distributed problem with
//   consistency constraints", ICDCS 1997.
//
// It is what a queue without a scheduler does, and the baseline the others are shown beside.
//
// Real-time: one load.
[[nodiscard]] constexpr std::int64_t fifo_key(const JobParameters& job) noexcept {
  return job.arrival.ns();
}

}  // namespace aegis::theory::policy
