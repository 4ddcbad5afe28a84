// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// End-to-end response times of chains whose stages run on several resources, each stage begun by
// the completion of its predecessors: camera stage on a CPU, model on a lane, planner on the CPU.
//
//   K. Tindell, J. Clark, "Holistic schedulability analysis for distributed hard real-time
//     systems", Microprocessing and Microprogramming 40(2-3), 1994;
//   J. C. Palencia, J. J. Gutierrez, M. Gonzalez Harbour, "Best-case analysis for improving the
//     worst-case schedulability test for distributed hard real-time systems", ECRTS 1998.
//
// A stage becomes a task of its resource. It arrives, at the earliest, phi after the chain does,
// and is ready when the last of its predecessors is done; the difference is its release jitter:
//
//   phi_s = max over predecessors p of  phi_p + (the least execution of p)      0 for a first stage
//   J_s   = max over predecessors p of  R_p - phi_s               the chain's own for a first stage
//   R_s   = phi_s + (the response of task s, jitter J_s, among the tasks of its resource)
//
// R_s is the bound from the chain's arrival to the end of stage s, and the chain's is the largest.
// The R on the right belong to other stages, which wait for this one elsewhere: the equations are
// solved together, from the bottom, until nothing changes.
//
// Two resources, preemptive fixed priorities, milliseconds: chain X (T 20) runs 2 on the CPU and 4
// on the lane; chain Y (T 10, any execution in [1, 3]) runs on the CPU above X and then 2 on the
// lane above X.
//
//     CPU    Y 3      X 3 + 2 = 5
//     lane   Y.2 arrives 1 after Y, jitter 3 - 1 = 2:    R = 1 + 2 + 2 = 5
//            X.2 arrives 2 after X, jitter 5 - 2 = 3:    4 + 2 = 6 of work, R = 2 + 3 + 6 = 11
//
//   literature      here
//   transaction     Chain, a task with stages
//   w, r            response_time of the resource's own analysis
//   R               StageBound::response_time, ChainBound::response_time
//   J               StageBound::jitter
//   R^b             StageBound::earliest_arrival; executions at their least, nobody in the way
//
// Exactness. Safe, not exact: stages of one chain are counted as if they could all be ready
// together, and the best case is the least execution only, without the interference that Palencia
// et al. find unavoidable. A chain that does not meet its deadline by this bound is kUnknown; it is
// kUnschedulable only when its longest path of WCETs alone is longer than its deadline.
//
// Departures. A stage may have several predecessors and waits for all of them; any policy but FIFO
// may serve a resource. Beyond its deadline a chain is still followed, to four times as long, so
// that the answer can say by how much; where the equations then have no solution, or not within
// 1,000 rounds, no bound is given to anyone. O(rounds · what analyse() takes of a resource).

// A lane or a CPU that stages share, with the policy and the overheads of its analysis. The release
// overhead covers the hand-over from another resource. kFifo is refused: jobs would be ordered by
// when they become ready, which is no property of the task model.
struct Resource {
  std::string name;
  StageKind kind = StageKind::kLane;  // stages of this kind only
  AnalysisOptions options;
};
using Resources = std::vector<Resource>;
using ResourceId = Id<struct ResourceTag>;  // the index into Resources

// Where a stage runs and before whom.
//
// `deadline` orders the stage's jobs under EDF (by chain's arrival + deadline) and deadline
// monotonic (by deadline); it counts from the chain's arrival, so that run time needs no derived
// number to apply it. Only the chain's own deadline must be met: the order is what matters here,
// and any order is sound that analysis and run time share. Without one, the stage has the chain's
// deadline less the longest path of WCETs that follows it (the "effective deadline" of B. Kao, H.
// Garcia-Molina, "Deadline assignment in a distributed soft real-time system", IEEE Trans. Parallel
// and Distributed Systems 8(12), 1997).
struct StagePlace {
  ResourceId resource;
  Priority priority;  // for the static-priority policy
  std::optional<RelativeDeadline> deadline;
};

// A task whose stages run one after the other; Task::segments is not looked at beyond validate().
// Its deadline, jitter and overload rule are the chain's; an offset is ignored, as it only removes
// behaviours. Freshness matters only where a stage can find two results of its predecessors
// waiting: it then passes the older over if it takes the latest, and the chain is kUnknown.
struct Chain {
  Task task;
  std::vector<StagePlace> places;  // one for each of task.stages
};
using Chains = std::vector<Chain>;

// What was proved of one stage; times count from the chain's arrival. The optional ones are nothing
// where the equations have no solution within the limits.
struct StageBound {
  Duration earliest_arrival;              // no predecessor is done before
  std::optional<Duration> jitter;         // how much later the stage may be ready
  RelativeDeadline deadline;              // what orders it, given or derived
  std::optional<Duration> response_time;  // when the stage is done at the latest
};

// What was proved of one chain.
struct ChainBound {
  TaskId chain;
  Verdict verdict = Verdict::kUnknown;
  std::string reason;                     // one sentence with numbers
  std::optional<Duration> response_time;  // from the arrival to the end of the last stage
  std::optional<Duration> slack;          // of the deadline less the clock error of its resources
  std::vector<StageBound> stages;         // in the order of Task::stages
};

// The answer for all chains: schedulable when every chain is.
struct ChainAnalysis {
  Verdict verdict = Verdict::kUnknown;
  std::string theorem;
  std::string reason;
  std::vector<ChainBound> chains;  // in the order given
};

// Will every chain be done in time?
//
//   const Resources machine = {{.name = "CPU 2", .kind = StageKind::kHost, .options = by_priority},
//                              {.name = "GPU", .options = by_deadline}};
//   const Chains chains = {{.task = detector,  // stages: resize (host), model (lane), boxes (host)
//                           .places = {{.resource = cpu}, {.resource = gpu}, {.resource = cpu}}}};
//   const auto answer = analyse_end_to_end(chains, machine);
//
// Errors, kInvalidArgument unless said otherwise, detail naming the chain: no chain or resource;
// what validate() refuses (stages before their predecessors among it); a chain without stages; not
// one place per stage; a place on a resource that does not exist or is of the other kind; a stage's
// deadline not after its earliest arrival; a negative overhead. kUnsupported: FIFO. kOutOfRange:
// numbers of a resource that sum to over kLargestSum. Not for real-time threads: allocates.
[[nodiscard]] Result<ChainAnalysis> analyse_end_to_end(const Chains& chains,
                                                       const Resources& resources);

}  // namespace aegis::theory
