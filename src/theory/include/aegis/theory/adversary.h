// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/outages.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// What a lane is put through: the jobs, and the time it loses meanwhile. Both as their task set and
// supply allow.
struct Behaviour {
  std::vector<PlannedJob> jobs;
  std::vector<Outage> outages;
};

// What an adversary is after, beside the lane's AnalysisOptions.
struct Malice {
  // For how long jobs keep arriving; the busy period of the set is enough to break what is
  // strictly sporadic.
  Duration length;
  // The task whose deadline it is after; invalid: anyone's.
  TaskId hurt;
  std::uint64_t seed = 0;
};

// The behaviours most likely to make a set miss, where the proofs of the analyses put their
// critical instants. Deliberate ones come first:
//
//   together     all tasks release at one instant, each delayed by its full jitter
//   head start   the same, a tick after some segment began, for every segment of every task, its
//                earlier segments having taken their bcet (between segments only)
//   shifted      all but one together, and that one so that one of its deadlines falls on another
//                task's (Spuri 1996) or a tick later, so that it loses the tie; under FIFO the
//                arrivals, under fixed priorities those of equal ones; alone, and behind the
//                longest segment that the policy puts after it
//
// everything at its WCET and arriving as fast as it may, and the lane losing, from the instant on,
// the first of every window. Tasks with a declared offset arrive as declared; of them the first
// arrivals are tried as the instant, with jitter towards it, always, and never.
//
// Any further number is a perturbation drawn from the seed: random arrivals, or a deliberate
// behaviour with some task late, some shorter, the outages elsewhere.
//
//   const Adversary adversary(tasks, options, {.length = 1_s, .seed = 7});
//   for (std::size_t n = 0; n < adversary.deliberate() + 100; ++n) {
//     const Behaviour behaviour = adversary.behaviour(n);
//     ... simulate(tasks, behaviour.jobs, {..., .outages = behaviour.outages})
//   }
//
// The n-th behaviour is a function of set, options, malice and n only. Preconditions: tasks as the
// lane sees them (charged_for) and validate(tasks); O(jobs and outages) memory a behaviour.
class Adversary {
 public:
  // Keeps copies of all three.
  Adversary(const TaskSet& tasks, const AnalysisOptions& options, const Malice& malice);

  // How many are deliberate: about n s + 16 n^2 for n tasks of s segments, at most 20,000 (35
  // tasks; beyond, some tasks' deadlines are not aimed at).
  [[nodiscard]] std::size_t deliberate() const;
  // The n-th, deliberate ones first; any n.
  [[nodiscard]] Behaviour behaviour(std::size_t n) const;

 private:
  struct Plan;
  std::shared_ptr<const Plan> plan_;
};

}  // namespace aegis::theory
