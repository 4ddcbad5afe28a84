// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/export_csv.h"

#include "aegis/trace/event_fields.h"

#include "chunked_output.h"

namespace aegis::trace {

namespace {

// Quoted when it must be: a name may hold anything.
std::string cell(std::string text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string escaped = "\"";
  for (const char c : text) escaped.append(c == '"' ? 2 : 1, c);
  return escaped + '"';
}

std::string named_payload(const Event& event) {
  std::string text;
  std::size_t i = 0;
  for (const Field& field : fields_of(event.type)) {
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", field.name,
                        to_text(field.kind, event.payload[i]));
    ++i;
  }
  return text;
}

}  // namespace

Status export_csv(const Trace& trace, std::ostream& stream) {
  ChunkedOutput out(stream);
  out.print("time_ns,event,lane,task,job,thread,p0,p1,p2,p3,p4,fields\r\n");
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    const LaneId lane = trace.lane_of(event);
    const TaskId task{event.task};
    const std::uint16_t thread = trace.recorded_by[i];
    out.print("{},{},{},{},{},{}", event.time_ns, to_string(event.type),
              lane.valid() ? cell(trace.lane_name(lane)) : "",
              task.valid() ? cell(trace.task_name(task)) : "",
              event.job == Event::kNoJob ? "" : std::to_string(event.job),
              thread < trace.threads.size() ? cell(trace.threads[thread]) : "");
    for (const std::int64_t value : event.payload) out.print(",{}", value);
    out.print(",{}\r\n", named_payload(event));
  }
  return out.finish();
}

}  // namespace aegis::trace
