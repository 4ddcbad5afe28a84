// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// Response-time bounds under FIFO by arrival, so that a workload without a scheduler of its own can
// be admitted or refused too.
//
//   L. George, P. Minet, "A FIFO worst case analysis for a hard real-time distributed problem with
//   consistency constraints", ICDCS 1997.
//
// FIFO orders jobs by arrival: it is EDF with the same relative deadline for all, so the recurrence
// of np_edf_response_time.h applies with the constant 0. Without jitter everything that arrived no
// later than the job runs before it and nothing else does:
//
//   R_i = max over a >= 0 in the busy period of  sum over j of (floor(a / T_j) + 1) C_j - a
//
// the same for every task. With jitter a job that arrived later but was released earlier may also
// block with one segment.
//
// Running example, milliseconds: R = 20 + 15 + 30 = 65 for A, B and C alike: A (D = 50) and B (40)
// miss, which EDF avoids for A + B.
//
// Verdict: kSchedulable when every bound is within its deadline. Without jitter and offsets a bound
// that exceeds the deadline by more than one tick is attained (the others arrive a tick earlier),
// and the answer kUnschedulable; otherwise kUnknown. Limits and complexity as
// np_edf_response_time.h.
[[nodiscard]] Analysis analyse_fifo_response_time(const TaskSet& tasks, Blocking blocking,
                                                  const Supply& supply = {});

}  // namespace aegis::theory
