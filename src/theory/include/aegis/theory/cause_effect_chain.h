// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// Reaction time and data age of a chain whose stages are begun by time and not by each other: every
// stage is a task with arrivals of its own, reads what its predecessor wrote last, and writes for
// its successor. A camera at 30 Hz, a detector at 20 Hz, a controller at 100 Hz.
//
//   A. Davare, Q. Zhu, M. Di Natale, C. Pinello, S. Kanajan, A. Sangiovanni-Vincentelli, "Period
//     optimization for hard real-time distributed automotive systems", DAC 2007;
//   M. Becker, D. Dasari, S. Mubeen, M. Behnam, T. Nolte, "End-to-end timing analysis of
//     cause-effect chains in automotive embedded systems", J. Systems Architecture 80, 2017;
//   M. Duerr, G. von der Brueggen, K.-H. Chen, J.-J. Chen, "End-to-end timing analysis of sporadic
//     cause-effect chains in distributed systems", ACM Trans. Embedded Computing Systems 18(5s),
//     2019 (a producer that the consumer cannot overtake);
//   M. Guenzel, H. Teper, K.-H. Chen, G. von der Brueggen, J.-J. Chen, "On the equivalence of
//     maximum reaction time and maximum data age for cause-effect chains", ECRTS 2023.
//
// A job reads when it starts and writes when it completes.
//
//   reaction time   from an outside event to the completion of the first job of the last stage
//                   whose data reflects it
//   data age        from the reading of the first stage to the last instant at which the output
//                   computed from it still stands, just before it is replaced
//
// Both have the same bound, since both add up one wait for each stage's next job and one delay of
// each stage's result:
//
//   T_1 + sum over i < n of (L_i + T_{i+1}) + R_n
//
// L_i is how much later than its arrival a job's result counts: R_i in general, and J_i when stage
// i + 1 cannot begin between a release of stage i and its completion (outranks_next). The worst
// case reads at the very start of each wait: an event a moment after the camera has sampled.
//
// Three stages on three machines, milliseconds (T, R): camera (33, 5), detector (50, 30), control
// (10, 2):
//
//     33 + (5 + 50) + (30 + 10) + 2 = 130;  when written, an output is at most 130 - 10 = 120 old
//
//   literature    here
//   T, max iat    longest_gap
//   R, WCRT       response_time
//   MRT           reaction_time
//   MDA           data_age
//   MRDA          age_when_written
//
// Exactness. Davare's bound, with L_i = R_i, is approached when nothing is known of phases and
// schedules; declared offsets make shorter bounds possible, which are not looked for.
//
// Departures. Release jitter, which Duerr et al. do not have, and a consumer that is kept from
// overtaking by any policy, not by fixed priorities only. And queues, below.
//
// Queues. A stage that takes its input from a FIFO of depth N, one item a job, is not a sampler: an
// accepted item waits for up to N of its jobs, so that T_{i+1} counts N times and L_i is R_i. An
// item that finds the queue full is lost, and the reaction time is then one of accepted items only.
// A job that finds it empty writes nothing; how old the last output grows meanwhile is not bounded
// here, and the ages are nothing. Where a stage is begun by its predecessor's completion there is
// no waiting for a next job at all: that is end_to_end.h, and such a group of stages may stand here
// as one, with its end-to-end response time.

// One stage of the chain.
struct SampledStage {
  // T > 0: no two successive arrivals are further apart. The period of a periodic task; a sporadic
  // task's period is the shortest gap and says nothing here. Where an overload rule may drop jobs,
  // the longest gap between jobs that run.
  Duration longest_gap;
  Duration release_jitter;               // 0 <= J <= R
  Duration response_time;                // R > 0, from the arrival: TaskBound::response_time
  Freshness input = Freshness::kLatest;  // how it takes what the stage before wrote
  std::uint32_t queue_depth = 0;         // N >= 1 where input is kQueue
  // Whether this stage's released job always runs before one of the next stage that arrives no
  // earlier than it is released: both on one resource, and this one of strictly higher fixed
  // priority, or under EDF of a strictly shorter deadline. It has no effect before a queue.
  bool outranks_next = false;
};

// The bounds of one chain. Ages: nothing where a queue is on the way.
struct DataTimes {
  Duration reaction_time;
  std::optional<Duration> data_age;
  std::optional<Duration> age_when_written;  // as data_age, at the moment the output is written
};

// The bounds of a chain, first stage first; of a DAG, call it for every path.
//
//   const auto times = analyse_cause_effect_chain({{.longest_gap = 33_ms, .response_time = 5_ms},
//                                                  {.longest_gap = 50_ms, .response_time = 30_ms},
//                                                  {.longest_gap = 10_ms, .response_time = 2_ms}});
//
// Errors: kInvalidArgument when there is no stage or a number is not as said above, native then its
// index; kOutOfRange when a bound would pass kLargestSum. O(stages).
[[nodiscard]] Result<DataTimes> analyse_cause_effect_chain(const std::vector<SampledStage>& stages);

}  // namespace aegis::theory
