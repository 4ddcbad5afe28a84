// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/base/time.h"
#include "aegis/theory/proof.h"
#include "aegis/theory/supply_bound.h"

#include "timing.h"

namespace aegis::theory {

// A length at and beyond which nothing about the demand is new, and why.
struct DemandHorizon {
  Duration end;     // every t < end must be checked
  Duration length;  // what `extent` speaks of: the busy period, the hyperperiod, or `end`
  Extent extent = Extent::kBusyPeriod;
};

// Until where sbf(t) - dbf(t) >= B(t) must be checked, so that it then holds for all t; nothing
// when no such point within kLargestSum is found. `b` is the blocking that does not depend on t
// (best effort). The smallest of
//
//   - the synchronous busy period L with b: at its end all work released in it is done. With
//     dbf(t) <= rbf(L) + dbf(t - L) and lost(t) <= lost(L) + lost(t - L), a violation at t >= L is
//     also one at t - L;
//   - max(max(D - J), (S + b + sigma) / (1 - U - sigma / pi)) with
//     S = sum of U_i max(0, T_i + J_i - D_i), since dbf(t) <= U t + S and
//     lost(t) <= (t + pi) sigma / pi (George, Rivierre, Spuri 1996);
//   - for a load of exactly 1, max(D - J) + H with H the hyperperiod: from max(D - J) on,
//     dbf(t + H) = dbf(t) + H.
//
// The blocking B(t) of a task of the set itself needs no b: that task's own request in the busy
// period is at least as long, and from max(D - J) on there is none. The load must not exceed 1.
[[nodiscard]] std::optional<DemandHorizon> demand_horizon(const Timings& tasks,
                                                          const Supply& supply, Duration b);

// The same for a blocking promised to each task from its first deadline on, whatever its length as
// long as it holds up to here: max(D - J) + L, max(D - J) + H, or the quotient with b the largest
// promise.
[[nodiscard]] std::optional<DemandHorizon> tolerance_horizon(const Timings& tasks,
                                                             const Supply& supply, Duration b);

}  // namespace aegis::theory
