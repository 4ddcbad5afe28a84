// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// The fewest cuts that make a set schedulable.
//
//   M. Bertogna, S. Baruah, "Limited preemption EDF scheduling of sporadic task systems", IEEE
//     Trans. Industrial Informatics 6(4), 2010 (how long a segment may be);
//   M. Bertogna, G. Buttazzo, M. Marinoni, G. Yao, F. Esposito, M. Caccamo, "Preemption points
//     placement for sporadic task sets", ECRTS 2010 (that cuts cost, and where they are needed).
//
// A task is cut into n equal pieces, C / n rounded up to the tick for the first ones and down for
// the rest, C together. Every piece pays its dispatch and completion, so that cuts add load: more
// of them is not always better. The cost of a plan is the number of segments it adds.
//
// Running example under EDF: C in 2 of 15 ms on a lane without overheads, with nothing to spare.
// With overheads of 500 us a segment, at t = 50 ms: 20.5 + 15.5 + C / n + 0.5 <= 50, so 3 of 10 ms.
//
// How. From the plan as it is, each task gets as many pieces as its neighbours' tolerance demands.
// The added load shrinks the tolerances, so this repeats until nothing changes. A larger plan has
// longer demands and so smaller tolerances, and its pieces are no longer; hence every schedulable
// plan has at least these pieces of each task, and this one, when judge() accepts it, is the
// cheapest, and the only one. That argument fails in three corners: overload rules that drop jobs,
// segments of unequal length under fixed priorities (whose last one may grow), later segments that
// their BCETs keep from blocking. There plans are tried in the order of their cost, and after 4,096
// the longest segment is cut until the set holds.

// What may be cut, and how far.
struct Cuts {
  std::function<bool(const Task&)> allowed;  // empty: every task; its segments may be cut anew
  std::uint32_t most_pieces = 64;            // of one task
};

// A plan, in the set's order.
struct SegmentPlan {
  std::vector<std::uint32_t> pieces;  // as many as it has: left as it is
  std::uint32_t added = 0;            // the cost
  bool cheapest = true;               // false: there may be a cheaper one
};

// The task in so many pieces with BCETs of zero; as it is if it has so many. Only what occupies the
// lane is cut, not `stages`. Preconditions: a valid task, 1 <= pieces <= C in nanoseconds.
[[nodiscard]] Task cut(Task task, std::uint32_t pieces);
// All tasks of the plan. Precondition: it is one of this set.
[[nodiscard]] TaskSet cut(TaskSet tasks, const SegmentPlan& plan);

// The cheapest plan; no cuts for a schedulable set, nothing where no plan helps. Cuts help neither
// a preemptive lane nor FIFO: nothing there. Accepted by judge(). Usually a few analyses of the
// set.
[[nodiscard]] std::optional<SegmentPlan> cheapest_segment_plan(const TaskSet& tasks,
                                                               const AnalysisOptions& options,
                                                               const Cuts& cuts = {});

}  // namespace aegis::theory
