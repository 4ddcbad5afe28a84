// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/theory/task.h"

namespace aegis::theory::policy {

// What a policy may look at: nothing that only the clock or the machine knows.
struct JobParameters {
  JobId id;
  TimePoint arrival;
  AbsoluteDeadline deadline;
  Duration period;
  RelativeDeadline relative_deadline;
  Priority priority;
};

}  // namespace aegis::theory::policy
