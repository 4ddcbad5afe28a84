// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// Two sufficient tests for preemptive rate-monotonic scheduling that need the utilisations only.
//
//   Liu & Layland, J. ACM 20(1), 1973:                      U <= n (2^(1/n) - 1)
//   E. Bini, G. Buttazzo, G. Buttazzo, "Rate monotonic analysis: the hyperbolic bound", IEEE Trans.
//     Computers 52(7), 2003:                                product of (U_i + 1) <= 2
//
// Both are decided exactly, on rationals; the first in the form (1 + U/n)^n <= 2, which is the same
// statement without a root. The hyperbolic bound accepts every set the other one does, and more:
// two tasks with U = 1/2 and 1/3 have (1 + 5/12)^2 = 2.007 > 2 but 3/2 · 4/3 = 2.
//
// The running example's utilisations, 0.2, 0.1875 and 0.15, are within both: 1.179^3 = 1.640 and
// 1.2 · 1.1875 · 1.15 = 1.639. But its deadlines are shorter than its periods, so that neither says
// anything of it.
//
// kSchedulable when the bound holds, every D >= T, and there is no jitter; kUnschedulable when the
// utilisation exceeds 1; otherwise kUnknown, with the reason. No response times. O(n)
// multiplications of O(n)-digit numbers: for sets of hundreds of tasks.
[[nodiscard]] Analysis analyse_liu_layland_bound(const TaskSet& tasks);
[[nodiscard]] Analysis analyse_hyperbolic_bound(const TaskSet& tasks);

}  // namespace aegis::theory
