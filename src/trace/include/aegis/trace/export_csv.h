// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "aegis/base/result.h"
#include "aegis/trace/trace.h"

namespace aegis::trace {

// The events as RFC 4180 CSV, one a row under the header
//
//   time_ns,event,lane,task,job,thread,p0,p1,p2,p3,p4,fields
//
// Cells are empty where an event has no lane, task or job. p0..p4 are the payload's numbers,
// `fields` the same with names and words: "response_ns=27300000 outcome=done".
//
// Streams: needs 64 KiB whatever the trace holds. kIo when the stream fails.
[[nodiscard]] Status export_csv(const Trace& trace, std::ostream& out);

}  // namespace aegis::trace
