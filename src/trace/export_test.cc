// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aegis/trace/event_fields.h"
#include "aegis/trace/export_csv.h"
#include "aegis/trace/export_json.h"
#include "aegis/trace/export_perfetto.h"

#include "synthetic_lane.h"

namespace aegis::trace {
namespace {

using nlohmann::json;

Trace example() {
  Trace trace = synthetic_trace({.tasks = running_example(1), .overrun_one_in = 5});
  trace.tasks[TaskId{0}].name = "the \"A\", named\nbadly \xff";
  trace.decisions.push_back({.kind = "admit", .outcome = "accepted", .rationale = "U = 0.5375"});
  trace.footer = TraceFooter{.events = trace.events.size()};
  return trace;
}

std::size_t count(const Trace& trace, EventType type) {
  return static_cast<std::size_t>(std::count_if(trace.events.begin(), trace.events.end(),
                                                [&](const Event& e) { return e.type == type; }));
}

template <class Export>
std::string exported(const Trace& trace, Export write) {
  std::ostringstream out;
  EXPECT_TRUE(write(trace, out));
  return out.str();
}

TEST(EventFields, name_every_event_type_once_and_its_fields_uniquely) {
  std::set<std::string_view> types;
  for (const EventType type : every_event_type()) {
    EXPECT_TRUE(types.insert(to_string(type)).second);
    std::set<std::string_view> names;
    for (const Field& field : fields_of(type)) EXPECT_TRUE(names.insert(field.name).second);
    EXPECT_LE(names.size(), 5U);
  }
  EXPECT_EQ(types.count("unknown"), 0U);
  EXPECT_EQ(types.size(), 21U);
  EXPECT_EQ(to_string(static_cast<EventType>(200)), "unknown");
}

TEST(EventFields, say_symbolic_values_in_words_whatever_the_number) {
  EXPECT_EQ(to_text(FieldKind::kSelectionReason, 1), "smallest_key");
  EXPECT_EQ(to_text(FieldKind::kSeverity, -7), "unknown");
  EXPECT_EQ(to_text(FieldKind::kAssumptions, 0), "none");
  EXPECT_EQ(to_text(FieldKind::kAssumptions,
                    static_cast<std::int64_t>(bit(Assumption::kWcet) | bit(Assumption::kFault))),
            "wcet+fault");
}

TEST(ExportJson, parses_and_holds_every_event_with_its_values) {
  const Trace trace = example();
  const json parsed = json::parse(exported(trace, export_json));
  EXPECT_EQ(parsed["schema"], kTraceSchema);
  EXPECT_EQ(parsed["tasks"].size(), 3U);
  EXPECT_EQ(parsed["decisions"][0]["rationale"], "U = 0.5375");
  ASSERT_EQ(parsed["events"].size(), trace.events.size());
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    const json& object = parsed["events"][i];
    ASSERT_EQ(object["time_ns"], event.time_ns);
    ASSERT_EQ(object["event"], to_string(event.type));
    std::size_t p = 0;
    for (const Field& field : fields_of(event.type)) {
      const std::int64_t value = event.payload[p++];
      if (field.kind == FieldKind::kTask) continue;
      if (is_symbolic(field.kind)) {
        ASSERT_EQ(object[field.name], to_text(field.kind, value));
      } else {
        ASSERT_EQ(object[field.name], value);
      }
    }
  }
}

TEST(ExportCsv, has_a_header_and_one_row_an_event) {
  Trace trace = example();
  trace.tasks[TaskId{0}].name = "a \"quoted\", one";
  const std::string text = exported(trace, export_csv);
  EXPECT_EQ(text.substr(0, text.find('\r')),
            "time_ns,event,lane,task,job,thread,p0,p1,p2,p3,p4,fields");
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')),
            trace.events.size() + 1);
  EXPECT_NE(text.find("\"a \"\"quoted\"\", one\""), std::string::npos);
}

TEST(ExportPerfetto, parses_and_shows_segments_jobs_flows_misses_and_ready_jobs) {
  const Trace trace = example();
  const json parsed = json::parse(exported(trace, export_perfetto));
  std::map<std::string, std::size_t> phases;
  std::set<std::string> opened;
  for (const json& record : parsed["traceEvents"]) {
    ++phases[record["ph"].get<std::string>()];
    ASSERT_TRUE(record.contains("pid") && record.contains("tid") && record.contains("ts"));
    if (record["ph"] == "b") opened.insert(record["id"].get<std::string>());
    const bool ends = record["ph"] == "e";
    EXPECT_TRUE(!ends || opened.contains(record["id"].get<std::string>()));
  }
  const std::size_t segments = count(trace, EventType::kSegmentEnd);
  const std::size_t released = count(trace, EventType::kReleased);
  EXPECT_EQ(phases["X"], 2 * segments + released + count(trace, EventType::kLost));
  EXPECT_EQ(phases["b"], released);
  EXPECT_EQ(phases["e"], count(trace, EventType::kCompleted));
  EXPECT_EQ(phases["s"], released);
  EXPECT_EQ(phases["t"], segments);
  EXPECT_EQ(phases["C"], released + count(trace, EventType::kSelected));
  EXPECT_GT(count(trace, EventType::kOverrun), 0U);
  EXPECT_GE(phases["i"], count(trace, EventType::kOverrun) + count(trace, EventType::kMissed));
}

TEST(Exporters, report_a_stream_that_takes_nothing) {
  const Trace trace = example();
  std::ostringstream broken;
  broken.setstate(std::ios::badbit);
  EXPECT_FALSE(export_json(trace, broken));
  EXPECT_FALSE(export_csv(trace, broken));
  EXPECT_FALSE(export_perfetto(trace, broken));
}

TEST(Exporters, write_valid_json_whatever_the_payloads) {
  const Trace good = example();
  std::mt19937_64 random(11);
  for (int round = 0; round < 20; ++round) {
    std::vector<Event> events = good.events;
    for (Event& event : events) {
      if (random() % 8 != 0) continue;
      event.payload[random() % 5] = static_cast<std::int64_t>(random());
      event.type = static_cast<EventType>(random() % 256);
      event.task = random() % 2 == 0 ? event.task : static_cast<std::uint32_t>(random());
    }
    const Trace trace = with_events(good, events);
    EXPECT_TRUE(json::accept(exported(trace, export_json)));
    EXPECT_TRUE(json::accept(exported(trace, export_perfetto)));
  }
}

}  // namespace
}  // namespace aegis::trace
