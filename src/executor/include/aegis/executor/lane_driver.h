// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/base/ids.h"
#include "aegis/base/result.h"

namespace aegis::executor {

// Whether the segment started last still runs.
enum class SegmentState : std::uint8_t { kRunning, kDone };

// What a lane runs segments with; `context` implements it over its backends. One driver serves one
// lane and is called by that lane's thread only, at most one segment at a time, so it needs no lock
// of its own.
//
// A driver that executes on the lane's CPU may do the whole segment inside start_segment; one that
// launches on a device returns at once and reports through poll.
//
// Real-time: none of these may allocate, lock or block in our own code. What a runtime underneath
// does is inside the segment's WCET.
class LaneDriver {
 public:
  virtual ~LaneDriver() = default;

  // Begins segment `segment` (from 0) of the job. `token` is what the submitter passed, 0 for
  // periodic jobs. An error ends the job as failed; one that is
  // not transient closes the task, whose waiting and later jobs are refused. Other tasks go on.
  [[nodiscard]] virtual Status start_segment(JobId job, std::uint32_t segment,
                                             std::uint64_t token) noexcept = 0;

  // Whether the segment begun last is done. Errors as of start_segment.
  [[nodiscard]] virtual Result<SegmentState> poll() noexcept = 0;

  // Asks the running segment to end early; poll then reports an error with kCancelled, or kDone if
  // it was faster. The one function that another thread may call while start_segment executes.
  // Repeated until the segment ends, and possibly called first just before start_segment: a driver
  // begins each segment uncancelled.
  virtual void cancel() noexcept = 0;

  // The lane has found a segment of this task hung, cancelled it, and closed the task for good. On
  // the lane's thread, after the poll that ended the segment.
  virtual void hung(TaskId /*task*/) noexcept {}
};

}  // namespace aegis::executor
