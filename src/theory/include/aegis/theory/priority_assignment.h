// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// The set with deadline-monotonic priorities: 0, the highest, to the task with the shortest
// relative deadline. Tasks of one deadline get distinct priorities, in the set's order.
//
//   J. Y.-T. Leung, J. Whitehead, "On the complexity of fixed-priority scheduling of periodic,
//     real-time tasks", Performance Evaluation 2(4), 1982.
//
// Optimal for preemptive jobs with D <= T and no jitter: if any order meets all deadlines, this one
// does. Not otherwise: not with D > T (Lehoczky 1990), nor between segments (George 1996), nor with
// jitter. assign_priorities() below is. O(n log n).
[[nodiscard]] TaskSet with_deadline_monotonic_priorities(TaskSet tasks);

// What assign_priorities() found.
struct PriorityAssignment {
  Verdict verdict = Verdict::kUnknown;
  std::string theorem;
  std::string reason;  // one sentence
  // The given set with distinct priorities, 0 the highest; empty unless kSchedulable.
  TaskSet tasks;
  // Of a refusal: the tasks left for the higher levels, each with its response if it were the
  // lowest of them. None of these responses is within its deadline.
  std::vector<TaskBound> unplaced;
};

// Priorities under which every deadline is met, whenever there are any.
//
//   N. C. Audsley, "Optimal priority assignment and feasibility of static priority tasks with
//     arbitrary start times", YCS 164, University of York, 1991; "On priority assignment in fixed
//     priority scheduling", Information Processing Letters 79(1), 2001;
//   L. George, N. Rivierre, M. Spuri, INRIA RR-2966, 1996 (non-preemptive);
//   R. I. Davis, A. Burns, "Improved priority assignment for global fixed priority pre-emptive
//     scheduling in multiprocessor real-time systems", Real-Time Systems 47(1), 2011 (conditions).
//
// Levels are filled from the lowest. At each, some task that meets its deadlines with all tasks
// still unplaced above it is placed; when none does, no order exists:
//
//   S := all tasks
//   for level n - 1 down to 0
//     find i in S that meets its deadlines with S \ {i} above and the placed ones below it
//     none: no order exists;  otherwise level(i) := level, S := S \ {i}
//
// It never has to take a choice back, because of three properties of the test:
//
//   1. The response of i depends on which tasks are above it, not on their order: they enter the
//      recurrence of np_fp_response_time.h as a sum.
//   2. It depends on which tasks are below it, not on their order: they enter as a maximum, B_i.
//   3. Moved up past a task j, i responds no later. Preemptive, j's interference goes. Between
//      segments at most one segment of j blocks instead; j above interfered by at least C_j, and no
//      segment is longer.
//
//   literature     here
//   i at level k   Task::priority of n - 1 for the lowest
//   hp(i), lp(i)   tasks of smaller, of greater Priority
//
// Running example, milliseconds, non-preemptive: A(20, 100, 50) B(15, 80, 40) C(30, 200, 100)
//
//   level 2   C: 20 + 15 + 30 = 65 <= 100, placed
//   level 1   A: 30 + 15 + 20 = 65 > 50;  B: 30 + 20 + 15 = 65 > 40      no order exists
//
// With C as 15 + 15, B takes 15 + 20 + 15 = 50 > 40 there but A 50 <= 50: the order is B, A, C.
//
// Where deadline monotonic fails, between segments: P(1, 3, 3)  Q(2, 4, 4)  R(1, 8, 6)
//
//   P, Q, R   R waits for P Q P Q P: done at 8 > 6
//   P, R, Q   R waits for Q P P: 5 <= 6;  Q for P R: 4 <= 4;  P for Q: 3 <= 3
//
// Of several tasks that fit a level, the one with the longest deadline is placed, of equal ones the
// last of the set: where deadline monotonic is optimal, the result is deadline monotonic.
//
// `options.policy` is not looked at; the result is for kStaticPriority. Overheads are charged, and
// judge() has the last word on what was found: where an overload rule may drop jobs the answer is
// kUnknown. kUnschedulable, no order exists, is exact for sporadic tasks; with declared offsets or
// beyond the limits of the analyses a refusal is kUnknown. Priorities given are ignored. O(n^2)
// analyses of one task.
//
//   const PriorityAssignment found = assign_priorities(tasks, {});
//   if (found.verdict == Verdict::kSchedulable) use(found.tasks);
[[nodiscard]] PriorityAssignment assign_priorities(const TaskSet& tasks,
                                                   const AnalysisOptions& options);

}  // namespace aegis::theory
