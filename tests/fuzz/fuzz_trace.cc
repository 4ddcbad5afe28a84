// SPDX-License-Identifier: Apache-2.0
//
// read_trace, and everything that reads a trace: audit, stories, metrics, queries, exporters, the
// verbs. Any bytes are a trace or an error with words. A trace that opens may claim anything, and
// what is said about it still holds together (trace_properties.h).
#include <algorithm>
#include <span>
#include <string>

#include "aegis/trace/trace.h"

#include "fuzz_target.h"
#include "scratch.h"
#include "trace_properties.h"

namespace {

using aegis::fuzz::require;
using aegis::trace::Trace;

void require_invariants(const Trace& trace) {
  require(trace.recorded_by.size() == trace.events.size(), "every event has a thread");
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const std::int64_t time = trace.events[i].time_ns;
    require(time >= 0 && time < (std::int64_t{1} << 62), "an event's time is in range");
    require(trace.recorded_by[i] < trace.threads.size(), "an event's thread is announced");
  }
  require(!trace.footer || trace.footer->events == trace.events.size(), "the footer counts");
}

// A file cut anywhere never says more than the whole one, and says that it was cut.
void require_honest_when_cut(std::span<const std::byte> bytes, const Trace& whole) {
  for (const std::size_t sixth : {1U, 3U, 5U}) {
    const std::size_t length = bytes.size() / 6 * sixth;
    const auto cut = aegis::trace::read_trace(bytes.first(length));
    if (!cut) continue;
    require(cut->truncated || length == bytes.size(), "a cut trace says so");
    require(cut->events.size() <= whole.events.size(), "a cut trace holds no more");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto trace = aegis::trace::read_trace(bytes);
  if (!trace) {
    const std::string message = trace.error().message();
    require(!message.empty() && message.find('\n') == std::string::npos, "a refusal is one line");
    return 0;
  }
  require_invariants(*trace);
  require_honest_when_cut(bytes, *trace);
  aegis::fuzz::require_honest_audit(*trace);
  aegis::fuzz::require_whole_stories(*trace);
  aegis::fuzz::require_readable_exports(*trace);
  aegis::fuzz::require_sound_metrics(*trace);
  aegis::fuzz::require_complete_queries(*trace);
  aegis::fuzz::require_round_trip(*trace);
  const aegis::fuzz::MemoryFile file;
  file.put(bytes);
  aegis::fuzz::require_working_verbs(*trace, file.path());
  return 0;
}
