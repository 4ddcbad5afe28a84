// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/export_perfetto.h"

#include <algorithm>
#include <map>
#include <optional>

#include "aegis/trace/event_fields.h"

#include "chunked_output.h"

namespace aegis::trace {

namespace {

// Track numbers within a lane's process. Tasks follow from kFirstTask.
constexpr std::uint64_t kLaneTrack = 1;
constexpr std::uint64_t kLostTrack = 2;
constexpr std::uint64_t kFirstTask = 10;

struct Track {
  std::uint64_t process;
  std::uint64_t thread;
};

// The format counts in microseconds; three decimals keep every nanosecond, and integer arithmetic
// keeps them exact.
std::string microseconds(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  return fmt::format("{}{}.{:03}", negative ? "-" : "", size / 1000, size % 1000);
}

class PerfettoExport {
 public:
  PerfettoExport(const Trace& trace, std::ostream& out) : trace_(trace), out_(out) {}

  Status write() {
    out_.print("{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"program\":{},\"workload\":{}}},\n",
               json_string(trace_.session.program), json_string(trace_.session.workload));
    out_.print("\"traceEvents\":[");
    name_tracks();
    for (const Event& event : trace_.events) take(event);
    out_.print("\n]}}\n");
    return out_.finish();
  }

 private:
  void name_tracks();
  void name_track(Track track, const std::string& name);
  void take(const Event& event);
  void arrival(const Event& event, LaneId lane);
  void segment(const Event& end, LaneId lane);
  void completion(const Event& event, LaneId lane);
  void lost(const Event& event, LaneId lane);
  void instant(const Event& event, Track track);
  void ready_jobs(const Event& event, LaneId lane, std::int64_t count);

  // The common beginning of every record.
  void begin(std::string_view phase, Track track, std::int64_t time_ns, const std::string& name) {
    out_.print("{}{{\"ph\":\"{}\",\"pid\":{},\"tid\":{},\"ts\":{},\"name\":{}",
               std::exchange(first_, false) ? "\n" : ",\n", phase, track.process, track.thread,
               microseconds(time_ns), name);
  }
  void arguments(const Event& event) {
    out_.print(",\"args\":{{\"time_ns\":{}", event.time_ns);
    std::size_t i = 0;
    for (const Field& field : fields_of(event.type)) {
      out_.print(",\"{}\":\"{}\"", field.name, to_text(field.kind, event.payload[i++]));
    }
    out_.print("}}}}");
  }
  [[nodiscard]] static Track lane_track(LaneId lane) { return {process(lane), kLaneTrack}; }
  [[nodiscard]] static Track task_track(LaneId lane, std::uint32_t task) {
    return {process(lane), kFirstTask + task};
  }
  [[nodiscard]] static std::uint64_t process(LaneId lane) { return std::uint64_t{lane.value} + 1; }
  [[nodiscard]] static std::string flow_id(const Event& event) {
    return fmt::format("\"{}.{}\"", event.task, event.job);
  }

