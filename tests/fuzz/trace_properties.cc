// SPDX-License-Identifier: Apache-2.0
#include "trace_properties.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "aegis/audit/audit.h"
#include "aegis/service/audit.h"
#include "aegis/service/explain.h"
#include "aegis/trace/export_csv.h"
#include "aegis/trace/export_json.h"
#include "aegis/trace/export_perfetto.h"
#include "aegis/trace/job_story.h"
#include "aegis/trace/metrics.h"
#include "aegis/trace/query.h"

#include "fuzz_target.h"
#include "scratch.h"

namespace aegis::fuzz {

namespace {

using trace::Event;
using trace::Trace;

// So many jobs are told: a story costs its busy period, and a hostile trace is one busy period.
constexpr std::size_t kStories = 8;

void require_json(const std::string& text, std::string_view property) {
  require(nlohmann::json::accept(text), property, text);
}

// Of every job that the trace names, at most kStories.
std::set<JobId> some_jobs(const Trace& trace) {
  std::set<JobId> jobs;
  for (const Event& event : trace.events) {
    if (event.job != Event::kNoJob && jobs.size() < kStories) jobs.insert(event.job_id());
  }
  return jobs;
}

void require_whole(const Trace& trace, const trace::JobStory& story) {
  TimePoint now = story.arrival;
  Duration sum;
  for (const trace::Part& part : story.parts) {
    require(part.begin == now, "the parts of a story are contiguous");
    require(part.length > Duration::zero(), "a part of a story takes time");
    now = now + part.length;
    sum += part.length;
  }
  require(sum == story.response && story.end - story.arrival == story.response,
          "the parts of a story add up to its response time");
  require(story.execution <= story.response, "a job executes within its response time");
  const std::string text = trace::to_text(trace, story);
  require(text.ends_with('\n'), "a story is whole lines", text);
}

template <class Exporter>
std::string exported(const Trace& trace, Exporter exporter) {
  std::ostringstream out;
  require(exporter(trace, out).has_value(), "a stream in memory takes an export");
  return out.str();
}

// Rows of RFC 4180: line ends outside quotes.
std::size_t rows_of(const std::string& csv) {
  std::size_t rows = 0;
  bool quoted = false;
  for (const char c : csv) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) ++rows;
  }
  require(!quoted, "a quoted cell is closed", csv);
  return rows;
}

void require_sound(const trace::Distribution& samples) {
  const bool ordered = samples.min <= samples.p50 && samples.p50 <= samples.p99 &&
                       samples.p99 <= samples.p999 && samples.p999 <= samples.max;
  require(ordered, "percentiles are ordered");
  require(std::isfinite(samples.mean) && std::isfinite(samples.cv), "a figure is a number");
}

// The events of one thread, in its order.
std::vector<Event> events_by(const Trace& trace, std::size_t thread) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    if (trace.recorded_by[i] == thread) events.push_back(trace.events[i]);
  }
  return events;
}

void write(const Trace& trace, const std::filesystem::path& path) {
  auto writer = trace::TraceFileWriter::create(path);
  require(writer.has_value(), "a trace can be written");
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    (*writer)->on_thread(ThreadId{static_cast<std::uint32_t>(i)}, trace.threads[i]);
  }
  (*writer)->on_declaration(trace.session);
  for (const auto& [id, lane] : trace.lanes) (*writer)->on_declaration(lane);
  for (const auto& [id, task] : trace.tasks) (*writer)->on_declaration(task);
  for (const auto& decision : trace.decisions) (*writer)->on_declaration(decision);
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const std::vector<Event> own = events_by(trace, i);
    const ThreadId thread{static_cast<std::uint32_t>(i)};
    if (!own.empty()) (*writer)->on_events(thread, own, 0);
  }
  require((*writer)->flush().has_value(), "a trace can be written");
}

// Everything but the events and what only a finished file knows, as text.
std::string declarations_of(const Trace& trace) {
  return exported(Trace{.session = trace.session,
                        .lanes = trace.lanes,
                        .tasks = trace.tasks,
                        .decisions = trace.decisions,
                        .threads = trace.threads},
                  trace::export_json);
}

}  // namespace

