// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/duration_text.h"
#include "aegis/service/explain.h"
#include "aegis/service/text_table.h"
#include "aegis/trace/metrics.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using trace::JobStory;
using trace::PartKind;

std::string_view name_of(PartKind kind) {
  switch (kind) {
    case PartKind::kRelease:
      return "release";
    case PartKind::kBlocking:
      return "blocking";
    case PartKind::kInterference:
      return "interference";
    case PartKind::kHandOver:
      return "hand_over";
    case PartKind::kIdle:
      return "idle";
    case PartKind::kRun:
      return "run";
  }
  return "unknown";
}

std::string_view name_of(trace::JobEnding ending) {
  switch (ending) {
    case trace::JobEnding::kCompleted:
      return "completed";
    case trace::JobEnding::kFailed:
      return "failed";
    case trace::JobEnding::kCancelled:
      return "cancelled";
    case trace::JobEnding::kRefused:
      return "refused";
    case trace::JobEnding::kPending:
      return "pending";
  }
  return "unknown";
}

std::string milliseconds(std::int64_t ns) {
  return format_duration(Duration::nanoseconds(ns));
}

std::string overview_text(const trace::Trace& trace) {
  std::string text = fmt::format("{} on {}\n", trace.session.program, trace.session.machine);
  text += fmt::format("Workload {}{}\n", trace.session.workload,
                      trace.truncated ? "; the trace ends in the middle of the run" : "");
  if (!trace.session.real_time_note.empty()) text += "Note: " + trace.session.real_time_note + "\n";
  for (const auto& [id, lane] : trace.lanes) {
    text += fmt::format("{}: {}, CPU {}, policy {}, {}\n", lane.name, lane.device, lane.cpu,
                        lane.policy, lane.admitted ? "proved before the run" : "not proved");
  }
  const trace::Metrics metrics = trace::aggregate(trace);
  TextTable table({"model", "jobs", "response p50", "p99", "max", "execution p50", "max",
                   "overruns", "misses"});
  for (const trace::TaskMetrics& task : metrics.tasks) {
    table.add({trace.task_name(task.task), std::to_string(task.released + task.refused),
               milliseconds(task.response_ns.p50), milliseconds(task.response_ns.p99),
               milliseconds(task.response_ns.max), milliseconds(task.execution_ns.p50),
               milliseconds(task.execution_ns.max), std::to_string(task.overruns),
               std::to_string(task.missed)});
  }
  text += "\n" + table.render() + "\nDecisions:\n";
  for (const trace::DecisionDeclaration& decision : trace.decisions) {
    const std::string who = decision.task.valid() ? trace.task_name(decision.task) : "the set";
    text +=
        fmt::format("  {} {} {}: {}\n", decision.kind, who, decision.outcome, decision.rationale);
  }
  return text + "\nAsk about one job: --job MODEL#NUMBER, --misses, --slowest MODEL.\n";
}

Json part_json(const trace::Trace& trace, const trace::Part& part) {
  Json object{
      {"kind", name_of(part.kind)}, {"begin_ns", part.begin.ns()}, {"length_ns", part.length.ns()}};
  if (part.job.task.valid()) {
    object["model"] = trace.task_name(part.job.task);
    object["job"] = part.job.sequence;
    object["segment"] = part.segment;
  }
  return object;
}

Json story_json(const trace::Trace& trace, const JobStory& story) {
  Json object{{"model", trace.task_name(story.job.task)},
              {"job", story.job.sequence},
              {"lane", trace.lane_name(story.lane)},
              {"arrival_ns", story.arrival.ns()},
              {"released_ns", story.released ? Json(story.released->ns()) : Json()},
              {"deadline_ns", story.deadline ? Json(story.deadline->ns()) : Json()},
              {"ending", name_of(story.ending)},
              {"response_ns", story.response.ns()},
              {"execution_ns", story.execution.ns()},
              {"bound_ns", story.bound > Duration::zero() ? Json(story.bound.ns()) : Json()},
              {"missed", story.missed},
              {"tardiness_ns", story.tardiness.ns()},
              {"parts", Json::array()},
              {"violations", Json::array()}};
  for (const trace::Part& part : story.parts) object["parts"].push_back(part_json(trace, part));
  for (const trace::Violation& violation : story.violations) {
    object["violations"].push_back(
        {{"assumption", trace::to_string(violation.assumption)}, {"text", violation.text}});
  }
  return object;
}

Json overview_json(const trace::Trace& trace) {
  Json models = Json::array();
  for (const trace::TaskMetrics& task : trace::aggregate(trace).tasks) {
    models.push_back({{"name", trace.task_name(task.task)},
                      {"released", task.released},
                      {"completed", task.completed},
                      {"missed", task.missed},
                      {"overruns", task.overruns},
                      {"response_p50_ns", task.response_ns.p50},
                      {"response_p99_ns", task.response_ns.p99},
                      {"response_max_ns", task.response_ns.max},
                      {"execution_cv", task.execution_ns.cv}});
  }
  return models;
}

}  // namespace

std::string to_text(const ExplainReport& report) {
  if (report.overview) return overview_text(report.trace);
  if (report.stories.empty()) return "No job missed its deadline.\n";
  std::string text;
  for (const JobStory& story : report.stories) {
    if (!text.empty()) text += "\n";
    text += trace::to_text(report.trace, story);
  }
  const std::size_t untold = report.found - report.stories.size();
  if (untold > 0) text += fmt::format("\n... and {} more (--limit).\n", untold);
  return text;
}

std::string to_json(const ExplainReport& report) {
  Json object{{"truncated", report.trace.truncated}, {"dropped", report.trace.dropped}};
  if (report.overview) {
    object["models"] = overview_json(report.trace);
  } else {
    object["found"] = report.found;
    object["jobs"] = Json::array();
    for (const JobStory& story : report.stories) {
      object["jobs"].push_back(story_json(report.trace, story));
    }
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
