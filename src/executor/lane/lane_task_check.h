// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/result.h"
#include "aegis/executor/lane.h"

namespace aegis::executor {

// Whether a lane can run with this configuration at all: ranges of its fields, one error naming the
// first that is off.
[[nodiscard]] Status check_config(const LaneConfig& config);

// Whether the task's numbers make sense by themselves: positive segments, period and deadline,
// nothing beyond 100 years.
[[nodiscard]] Status check_task(const LaneTask& task);

}  // namespace aegis::executor