void require_honest_audit(const Trace& trace) {
  const audit::AuditReport report = audit::audit(trace);
  const std::uint64_t findings = report.finding_count();
  require(report.reconstructed <= report.decisions, "what is reconstructed is a decision");
  require(report.findings.size() ==
              std::min<std::uint64_t>(findings, audit::AuditReport::kKeptFindings),
          "findings are kept up to their limit");
  switch (report.verdict) {
    case audit::Verdict::kPassed:
      require(findings == 0, "a trace with a finding does not pass");
      require(trace.dropped == 0, "a trace that lost events does not pass");
      require(report.reconstructed == report.decisions, "an unknown decision does not pass");
      require(!trace.truncated || !report.why.empty(), "a cut trace passes with a reservation");
      break;
    case audit::Verdict::kFailed:
      require(findings > 0, "a failed audit has a finding");
      break;
    case audit::Verdict::kInconclusive:
      require(!report.why.empty(), "an inconclusive audit says why");
      break;
  }
  const std::string text = audit::to_text(trace, report);
  require(text.ends_with('\n'), "an audit is whole lines", text);
}

void require_whole_stories(const Trace& trace) {
  const trace::Storyteller storyteller(trace);
  for (const JobId job : some_jobs(trace)) {
    if (const auto story = storyteller.tell(job)) require_whole(trace, *story);
  }
}

void require_readable_exports(const Trace& trace) {
  require_json(exported(trace, trace::export_perfetto), "a Perfetto export is JSON");
  require_json(exported(trace, trace::export_json), "a JSON export is JSON");
  const std::string csv = exported(trace, trace::export_csv);
  require(rows_of(csv) == trace.events.size() + 1, "a CSV has a row for every event", csv);
}

void require_sound_metrics(const Trace& trace) {
  const trace::Metrics metrics = trace::aggregate(trace);
  require(metrics.events == trace.events.size(), "metrics count every event");
  for (const trace::TaskMetrics& task : metrics.tasks) {
    require_sound(task.response_ns);
    require_sound(task.execution_ns);
    require(task.response_ns.count == task.completed, "a sample for every completed job");
    require(task.missed >= std::min<std::uint64_t>(task.refused, 1), "a refusal is a miss");
    require(std::isfinite(task.utilisation), "a utilisation is a number");
  }
  for (const trace::LaneMetrics& lane : metrics.lanes) {
    require(lane.span >= Duration::zero() && lane.busy >= Duration::zero() &&
                lane.idle >= Duration::zero(),
            "the times of a lane are not negative");
  }
}

void require_complete_queries(const Trace& trace) {
  const trace::Query query(trace);
  require(query.count({}) == trace.events.size(), "a query without conditions finds every event");
  const auto end = TimePoint::from_ns(std::int64_t{1} << 62);
  require(query.count({.from = TimePoint::from_ns(0), .until = end}) == trace.events.size(),
          "all of time holds every event");
  for (const JobId job : some_jobs(trace)) {
    for (const std::uint32_t index : query.events_of(job)) {
      require(trace.events.at(index).job_id() == job, "the events of a job are its own");
    }
    require(query.events_of(job).size() == query.count({.task = job.task, .job = job.sequence}),
            "the index of jobs and a search agree");
  }
}

void require_round_trip(const Trace& trace) {
  // A writer keeps 4 KiB of a thread's name.
  const auto longest = [](const std::string& name) { return name.size() > 4096; };
  if (std::ranges::any_of(trace.threads, longest) || trace.threads.size() > 64) return;
  const MemoryFile file;
  write(trace, file.path());
  auto again = trace::read_trace(file.path());
  require(again.has_value(), "a written trace is read", again ? "" : again.error().message());
  require(again->truncated, "a trace without a footer says that it was cut");
  const auto same_bytes = [](const Event& a, const Event& b) {
    return std::memcmp(&a, &b, sizeof(Event)) == 0;
  };
  require(std::ranges::equal(again->events, trace.events, same_bytes), "no event is changed");
  require(again->recorded_by == trace.recorded_by, "threads are told apart");
  require(declarations_of(*again) == declarations_of(trace), "no declaration is changed");
}

void require_working_verbs(const Trace& trace, const std::filesystem::path& path) {
  const auto audited = service::audit_trace(path);
  require(audited.has_value(), "what opens is audited");
  require_json(service::to_json(*audited), "an audit's JSON is JSON");
  std::vector<service::ExplainRequest> requests{{.trace = path}, {.trace = path, .misses = true}};
  for (const auto& [id, task] : trace.tasks) {
    if (requests.size() < 4) requests.push_back({.trace = path, .slowest = task.name});
  }
  for (const service::ExplainRequest& request : requests) {
    const auto report = service::explain(request);
    require(report.has_value(), "what opens is explained", report ? "" : report.error().message);
    require(service::to_text(*report).ends_with('\n'), "an explanation is whole lines");
    require_json(service::to_json(*report), "an explanation's JSON is JSON");
  }
}

}  // namespace aegis::fuzz
