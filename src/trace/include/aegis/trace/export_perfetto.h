// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "aegis/base/result.h"
#include "aegis/trace/trace.h"

namespace aegis::trace {

// The trace in the Trace Event Format (the JSON that chrome://tracing introduced and
// ui.perfetto.dev opens):
//
//   lane          a process; in it one track with every segment that ran, in order, and a counter
//                 of ready jobs
//   task          a track in its lane's process: its segments, its arrivals, its misses and
//                 overruns as instants
//   job           an asynchronous span from arrival to completion, and arrows arrival → each
//                 segment
//   violations    instants on the lane's track, lost processor time as slices of a track of its own
//
// Streams: needs 64 KiB whatever the trace holds. kIo when the stream fails. Times are exact to the
// nanosecond.
[[nodiscard]] Status export_perfetto(const Trace& trace, std::ostream& out);

}  // namespace aegis::trace
