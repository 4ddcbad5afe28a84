// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "aegis/base/result.h"
#include "aegis/trace/trace.h"

namespace aegis::trace {

// The whole trace as one JSON object with the members schema, session, lanes, tasks, decisions,
// threads, dropped, truncated, footer (if the run ended in order) and events. An event is one line
// with its payload under the names of event_fields.h, and words for what is symbolic:
//
//   {"time_ns":12040,"event":"completed","lane":"lane0","task":"detector","job":3, …}
//
// Streams: needs 64 KiB whatever the trace holds. kIo when the stream fails.
[[nodiscard]] Status export_json(const Trace& trace, std::ostream& out);

}  // namespace aegis::trace
