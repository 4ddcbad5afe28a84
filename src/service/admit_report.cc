// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/duration_text.h"
#include "aegis/service/admit.h"
#include "aegis/service/text_table.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using theory::TaskBound;

const TaskBound* bound_of(const LaneAdmission& lane, TaskId task) {
  for (const TaskBound& bound : lane.admission.analysis.tasks) {
    if (bound.task == task) return &bound;
  }
  return nullptr;
}

std::string or_dash(const std::optional<Duration>& duration) {
  return duration ? format_duration(*duration) : "-";
}

Duration wcet_of(const theory::Task& task) {
  return theory::total_wcet(task).value_or(Duration::max());
}

std::string_view verdict_word(const scheduler::Admission& admission) {
  if (admission.admitted) return "ADMITTED";
  return admission.analysis.verdict == theory::Verdict::kUnknown ? "UNDECIDED" : "REFUSED";
}

std::string table_of(const LaneAdmission& lane) {
  TextTable table(
      {"model", "WCET", "segments", "period", "deadline", "response bound", "slack", "blocking"});
  for (const theory::Task& task : lane.tasks) {
    const TaskBound* bound = bound_of(lane, task.id);
    table.add({task.name, format_duration(wcet_of(task)), std::to_string(task.segments.size()),
               format_duration(task.period), format_duration(task.deadline.value),
               bound != nullptr ? or_dash(bound->response_time) : "-",
               bound != nullptr ? or_dash(bound->slack) : "-",
               bound != nullptr ? format_duration(bound->blocking) : "-"});
  }
  return table.render();
}

Json task_json(const LaneAdmission& lane, const theory::Task& task) {
  const auto ns = [](const std::optional<Duration>& duration) {
    return duration ? Json(duration->ns()) : Json();
  };
  Json object{{"name", task.name},
              {"wcet_ns", wcet_of(task).ns()},
              {"segments", task.segments.size()},
              {"period_ns", task.period.ns()},
              {"deadline_ns", task.deadline.value.ns()}};
  const TaskBound* bound = bound_of(lane, task.id);
  object["response_bound_ns"] = bound != nullptr ? ns(bound->response_time) : Json();
  object["slack_ns"] = bound != nullptr ? ns(bound->slack) : Json();
  object["blocking_ns"] = bound != nullptr ? Json(bound->blocking.ns()) : Json();
  return object;
}

std::string name_of(const LaneAdmission& lane, TaskId id) {
  for (const theory::Task& task : lane.tasks) {
    if (task.id == id) return task.name;
  }
  return "";
}

Json failure_json(const LaneAdmission& lane) {
  const auto& failure = lane.admission.analysis.failure;
  if (!failure) return {};
  return {{"task", name_of(lane, failure->task)},
          {"interval_ns", failure->interval.ns()},
          {"demand_ns", failure->demand.ns()},
          {"blocking_ns", failure->blocking.ns()},
          {"blocker", name_of(lane, failure->blocker)}};
}

Json lane_json(const LaneAdmission& lane) {
  Json object{{"lane", lane.lane},
              {"policy", theory::policy::to_string(lane.policy)},
              {"admitted", lane.admission.admitted},
              {"verdict", theory::to_string(lane.admission.analysis.verdict)},
              {"theorem", lane.admission.analysis.theorem},
              {"rationale", lane.admission.rationale},
              {"failure", failure_json(lane)},
              {"advice", lane.advice},
              {"tasks", Json::array()}};
  for (const theory::Task& task : lane.tasks) object["tasks"].push_back(task_json(lane, task));
  return object;
}

}  // namespace

std::string to_text(const AdmitReport& report) {
  if (report.refusal) return "REFUSED: " + *report.refusal + "\n";
  std::string text;
  for (const LaneAdmission& lane : report.lanes) {
    text += fmt::format("{} ({}): {}: {}\n", lane.lane, theory::policy::to_string(lane.policy),
                        verdict_word(lane.admission), lane.admission.rationale);
    if (!lane.admission.analysis.theorem.empty()) {
      text += fmt::format(
          "By {}; overheads a job: release {}, a segment: dispatch {}, completion {}.\n",
          lane.admission.analysis.theorem, format_duration(lane.overheads.release),
          format_duration(lane.overheads.dispatch), format_duration(lane.overheads.completion));
    }
    text += "\n" + table_of(lane);
    if (!lane.advice.empty()) text += "\nwhat would help, the smallest change first:\n";
    for (const std::string& advice : lane.advice) text += "  " + advice + "\n";
  }
  return text;
}

std::string to_json(const AdmitReport& report) {
  Json object{{"admitted", report.exit_code() == ExitCode::kYes},
              {"refusal", report.refusal ? Json(*report.refusal) : Json()},
              {"lanes", Json::array()}};
  for (const LaneAdmission& lane : report.lanes) object["lanes"].push_back(lane_json(lane));
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
