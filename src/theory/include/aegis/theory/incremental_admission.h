// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::theory {

// A set that is schedulable, kept ready for the question whether one more task fits: microseconds
// instead of a whole analysis, for machines on which models come and go.
//
//   ProvenSet running(options);
//   if (running.add(detector) != Verdict::kSchedulable) refuse();
//   running.remove(detector.id);
//
// The answer of add() is always that of judge() on the set with the task, and only a set that judge
// calls schedulable is ever held. What is not done again:
//
//   EDF            of the demand test, every stretch (proof.h) whose slack covers the newcomer's
//                  demand and blocking: one evaluation of one task instead of n. Only the
//                  newcomer's own deadlines, stretches it overfills, and what lies beyond the old
//                  horizon are looked at anew.
//   fixed          the tasks of higher priority whom no longer segment blocks; the others first by
//   priorities     a closed form (Bini et al. 2009), then by their recurrence
//   FIFO           judge() from the beginning
//
// Tasks whose deadline allows a job to outstay its overload rule need a response bound each time.
//
// Removing a task needs no proof: the tests are sustainable, and what is kept only shrinks.
//
// Offsets, ties and limits end in kUnknown as in analyse(), and the task is not taken in. For a
// certificate call analyse() and certify() on tasks(). Not for real-time threads: allocates. Not
// thread-safe.
class ProvenSet {
 public:
  // Begins empty.
  explicit ProvenSet(const AnalysisOptions& options);
  ProvenSet(ProvenSet&& other) noexcept;
  ProvenSet& operator=(ProvenSet&& other) noexcept;
  ~ProvenSet();

  // Whether all deadlines hold with this task too; only then it is taken in. An invalid task, or
  // one whose id is in the set, is kUnknown.
  [[nodiscard]] Verdict add(const Task& task);
  // Takes a task out. False when it is not in the set.
  bool remove(TaskId task);

  // In the order in which they were added.
  [[nodiscard]] const TaskSet& tasks() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace aegis::theory
