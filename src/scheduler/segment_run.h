// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/executor/lane_driver.h"

namespace aegis::scheduler {

// Runs one segment to its end, polling. As real-time as the driver is.
[[nodiscard]] inline Status run_segment(executor::LaneDriver& driver, JobId job,
                                        std::uint32_t segment) {
  if (Status started = driver.start_segment(job, segment, 0); !started) return started;
  while (true) {
    const Result<executor::SegmentState> state = driver.poll();
    if (!state) return fail(state.error());
    if (*state == executor::SegmentState::kDone) return ok();
  }
}

}  // namespace aegis::scheduler
