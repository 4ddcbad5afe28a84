// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/result.h"
#include "aegis/theory/certificate.h"
#include "aegis/theory/task.h"

namespace aegis::theory {

// Whether a certificate proves what it says of this set. Admission trusts this function and nothing
// that searched for the numbers: it shares no code with the analyses, iterates to no fixed point
// and chooses no points, but evaluates the published inequalities where the certificate says.
//
//   if (Status believed = check_certificate(tasks, certificate); !believed)
//   refuse(believed.error());
//
// What is checked, with the overheads charged to the set anew:
//
//   1. The fingerprint, the assumptions, the tasks, their names and order are the set's;
//      slack = D - R >= 0; no job outstays its overload rule; the blocking is the longest segment
//      the theorem charges.
//   2. EDF: the horizon of the demand proof is one (proof.h); its stretches hold, and no deadline
//      up to the horizon falls between them. That proves every deadline, and every tolerance of
//      tasks whose deadline alone keeps their overload rule; others bear the declared best effort.
//   3. For each task: its extent is one; its steps hold, follow each other without a gap from the
//      first arrival, -J, to the extent; none ends later than R after the first arrival it speaks
//      for. Under fixed priorities the same with the tolerance as blocking and as R the smaller of
//      D and what the overload rule leaves.
//
// Why 3 suffices: for x with work(x) + lost(x) <= x, the least fixed point of the recurrence is at
// or before x; work and completion of an earlier arrival are at most those of a later one.
//
// Errors: kFailedPrecondition with the first thing that does not hold, naming the task;
// kInvalidArgument when the set or the options are none. Any numbers may stand in the certificate:
// nothing overflows, nothing takes longer than O(numbers in it · n). Allocates O(n).
[[nodiscard]] Status check_certificate(const TaskSet& tasks, const Certificate& certificate);

}  // namespace aegis::theory
