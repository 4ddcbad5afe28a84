// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/theory/certificate.h"
#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::scheduler {

// What a model needs of what it may have. Zero or nothing: not limited.
struct BudgetClaim {
  std::size_t memory_needed_bytes = 0;
  std::size_t memory_allowed_bytes = 0;
  std::optional<Duration> compute_allowed;  // all segments of one job
};

// How long each segment may run under a compute budget: its WCET and an equal share of what the
// budget leaves beyond all of them. Empty: no budget, or one that does not hold the WCETs.
//
//   WCETs 4 and 6 ms, budget 14 ms: 6 and 8 ms
[[nodiscard]] std::vector<Duration> segment_limits(const theory::Task& task,
                                                   std::optional<Duration> compute_allowed);

// One task asking for a place on a lane.
struct Candidate {
  theory::Task task;
  BudgetClaim budget;
};

// The answer for one lane. Not an Error: "no" is a value that carries its reason.
struct Admission {
  bool admitted = false;
  theory::Analysis analysis;                       // with overheads charged
  std::optional<theory::Certificate> certificate;  // when admitted
  std::string rationale;                           // one line for people, with the numbers
  // What was analysed, compute budgets in place of the WCETs, and under which options; empty when a
  // candidate was refused alone. theory::advice() of them says what would help.
  theory::TaskSet tasks;
  theory::AnalysisOptions options;
};

// Decides whether all tasks of a lane together keep their deadlines. Refuses, in this order: a
// budget that does not suffice, a deadline shorter than the WCET, then what the analysis of the
// lane's policy refuses or cannot prove, and what theory's independent checker does not believe.
// Sporadic arrivals, blocking convention `closed`, every
// overhead charged. A compute budget is charged in place of the WCETs, with what its enforcement
// takes (segment_limits + executor::kLimitGrain each), so that the others' bounds hold even of a
// model that hangs in every job.
class AdmissionController {
 public:
  // For lanes of this policy, on a machine whose overheads are bounded by these.
  AdmissionController(theory::policy::Policy policy, theory::Overheads overheads)
      : policy_(policy), overheads_(overheads) {}

  // The whole lane at once: all tasks that are to run together, those already running included.
  // Pure; allocates, and takes up to seconds on sets at the limits of the analyses.
  [[nodiscard]] Admission decide(const std::vector<Candidate>& candidates) const;

 private:
  theory::policy::Policy policy_;
  theory::Overheads overheads_;
};

}  // namespace aegis::scheduler
