// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aegis/base/result.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::service {

// What to draw: a set, how it was analysed, and what the lane supplies. `tasks` are as declared:
// the overheads of the options are charged here.
struct DrawnDemand {
  theory::TaskSet tasks;
  theory::AnalysisOptions options;
  theory::Supply supply;
  theory::Analysis analysis;
};

// The words above the curves: "unschedulable by edf, non-preemptive", and the verdict's reason.
struct DemandPictureOptions {
  std::string title;
  std::string sentence;
};

// Why the set is schedulable or not, as a stand-alone SVG, 1000 units wide: work against time.
//
//   EDF                 the demand bound, on it the blocking B(t), and what the lane supplies in an
//                       interval of length t; the first t at which demand and blocking exceed the
//                       supply is marked, otherwise the t with the least room
//   fixed priorities    for one job, the work before it is done (blocking, its own, that of higher
//                       or equal priority requested by then) and the supply since its busy period
//                       began; marked are where they meet and the deadline. The task is that of the
//                       analysis' failure, otherwise the one with the least slack, and the job the
//                       one of its busy period with the longest response
//
//   work      supply /    t = 40 ms: 15 ms + 30 ms = 45 ms > 40 ms
//     |           /  :
//     |   ▨▨▨▨▨▨▨▨▨▨▨█▨▨▨
//     |      /   █████████
//     +---------------------- t
//
// The whole test is drawn where it is legible; where it goes on beyond the picture, its horizon is
// named at the right edge. Blocking is drawn where something is due: elsewhere it hurts nobody. The
// numbers are theory's (demand_bound, request_bound, supply_bound) but B(t), whose definition
// np_edf_demand.h has. Names may be anything. The same bytes for the same input. At most 100,000
// deadlines are looked at for the interval with the least room.
//
// Errors, kUnsupported with one line that says why: utilisation above 1 (of the task and those
// above it for fixed priorities), where no interval is long enough; FIFO; a busy period beyond
// 10,000 jobs or a picture of more than 5,000 steps. kInvalidArgument for an invalid set or supply,
// or overheads beyond a deadline.
[[nodiscard]] Result<std::string> demand_picture(const DrawnDemand& drawn,
                                                 const DemandPictureOptions& options);

}  // namespace aegis::service
