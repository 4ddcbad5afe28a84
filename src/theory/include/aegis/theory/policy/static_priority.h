// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/theory/policy/job_parameters.h"

namespace aegis::theory::policy {

// Static priority: the order is the one the task set declares; the smaller value runs first.
//
//   N. C. Audsley, A. Burns, M. F. Richardson, K. W. Tindell, A. J. Wellings, "Applying new
//   scheduling theory to static priority pre-emptive scheduling", Softw. Eng. J. 8(5), 1993.
//
// Real-time: one load.
[[nodiscard]] constexpr std::int64_t static_priority_key(const JobParameters& job) noexcept {
  return job.priority.value;
}

}  // namespace aegis::theory::policy
