// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// The demand bound function: the most work that sporadic tasks can release at or after some instant
// and have due at most t after that instant.
//
//   S. K. Baruah, A. K. Mok, L. E. Rosier, "Preemptively scheduling hard-real-time sporadic tasks
//   on one processor", RTSS 1990; with release jitter M. Spuri, INRIA RR-2772, 1996.
//
//   dbf(t) = sum over i of max(0, floor((t + J_i - D_i) / T_i) + 1) C_i
//
// The worst interval begins when every task releases a job that its jitter delayed in full, so that
// its deadline is only D - J away; the later ones are released the moment they arrive.
//
// Running example, milliseconds: A(20, 100, 50) B(15, 80, 40) C(30, 200, 100)
//
//     t        40   50  100  120  150  200
//     dbf(t)   15   35   65   80  100  115
//
// Preconditions: validate(tasks), U <= 1, |t| <= kLargestSum. O(n).
[[nodiscard]] Duration demand_bound(const TaskSet& tasks, Duration t);

// The request bound function: the most work that can be released in an interval of length t > 0,
// closed at its beginning and open at its end.
//
//   J. Lehoczky, L. Sha, Y. Ding, "The rate monotonic scheduling algorithm: exact characterization
//   and average case behavior", RTSS 1989.
//
//   rbf(t) = sum over i of ceil((t + J_i) / T_i) C_i
//
// Running example: rbf(1 ns) = 65 ms; rbf(81 ms) = 80 ms. Preconditions as above, t > 0. O(n).
[[nodiscard]] Duration request_bound(const TaskSet& tasks, Duration t);

}  // namespace aegis::theory