  const Trace& trace_;
  ChunkedOutput out_;
  bool first_ = true;
  std::map<LaneId, std::optional<Event>> running_;
};

void PerfettoExport::name_track(Track track, const std::string& name) {
  begin("M", track, 0, "\"thread_name\"");
  out_.print(",\"args\":{{\"name\":{}}}}}", json_string(name));
  begin("M", track, 0, "\"thread_sort_index\"");
  out_.print(",\"args\":{{\"sort_index\":{}}}}}", track.thread);
}

void PerfettoExport::name_tracks() {
  for (const auto& [id, lane] : trace_.lanes) {
    begin("M", lane_track(id), 0, "\"process_name\"");
    out_.print(
        ",\"args\":{{\"name\":{}}}}}",
        json_string(fmt::format("{} ({}, {})", trace_.lane_name(id), lane.device, lane.policy)));
    name_track(lane_track(id), "segments");
    name_track({process(id), kLostTrack}, "lost processor time");
  }
  for (const auto& [id, task] : trace_.tasks) {
    name_track(task_track(task.lane, id.value), trace_.task_name(id));
  }
}

void PerfettoExport::take(const Event& event) {
  const LaneId lane = trace_.lane_of(event);
  if (!lane.valid()) return;
  switch (event.type) {
    case EventType::kReleased:
      arrival(event, lane);
      return ready_jobs(event, lane, event.payload[3]);
    case EventType::kSelected:
      return ready_jobs(event, lane, saturating_minus(event.payload[2], 1));
    case EventType::kSegmentStart:
      running_[lane] = event;
      return;
    case EventType::kSegmentEnd:
      return segment(event, lane);
    case EventType::kCompleted:
      return completion(event, lane);
    case EventType::kLost:
      return lost(event, lane);
    case EventType::kMissed:
    case EventType::kOverrun:
    case EventType::kRefused:
    case EventType::kContextFailed:
      return instant(event, task_track(lane, event.task));
    case EventType::kAssumptionViolated:
    case EventType::kTaskAdded:
    case EventType::kTaskRemoved:
    case EventType::kDrainBegin:
    case EventType::kStopped:
      return instant(event, lane_track(lane));
    default:
      return;
  }
}

// A point to start the arrow from, and the span of the job.
void PerfettoExport::arrival(const Event& event, LaneId lane) {
  const Track track = task_track(lane, event.task);
  const std::int64_t time_ns = event.payload[0];
  const std::string name = json_string(trace_.job_name(event.job_id()));
  begin("b", track, time_ns, name);
  out_.print(",\"cat\":\"job\",\"id\":{}}}", flow_id(event));
  begin("X", track, time_ns, json_string("arrival of " + trace_.job_name(event.job_id())));
  out_.print(",\"dur\":0.001");
  arguments(event);
  begin("s", track, time_ns, "\"job\"");
  out_.print(",\"cat\":\"flow\",\"id\":{}}}", flow_id(event));
}

void PerfettoExport::segment(const Event& end, LaneId lane) {
  std::optional<Event>& start = running_[lane];
  if (!start || start->job_id() != end.job_id()) return;
  const std::int64_t length_ns = std::max<std::int64_t>(0, end.time_ns - start->time_ns);
  const std::string name = json_string(fmt::format("{} segment {}", trace_.job_name(end.job_id()),
                                                   saturating_plus(end.payload[0], 1)));
  for (const Track track : {lane_track(lane), task_track(lane, end.task)}) {
    begin("X", track, start->time_ns, name);
    out_.print(",\"dur\":{}", microseconds(length_ns));
    arguments(end);
  }
  begin("t", lane_track(lane), start->time_ns, "\"job\"");
  out_.print(",\"cat\":\"flow\",\"id\":{}}}", flow_id(end));
  start.reset();
}

void PerfettoExport::completion(const Event& event, LaneId lane) {
  begin("e", task_track(lane, event.task), event.time_ns,
        json_string(trace_.job_name(event.job_id())));
  out_.print(",\"cat\":\"job\",\"id\":{}", flow_id(event));
  arguments(event);
}

void PerfettoExport::lost(const Event& event, LaneId lane) {
  begin("X", {process(lane), kLostTrack}, event.payload[2],
        json_string(std::string("lost: ") + to_text(FieldKind::kEvidence, event.payload[1])));
  out_.print(",\"dur\":{}", microseconds(std::max<std::int64_t>(0, event.payload[0])));
  arguments(event);
}

void PerfettoExport::instant(const Event& event, Track track) {
  std::string name(to_string(event.type));
  if (event.type == EventType::kAssumptionViolated) {
    name = "violated: " + to_text(FieldKind::kAssumption, event.payload[0]);
  } else if (event.task != TaskId::kNone) {
    name += ": " + trace_.job_name(event.job_id());
  }
  begin("i", track, event.time_ns, json_string(name));
  out_.print(",\"s\":\"t\"");
  arguments(event);
}

void PerfettoExport::ready_jobs(const Event& event, LaneId lane, std::int64_t count) {
  begin("C", lane_track(lane), event.time_ns, "\"ready jobs\"");
  out_.print(",\"args\":{{\"ready\":{}}}}}", count);
}

}  // namespace

Status export_perfetto(const Trace& trace, std::ostream& out) {
  return PerfettoExport(trace, out).write();
}

}  // namespace aegis::trace
