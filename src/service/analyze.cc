// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/analyze.h"

#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/duration_text.h"
#include "aegis/service/task_csv.h"
#include "aegis/service/text_table.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;

// What was derived for task `i`; nothing when the analysis stopped before.
std::optional<theory::TaskBound> bound_of(const AnalyzeReport& report, std::size_t i) {
  if (i >= report.analysis.tasks.size()) return std::nullopt;
  return report.analysis.tasks[i];
}

Json nanoseconds(std::optional<Duration> duration) {
  return duration ? Json(duration->ns()) : Json(nullptr);
}

Json name_of(const AnalyzeReport& report, TaskId id) {
  return id.valid() && id.value < report.tasks.size() ? Json(report.tasks[id.value].name)
                                                      : Json(nullptr);
}

Json task_json(const AnalyzeReport& report, std::size_t i) {
  const theory::Task& task = report.tasks[i];
  const auto bound = bound_of(report, i);
  return {{"id", task.name},
          {"wcrt_ns", nanoseconds(bound ? bound->response_time : std::nullopt)},
          {"deadline_ns", task.deadline.value.ns()},
          {"slack_ns", nanoseconds(bound ? bound->slack : std::nullopt)},
          {"blocking_ns", nanoseconds(bound ? std::optional(bound->blocking) : std::nullopt)}};
}

Json failure_json(const AnalyzeReport& report) {
  if (!report.analysis.failure) return nullptr;
  const theory::Failure& failure = *report.analysis.failure;
  return {{"task", name_of(report, failure.task)},
          {"interval_ns", failure.interval.ns()},
          {"demand_ns", failure.demand.ns()},
          {"blocking_ns", failure.blocking.ns()},
          {"blocker", name_of(report, failure.blocker)}};
}

std::string cell(std::optional<Duration> duration) {
  return duration ? format_duration(*duration) : "-";
}

}  // namespace

namespace {

// `started_before` is exact in integer time only: every time of the set must be a whole number of
// ticks.
std::optional<Diagnostic> off_the_tick(const theory::TaskSet& tasks,
                                       const AnalyzeRequest& request) {
  const theory::Blocking& blocking = request.options.blocking;
  if (blocking.convention == theory::Blocking::Convention::kClosed) return std::nullopt;
  for (const theory::Task& task : tasks) {
    std::vector<Duration> times{task.period, task.deadline.value, task.release_jitter};
    for (const theory::Segment& segment : task.segments) times.push_back(segment.wcet);
    for (const Duration time : times) {
      if (time % blocking.tick == Duration::zero()) continue;
      return Diagnostic{.file = request.file,
                        .key = task.name,
                        .problem = "expected times in whole ticks of " +
                                   format_duration(blocking.tick) + "; found " +
                                   format_duration(time)};
    }
  }
  return std::nullopt;
}

}  // namespace

Parsed<AnalyzeReport> analyze(const AnalyzeRequest& request) {
  Parsed<theory::TaskSet> tasks = load_task_csv(request.file, request.unit);
  if (!tasks) return fail(tasks.error());
  if (auto problem = off_the_tick(*tasks, request)) return fail(*problem);
  theory::Analysis analysis = theory::analyse(*tasks, request.options);
  return AnalyzeReport{request.options, std::move(*tasks), std::move(analysis)};
}

std::string to_text(const AnalyzeReport& report) {
  std::string text = fmt::format(
      "{} by {}, {}; utilisation {:.4f}\n", theory::to_string(report.analysis.verdict),
      theory::policy::to_string(report.options.policy),
      theory::to_string(report.options.preemption), theory::utilisation(report.tasks).to_double());
  if (!report.analysis.reason.empty()) text += report.analysis.reason + "\n";
  if (!report.analysis.theorem.empty()) text += "theorem: " + report.analysis.theorem + "\n";
  TextTable table({"task", "WCET", "period", "deadline", "response bound", "slack", "blocking"});
  for (std::size_t i = 0; i < report.tasks.size(); ++i) {
    const theory::Task& task = report.tasks[i];
    const auto bound = bound_of(report, i);
    table.add({task.name, cell(theory::total_wcet(task)), format_duration(task.period),
               format_duration(task.deadline.value),
               cell(bound ? bound->response_time : std::nullopt),
               cell(bound ? bound->slack : std::nullopt),
               cell(bound ? std::optional(bound->blocking) : std::nullopt)});
  }
  return text + "\n" + table.render();
}

std::string to_json(const AnalyzeReport& report) {
  Json tasks = Json::array();
  for (std::size_t i = 0; i < report.tasks.size(); ++i) tasks.push_back(task_json(report, i));
  const Json json{{"schema", 1},
                  {"verdict", theory::to_string(report.analysis.verdict)},
                  {"policy", theory::policy::to_string(report.options.policy)},
                  {"preemptive", report.options.preemption == theory::Preemption::kPreemptive},
                  {"theorem", report.analysis.theorem},
                  {"reason", report.analysis.reason},
                  {"utilisation", theory::utilisation(report.tasks).to_double()},
                  {"tasks", std::move(tasks)},
                  {"failure", failure_json(report)}};
  // Names are valid UTF-8 (task_csv.h); the handler keeps dump() from throwing whatever else is put
  // in.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
