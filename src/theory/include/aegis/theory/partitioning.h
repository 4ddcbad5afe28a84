// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/rational.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// How a lane is chosen for a task.
enum class PartitionSearch : std::uint8_t {
  kFirstFit,    // the first lane that remains schedulable
  kBestFit,     // of those lanes the one with the greatest utilisation, of equal ones the first
  kWorstFit,    // the one with the least: spreads the load, and uses every lane
  kExhaustive,  // first fit, and when that fails every other partition
};

// Tasks are placed in decreasing order of this; of equal ones the shorter deadline first, then the
// earlier in the set.
enum class TaskWeight : std::uint8_t {
  kUtilisation,  // C / T
  kDensity,      // C / min(D, T)
};

// What partition() is asked.
struct PartitionOptions {
  AnalysisOptions lane;   // what is assumed of every lane; they are alike
  std::size_t lanes = 1;  // m >= 1
  PartitionSearch search = PartitionSearch::kFirstFit;
  TaskWeight weight = TaskWeight::kUtilisation;
  // How many sets of tasks kExhaustive may ask judge() of before it answers kUnknown. Sets of up
  // to 13 tasks have no more than the default; each costs microseconds to milliseconds.
  std::size_t most_judgements = 10'000;
};

// One lane of a partition.
struct PartitionedLane {
  TaskSet tasks;         // in the given set's order
  Rational utilisation;  // without overheads
  Analysis analysis;     // analyse(tasks, options.lane); kSchedulable for a lane without tasks
};

// The first task that fitted nowhere.
struct Misfit {
  TaskId task;
  std::vector<Analysis> lanes;  // per lane, what analyse() says of its tasks and this one
};

// A set's distribution over lanes.
struct Partition {
  Verdict verdict = Verdict::kUnknown;
  std::string theorem;
  std::string reason;  // one sentence
  // min(m, n) lanes: n tasks never need more than n. Of a failed heuristic those filled before the
  // misfit, otherwise empty unless kSchedulable.
  std::vector<PartitionedLane> lanes;
  std::vector<std::optional<std::size_t>> lane_of;  // per task of the given set: index into `lanes`
  std::optional<Misfit> misfit;                     // of a failed heuristic
};

// Partitioned scheduling: every task has one of m lanes for good, and each lane is scheduled on its
// own. To place the tasks is bin packing, and the heuristics are its own, but what fits is decided
// by the lane's analysis and not by a size.
//
//   E. G. Coffman, M. R. Garey, D. S. Johnson, "Approximation algorithms for bin packing: a
//     survey", in Approximation Algorithms for NP-hard Problems, PWS, 1996;
//   J. M. López, J. L. Díaz, D. F. García, "Utilization bounds for EDF scheduling on real-time
//     multiprocessor systems", Real-Time Systems 28(1), 2004;
//   S. Baruah, N. Fisher, "The partitioned multiprocessor scheduling of sporadic task systems",
//     RTSS 2005 (deadlines shorter than periods).
//
//   literature              here
//   FFD, BFD, WFD           kFirstFit, kBestFit, kWorstFit
//   u_i, lambda_i           kUtilisation, kDensity
//   m                       PartitionOptions::lanes
//
// For preemptive EDF with D = T, where a lane's test is U <= 1, each of the three places any set
// with U <= (beta m + 1) / (beta + 1), beta = floor(1 / max u_i) (López et al.; a test
// holds us to it). With other deadlines or between segments there is no such bound: a single long
// segment may need a lane of its own.
//
// Running example, milliseconds, EDF between segments: A(20, 100, 50) B(15, 80, 40) C(30, 200, 100)
//
//   one lane    A and B fit; with C 15 + 30 = 45 > 40: C fits nowhere
//   two lanes   first and best fit, in the order A, B, C:    {A, B}  {C}
//               worst fit:                                   {A, C}  {B}     20 + 30 <= 50 for A
//
// Verdicts. kSchedulable: each lane is, by `lanes[i].analysis`. kUnschedulable: no partition is
// schedulable, because U > m, because some task is not even alone, or because kExhaustive has tried
// all; a lane once proved unschedulable stays so with more tasks, since sporadic tasks need not
// arrive; with declared offsets they must, and only U > m refutes. kUnknown otherwise: a heuristic
// failed, the search reached its limit, or an answer it needed was itself kUnknown.
//
// kExhaustive is a depth-first branch and bound: tasks in decreasing order, lanes in order, an
// unschedulable lane cuts the branch, and of the empty lanes, which are alike, only the first is
// tried, and a task that equals the one before it in all that counts goes to no earlier lane.
// Verdicts are remembered per set of tasks. It takes at most 64 tasks and looks at at most
// 5,000,000 partial partitions, under a second beside the judgements.
//
// An invalid set and zero lanes are answered kUnknown. O(n m) judgements for the heuristics. Not
// for real-time threads.
//
//   const Partition found = partition(tasks, {.lane = {.policy = Policy::kEdf}, .lanes = 2});
//   if (found.verdict == Verdict::kSchedulable) run(found.lanes[*found.lane_of[0]]);
[[nodiscard]] Partition partition(const TaskSet& tasks, const PartitionOptions& options);

// What least_lanes() found.
struct LeastLanes {
  // On the fewest lanes the search needed; the failure on options.lanes when that was too few.
  Partition partition;
  // Proved: no partition with fewer lanes exists. With kExhaustive, unless it met a kUnknown, that
  // is the number of lanes found.
  std::size_t at_least = 1;
};

// The fewest lanes, up to options.lanes, on which partition() succeeds: it is asked for 1, 2, 3 …
// lanes. Running example as above: two.
[[nodiscard]] LeastLanes least_lanes(const TaskSet& tasks, const PartitionOptions& options);

}  // namespace aegis::theory
