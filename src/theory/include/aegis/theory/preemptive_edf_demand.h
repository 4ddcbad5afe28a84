// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// The processor-demand criterion for preemptive EDF.
//
//   S. K. Baruah, A. K. Mok, L. E. Rosier, "Preemptively scheduling hard-real-time sporadic tasks
//   on one processor", RTSS 1990; with jitter M. Spuri, INRIA RR-2772, 1996; in few points (QPA)
//   F. Zhang, A. Burns, "Schedulability analysis for real-time systems with EDF scheduling", IEEE
//   Trans. Computers 58(9), 2009.
//
// Schedulable if and only if U <= 1 and dbf(t) <= sbf(t) for all t > 0, with dbf of demand_bound.h
// and sbf of supply_bound.h; otherwise by no policy at all. Running example, milliseconds: A(20,
// 100, 50) B(15, 80, 40) C(30, 200, 100) gives dbf 15, 35, 65 at t = 40, 50, 100: schedulable,
// while non-preemptive EDF is not.
//
// Exact for sporadic tasks with jitter and any D; with declared offsets a refusal is kUnknown.
// Horizon, limits and complexity as in np_edf_demand.h.
[[nodiscard]] Analysis analyse_preemptive_edf_demand(const TaskSet& tasks,
                                                     const Supply& supply = {});

// The verdict of analyse_preemptive_edf_demand alone, without the tolerances.
[[nodiscard]] Verdict judge_preemptive_edf_demand(const TaskSet& tasks, const Supply& supply = {});

}  // namespace aegis::theory
