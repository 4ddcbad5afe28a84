// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/theory/verdict.h"

#include "blocking_profile.h"
#include "timing.h"

namespace aegis::theory {

// Until where dbf(t) + b <= t must be checked, b a blocking that does not depend on t, so that it
// then holds for all t; nothing when no such point within kLargestSum is found. The smallest of
//
//   - the synchronous busy period with b: at its end all work released in it is done, so a
//   violation
//     at t beyond it is also one, without blocking, at t minus its length;
//   - max(max(D - J), (S + b) / (1 - U)) with S = sum of U_i max(0, T_i + J_i - D_i), since
//     dbf(t) <= U t + S; 0 instead of the quotient when S = b = 0 (George, Rivierre, Spuri 1996);
//   - for U = 1, max(D - J) + H with H the hyperperiod: from max(D - J) on, dbf(t + H) = dbf(t) +
//   H.
//
// The blocking B(t) of a task of the set itself needs no b: that task's own request in the busy
// period is at least as long, and from max(D - J) on there is none. `utilisation` is the set's and
// at most 1.
[[nodiscard]] std::optional<Duration> demand_horizon(const Timings& tasks,
                                                     const Rational& utilisation, Duration b);

// The processor-demand criterion: dbf(t) + B(t) <= t for all t where dbf(t) > 0.
struct DemandCheck {
  Verdict verdict = Verdict::kUnknown;
  std::optional<Failure> failure;  // the first t that breaks
  // Per task min over t >= D - J of t - dbf(t), what it tolerates of blocking; empty when not
  // derived.
  std::vector<Duration> tolerance;
};
[[nodiscard]] DemandCheck check_demand(const TaskSet& tasks, const BlockingProfile& blocking);

}  // namespace aegis::theory
