// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/theory/proof.h"
#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// What is guaranteed of one task as long as the assumptions hold.
struct TaskCertificate {
  TaskId task;
  std::string name;
  Duration response_time;  // bound, from arrival to completion, overheads included
  Duration slack;          // what remains of the deadline, >= 0
  Duration blocking;       // the lower-priority segment that is in the bound
  // The longest foreign segment it would bear instead; zero when none was derived.
  Duration blocking_tolerance;
};

// The proof that came with an admission, to be kept, shown and checked. It is a statement about one
// set under one policy with given overheads, which the fingerprint ties it to.
struct Certificate {
  std::string theorem;
  std::vector<std::string> assumptions;  // each a sentence that a monitor can find violated
  AnalysisOptions options;               // policy, preemption, blocking, overheads, supply
  std::vector<TaskCertificate> tasks;    // in the set's order
  std::uint64_t fingerprint = 0;
  Proof
      proof;  // of the set with its overheads charged; certificate_checker.h believes nothing else

  // Zero when the set bears no best-effort segment at all.
  [[nodiscard]] Duration best_effort_tolerance() const;
};

// A number that differs, but for chance (2^-64), between sets or options that could get different
// verdicts. FNV-1a, 64 bits, over the bytes of a canonical encoding: integers as eight bytes, least
// significant first; texts and lists preceded by their length; the options' fields and then, for
// every task in the set's order, all fields as task.h lists them. A version number, first of all,
// changes with the encoding. Not a cryptographic hash: it finds mistakes, not forgeries.
[[nodiscard]] std::uint64_t fingerprint(const TaskSet& tasks, const AnalysisOptions& options);

// What every certificate with these options assumes, a sentence each.
[[nodiscard]] std::vector<std::string> assumptions_of(const AnalysisOptions& options);

// The certificate of a set that `analysis` found schedulable. Errors: kFailedPrecondition when it
// did not, when it is of another set (other tasks), or when a task has no response-time bound;
// kOutOfRange when the evidence would be longer than the limits of the analyses.
[[nodiscard]] Result<Certificate> certify(const TaskSet& tasks, const AnalysisOptions& options,
                                          const Analysis& analysis);

}  // namespace aegis::theory
