// SPDX-License-Identifier: Apache-2.0
//
// Forges a trace: in the first decision with a choice, the job chosen and the best one not chosen
// exchange their places, in the decision and in what follows from it. A lane that chose wrongly
// would have left just this.   swap_selection IN OUT

#include <algorithm>
#include <cstdio>

#include "aegis/trace/recorder.h"
#include "aegis/trace/trace.h"
#include "aegis/trace/trace_file.h"

namespace {

using aegis::trace::Event;
using aegis::trace::EventType;
using aegis::trace::Trace;

// Exchanges the two jobs in the events from the choice at `at` on.
bool swap_at(Trace& trace, std::size_t at) {
  const Event chosen = trace.events[at];
  const auto alternative =
      std::find_if(trace.events.begin() + static_cast<std::ptrdiff_t>(at), trace.events.end(),
                   [&](const Event& event) { return event.type == EventType::kAlternative; });
  if (alternative == trace.events.end()) return false;
  const Event other = *alternative;
  for (std::size_t i = at; i < trace.events.size(); ++i) {
    Event& event = trace.events[i];
    const bool was_chosen = event.task == chosen.task && event.job == chosen.job;
    const bool was_other = event.task == other.task && event.job == other.job;
    if (event.type == EventType::kReleased) continue;
    if (was_chosen) {
      event.task = other.task;
      event.job = other.job;
    } else if (was_other) {
      event.task = chosen.task;
      event.job = chosen.job;
    }
  }
  return true;
}

bool write(const Trace& trace, const char* path) {
  auto file = aegis::trace::TraceFileWriter::create(path);
  if (!file) return false;
  (*file)->on_declaration(trace.session);
  for (const auto& [id, lane] : trace.lanes) (*file)->on_declaration(lane);
  for (const auto& [id, task] : trace.tasks) (*file)->on_declaration(task);
  (*file)->on_thread(aegis::ThreadId{0}, "forged");
  (*file)->on_events(aegis::ThreadId{0}, trace.events, 0);
  return static_cast<bool>((*file)->finish(aegis::trace::Recorder{}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto trace = aegis::trace::read_trace(argv[1]);
  if (!trace) return 2;
  for (std::size_t i = 0; i < trace->events.size(); ++i) {
    const Event& event = trace->events[i];
    const bool had_a_choice = event.type == EventType::kSelected && event.payload[2] > 1;
    if (had_a_choice && swap_at(*trace, i)) return write(*trace, argv[2]) ? 0 : 4;
  }
  std::fputs("swap_selection: no decision in this trace had a choice\n", stderr);
  return 1;
}
