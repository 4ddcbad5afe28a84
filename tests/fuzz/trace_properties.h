// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "aegis/trace/trace.h"

namespace aegis::fuzz {

// What must hold of everything that reads a trace, whatever its events claim. Each ends the process
// where it does not.

// `passed` only with every decision reconstructed, nothing dropped and no finding; `failed` only
// with a finding; every other verdict says why.
void require_honest_audit(const trace::Trace& trace);

// The parts of a story are contiguous from arrival to end, and their sum is the response time; its
// text is whole lines.
void require_whole_stories(const trace::Trace& trace);

// Perfetto and JSON are JSON, the CSV has a row for every event.
void require_readable_exports(const trace::Trace& trace);

// Percentiles are ordered, times of a lane are not negative, every figure is a number.
void require_sound_metrics(const trace::Trace& trace);

// A query without conditions finds every event, one by job only that job's.
void require_complete_queries(const trace::Trace& trace);

// Written to a file and read again, it is the same trace.
void require_round_trip(const trace::Trace& trace);

// The verbs of the command line on the file `path` that holds the trace: they succeed, and their
// JSON is JSON.
void require_working_verbs(const trace::Trace& trace, const std::filesystem::path& path);

}  // namespace aegis::fuzz
