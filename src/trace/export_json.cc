// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/export_json.h"

#include <functional>
#include <map>

#include "aegis/trace/event_fields.h"

#include "chunked_output.h"

namespace aegis::trace {

namespace {

// Names are quoted once a task, not once an event.
class JsonExport {
 public:
  JsonExport(const Trace& trace, std::ostream& out) : trace_(trace), out_(out) {}

  Status write() {
    out_.print("{{\"schema\":{},\n", kTraceSchema);
    session();
    list("lanes", trace_.lanes, [this](const auto& entry) { lane(entry.second); });
    list("tasks", trace_.tasks, [this](const auto& entry) { task(entry.second); });
    list("decisions", trace_.decisions, [this](const auto& decided) { decision(decided); });
    list("threads", trace_.threads,
         [this](const auto& name) { out_.print("{}", json_string(name)); });
    out_.print("\"dropped\":{},\"truncated\":{},\n", trace_.dropped, trace_.truncated);
    footer();
    out_.print("\"events\":[");
    for (std::size_t i = 0; i < trace_.events.size(); ++i) {
      out_.print("{}", i == 0 ? "\n" : ",\n");
      event(trace_.events[i], trace_.recorded_by[i]);
    }
    out_.print("]}}\n");
    return out_.finish();
  }

 private:
  template <class Container, class Each>
  void list(std::string_view name, const Container& values, const Each& each) {
    out_.print("\"{}\":[", name);
    bool first = true;
    for (const auto& value : values) {
      out_.print("{}", std::exchange(first, false) ? "\n" : ",\n");
      each(value);
    }
    out_.print("],\n");
  }
  void session() {
    const SessionDeclaration& s = trace_.session;
    out_.print(
        "\"session\":{{\"program\":{},\"machine\":{},\"workload\":{},\"real_time\":{},"
        "\"real_time_note\":{},\"start_time_ns\":{},\"start_unix_ns\":{}}},\n",
        json_string(s.program), json_string(s.machine), json_string(s.workload), s.real_time,
        json_string(s.real_time_note), s.start_time_ns, s.start_unix_ns);
  }
  void lane(const LaneDeclaration& l) {
    out_.print(
        "{{\"id\":{},\"name\":{},\"device\":{},\"cpu\":{},\"policy\":{},\"admitted\":{},"
        "\"release_overhead_ns\":{},\"dispatch_overhead_ns\":{},\"completion_overhead_ns\":{},"
        "\"lost_supply_ns\":{},\"clock_error_ns\":{}}}",
        l.id.value, json_string(l.name), json_string(l.device), l.cpu, json_string(l.policy),
        l.admitted, l.release_overhead.ns(), l.dispatch_overhead.ns(), l.completion_overhead.ns(),
        l.lost_supply.ns(), l.clock_error.ns());
  }
  void task(const TaskDeclaration& t) {
    out_.print(
        "{{\"id\":{},\"lane\":{},\"name\":{},\"backend\":{},\"period_ns\":{},\"deadline_ns\":{},"
        "\"release_jitter_ns\":{},\"priority\":{},\"overload\":{},\"segment_wcets_ns\":[",
        t.id.value, t.lane.value, json_string(t.name), json_string(t.backend), t.period.ns(),
        t.deadline.ns(), t.release_jitter.ns(), t.priority, json_string(t.overload));
    for (std::size_t i = 0; i < t.segment_wcets.size(); ++i) {
      out_.print("{}{}", i == 0 ? "" : ",", t.segment_wcets[i].ns());
    }
    out_.print("],\"response_bound_ns\":{},\"batch\":{}}}", t.response_bound.ns(), t.batch);
  }
  void decision(const DecisionDeclaration& d) {
    out_.print("{{\"time_ns\":{},", d.time_ns);
    if (d.task.valid()) out_.print("\"task\":{},", json_string(trace_.task_name(d.task)));
    out_.print("\"kind\":{},\"outcome\":{},\"rationale\":{}}}", json_string(d.kind),
               json_string(d.outcome), json_string(d.rationale));
  }
  void footer() {
    if (!trace_.footer) return;
    out_.print("\"footer\":{{\"events\":{},\"dropped\":{},\"violations\":{{", trace_.footer->events,
               trace_.footer->dropped);
    for (int i = 0; i < kAssumptionCount; ++i) {
      out_.print("{}\"{}\":{}", i == 0 ? "" : ",", to_string(static_cast<Assumption>(i)),
                 trace_.footer->violations[static_cast<std::size_t>(i)]);
    }
    out_.print("}}}},\n");
  }
  void event(const Event& event, std::uint16_t thread) {
    out_.print("{{\"time_ns\":{},\"event\":\"{}\"", event.time_ns, to_string(event.type));
    if (const LaneId lane = trace_.lane_of(event); lane.valid()) {
      out_.print(",\"lane\":{}", lane_name(lane));
    }
    if (event.task != TaskId::kNone) out_.print(",\"task\":{}", task_name(TaskId{event.task}));
    if (event.job != Event::kNoJob) out_.print(",\"job\":{}", event.job);
    if (event.clock != ClockDomain::kHostMonotonic) {
      out_.print(",\"clock\":\"{}\"", to_string(event.clock));
    }
    out_.print(",\"thread\":{}", thread);
    payload(event);
    out_.print("}}");
  }
  void payload(const Event& event) {
    std::size_t i = 0;
    for (const Field& field : fields_of(event.type)) {
      const std::int64_t value = event.payload[i++];
      if (field.kind == FieldKind::kTask) {
        const TaskId task{static_cast<std::uint32_t>(value)};
        if (task.valid()) out_.print(",\"{}\":{}", field.name, task_name(task));
      } else if (is_symbolic(field.kind)) {
        out_.print(",\"{}\":\"{}\"", field.name, to_text(field.kind, value));
      } else {
        out_.print(",\"{}\":{}", field.name, value);
      }
    }
  }
  const std::string& task_name(TaskId task) {
    std::string& name = task_names_[task];
    if (name.empty()) name = json_string(trace_.task_name(task));
    return name;
  }
  const std::string& lane_name(LaneId lane) {
    std::string& name = lane_names_[lane];
    if (name.empty()) name = json_string(trace_.lane_name(lane));
    return name;
  }

  const Trace& trace_;
  ChunkedOutput out_;
  std::map<TaskId, std::string> task_names_;
  std::map<LaneId, std::string> lane_names_;
};

}  // namespace

Status export_json(const Trace& trace, std::ostream& out) {
  return JsonExport(trace, out).write();
}

}  // namespace aegis::trace
