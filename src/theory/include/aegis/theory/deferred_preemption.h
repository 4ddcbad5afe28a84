// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// What defer_preemption() found.
struct DeferredPreemption {
  Verdict verdict = Verdict::kUnknown;
  std::string theorem;
  std::string reason;  // one sentence
  // The given set, the last segments of its tasks run as one; empty unless kSchedulable.
  TaskSet tasks;
  // Per task how many of its last segments run as one, 1: none is joined; empty unless
  // kSchedulable.
  std::vector<std::size_t> joined;
  // Of a refusal: the task that is late however it is joined, at its best.
  std::optional<TaskBound> late;
};

// The shortest final non-preemptive regions with which fixed priorities meet all deadlines.
//
//   R. I. Davis, M. Bertogna, "Optimal fixed priority scheduling with deferred pre-emption", RTSS
//     2012;
//   M. Bertogna, G. Buttazzo, G. Yao, "Improving feasibility of fixed priority tasks using
//     non-preemptive regions", RTSS 2011.
//
// A task's last segment delays others and spares itself: nobody can come between once it runs. So
// too fine a cut makes a task late, too coarse a one those above it:
//
//   H(2, 5, 5) as 1 + 1, above L(4, 10, 6)
//
//     L as 1 1 1 1   H H L L L H H L      L done at 8 > 6: H came before its last segment
//     L as 1 1 2     H H L L L L          L done at 6;  H waits for 2: 2 + 2 <= 5
//     L as 4         H H L L L L          L done at 6;  H waits for 4: 4 + 2 > 5
//                    0 1 2 3 4 5 6 7 8
//
// The set is given in its finest cut. From the lowest priority up, each task gets the fewest last
// segments joined that keep it in time, the blocking by those below it being settled:
//
//   q_i := least sum of last segments of i with R_i(q_i, max over lower j of their longest) <= D_i
//
// That is optimal. R_i of np_fp_response_time.h does not grow with q_i: the job starts its last
// segment the sooner the longer it is. Of the other tasks only those above i see q_i, and less of
// it is better for them. Joining segments before the last ones only adds to the blocking; so when
// this finds nothing, no way of joining adjacent segments does.
//
//   literature       here
//   F_i, the FNR     the last segment of a task of the result
//   C_i - F_i        the segments before it, left as they are (the paper: preemptible anywhere)
//
// Running example, milliseconds, deadline monotonic, A as 2 of 10, B as 3 of 5, C as 6 of 5:
// nothing need be joined, R = 40, 25, 65.
//
// `options.policy` is a policy of fixed priorities and `options.preemption` kNonPreemptive;
// kUnknown otherwise. Overheads: the search charges every given segment, as if joining saved
// nothing, and judge() has the last word on what was found. kUnschedulable is exact for sporadic
// tasks of distinct priorities without overheads per segment; a refusal is kUnknown otherwise.
// Stages keep the given cut. O(n log s) analyses of one task, s the most segments. Not for
// real-time threads.
//
// Not here: choosing priorities and regions together, the other half of Davis & Bertogna's paper.
//
//   const auto found = defer_preemption(tasks, {.policy = Policy::kDeadlineMonotonic});
//   if (found.verdict == Verdict::kSchedulable) use(found.tasks);
[[nodiscard]] DeferredPreemption defer_preemption(const TaskSet& tasks,
                                                  const AnalysisOptions& options);

}  // namespace aegis::theory
