// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/duration_text.h"
#include "aegis/service/analyze.h"
#include "aegis/service/text_table.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using theory::Verdict;

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
          {"blocker", name_of(report, failure.blocker)},
          {"lost_ns", failure.lost.ns()}};
}

Json witness_json(const AnalyzeReport& report, const theory::Witness& witness) {
  const theory::JobRecord& late = witness.late;
  const auto since_arrival = [&](std::optional<TimePoint> at) {
    return at ? Json((*at - late.arrival).ns()) : Json(nullptr);
  };
  return {{"task", name_of(report, late.id.task)},
          {"jobs", witness.jobs.size()},
          {"outages", witness.outages.size()},
          {"due_after_ns", since_arrival(late.deadline.value)},
          {"done_after_ns", since_arrival(late.completion)},
          {"late_by_ns", nanoseconds(witness.tardiness())}};
}

Json advice_json(const AnalyzeReport& report) {
  Json list = Json::array();
  for (const theory::Advice& advice : report.advice) list.push_back(advice.text);
  if (report.more_lanes) list.push_back(*report.more_lanes);
  return list;
}

std::optional<Duration> value_of(const std::optional<RelativeDeadline>& deadline) {
  return deadline ? std::optional(deadline->value) : std::nullopt;
}

Json sensitivity_json(const AnalyzeReport& report, const theory::Sensitivity& sensitivity) {
  Json tasks = Json::array();
  for (const theory::TaskSensitivity& task : sensitivity.tasks) {
    tasks.push_back({{"id", name_of(report, task.task)},
                     {"largest_wcet_ns", nanoseconds(task.largest_wcet)},
                     {"smallest_period_ns", nanoseconds(task.smallest_period)},
                     {"smallest_deadline_ns", nanoseconds(value_of(task.smallest_deadline))},
                     {"largest_jitter_ns", nanoseconds(task.largest_jitter)},
                     {"longest_segment_ns", nanoseconds(task.longest_admissible_segment)},
                     {"blocking_tolerance_ns", nanoseconds(task.blocking_tolerance)}});
  }
  const auto& scaling = sensitivity.critical_scaling;
  return {{"tasks", std::move(tasks)},
          {"critical_scaling_ppb", scaling ? Json(scaling->parts_per_billion) : Json(nullptr)},
          {"longest_best_effort_ns", nanoseconds(sensitivity.longest_best_effort_segment)}};
}

Json simulation_json(const AnalyzeReport& report, const SimulationSummary& simulation) {
  Json longest = Json::array();
  for (const auto& response : simulation.longest_responses)
    longest.push_back(nanoseconds(response));
  Json contradictions = Json::array();
  for (const TaskId task : simulation.contradictions) {
    contradictions.push_back(name_of(report, task));
  }
  return {{"length_ns", simulation.length.ns()},
          {"seed", simulation.seed},
          {"jobs", simulation.jobs},
          {"missed", simulation.missed},
          {"longest_response_ns", std::move(longest)},
          {"contradictions", std::move(contradictions)}};
}

Json lanes_json(const theory::Partition& partition) {
  Json lanes = Json::array();
  for (const theory::PartitionedLane& lane : partition.lanes) {
    Json tasks = Json::array();
    for (const theory::Task& task : lane.tasks) tasks.push_back(task.name);
    lanes.push_back({{"tasks", std::move(tasks)},
                     {"utilisation", lane.utilisation.to_double()},
                     {"verdict", theory::to_string(lane.analysis.verdict)}});
  }
  return lanes;
}

// "1 job", "2 jobs".
std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string cell(std::optional<Duration> duration) {
  if (!duration) return "-";
  return *duration == Duration::max() ? "any" : format_duration(*duration);
}

// A limit with every digit: rounded, it could name a value beyond it.
std::string limit(std::optional<Duration> duration) {
  if (!duration || *duration == Duration::max()) return cell(duration);
  const std::int64_t ns = duration->ns();
  const auto [unit, name] = ns >= 1'000'000'000 ? std::pair{1'000'000'000, "s"}
                            : ns >= 1'000'000   ? std::pair{1'000'000, "ms"}
                            : ns >= 1'000       ? std::pair{1'000, "us"}
                                                : std::pair{1, "ns"};
  std::string text = std::to_string(ns / unit);
  if (ns % unit != 0) {
    text += "." + std::to_string(unit + ns % unit).substr(1);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + " " + name;
}

std::string head(const AnalyzeReport& report) {
  const std::string lanes = report.lanes > 1 ? fmt::format(" on {} lanes", report.lanes) : "";
  std::string text = fmt::format(
      "{}{} by {}, {}; utilisation {:.4f}\n", theory::to_string(report.analysis.verdict), lanes,
      theory::policy::to_string(report.options.policy),
      theory::to_string(report.options.preemption), theory::utilisation(report.tasks).to_double());
  if (!report.analysis.reason.empty()) text += report.analysis.reason + "\n";
  if (!report.analysis.theorem.empty()) text += "theorem: " + report.analysis.theorem + "\n";
  return text;
}

std::string task_table(const AnalyzeReport& report) {
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
  return table.render();
}

std::string lane_table(const AnalyzeReport& report) {
  TextTable table({"task", "WCET", "period", "deadline", "lane"});
  const auto& lane_of = report.partition->lane_of;
  for (std::size_t i = 0; i < report.tasks.size(); ++i) {
    const theory::Task& task = report.tasks[i];
    const auto lane = i < lane_of.size() ? lane_of[i] : std::nullopt;
    table.add({task.name, cell(theory::total_wcet(task)), format_duration(task.period),
               format_duration(task.deadline.value), lane ? std::to_string(*lane + 1) : "-"});
  }
  std::string text = table.render();
  if (!report.global) return text;
  return text + fmt::format("\none queue for all lanes instead: {}; {}\n",
                            theory::to_string(report.global->verdict), report.global->reason);
}

std::string advice_text(const AnalyzeReport& report) {
  std::string text = "\nwhat would help, the smallest change first:\n";
  for (const theory::Advice& advice : report.advice) text += "  " + advice.text + "\n";
  if (report.more_lanes) text += "  " + *report.more_lanes + "\n";
  const bool nothing = report.advice.empty() && !report.more_lanes;
  return nothing ? "\nno single change was found that would help\n" : text;
}

std::string sensitivity_text(const AnalyzeReport& report) {
  const theory::Sensitivity& sensitivity = *report.sensitivity;
  const bool holds = report.analysis.verdict == Verdict::kSchedulable;
  std::string text = holds ? "\nhow far each number may move alone:\n"
                           : "\nwhat each number alone would have to be:\n";
  TextTable table({"task", "WCET up to", "period from", "deadline from", "jitter up to",
                   "own segment up to", "foreign segment up to"});
  for (std::size_t i = 0; i < sensitivity.tasks.size(); ++i) {
    const theory::TaskSensitivity& task = sensitivity.tasks[i];
    table.add({report.tasks[i].name, limit(task.largest_wcet), limit(task.smallest_period),
               limit(value_of(task.smallest_deadline)), limit(task.largest_jitter),
               limit(task.longest_admissible_segment), limit(task.blocking_tolerance)});
  }
  text += table.render();
  text += holds ? "(-: no limit was found; any: whatever its length)\n"
                : "(-: no value was found with which it would hold; any: whatever its length)\n";
  if (sensitivity.critical_scaling) {
    text += fmt::format(
        "all WCETs together: up to {:.2f} % of what they are\n",
        static_cast<double>(sensitivity.critical_scaling->parts_per_billion) / 1e7 - 0.005);
  }
  if (holds && sensitivity.longest_best_effort_segment) {
    text += fmt::format("best effort: segments up to {}\n",
                        limit(sensitivity.longest_best_effort_segment));
  }
  return text;
}

std::string simulation_text(const AnalyzeReport& report) {
  const SimulationSummary& simulation = *report.simulation;
  std::string text =
      fmt::format("\nsimulated {}, seed {}: {}, {} missed\n", format_duration(simulation.length),
                  simulation.seed, counted(simulation.jobs, "job", "jobs"), simulation.missed);
  TextTable table({"task", "longest response", "bound"});
  for (std::size_t i = 0; i < report.tasks.size(); ++i) {
    const auto bound = bound_of(report, i);
    table.add({report.tasks[i].name, cell(simulation.longest_responses[i]),
               cell(bound ? bound->response_time : std::nullopt)});
  }
  text += table.render();
  for (const TaskId task : simulation.contradictions) {
    text +=
        fmt::format("CONTRADICTION: {} was simulated beyond what was proved; please report it\n",
                    report.tasks[task.value].name);
  }
  return text;
}

std::size_t evidence_of(const theory::Certificate& certificate) {
  std::size_t numbers = 0;
  if (certificate.proof.demand) numbers += certificate.proof.demand->stretches.size();
  for (const theory::TaskProof& task : certificate.proof.tasks) {
    numbers += task.response.steps.size();
    if (task.tolerance) numbers += task.tolerance->steps.size();
  }
  return numbers;
}

// Names are valid UTF-8 (task_csv.h); the handler keeps dump() from throwing whatever else is put
// in.
std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_text(const AnalyzeReport& report) {
  std::string text = head(report) + "\n";
  text += report.partition ? lane_table(report) : task_table(report);
  const bool refused = report.analysis.verdict != Verdict::kSchedulable;
  if (report.sensitivity && refused) text += advice_text(report);
  if (report.sensitivity) text += sensitivity_text(report);
  if (report.simulation) text += simulation_text(report);
  if (!report.notes.empty()) text += "\n";
  for (const std::string& note : report.notes) text += note + "\n";
  return text;
}

std::string to_json(const AnalyzeReport& report) {
  Json tasks = Json::array();
  for (std::size_t i = 0; i < report.tasks.size(); ++i) tasks.push_back(task_json(report, i));
  Json json{{"schema", 1},
            {"verdict", theory::to_string(report.analysis.verdict)},
            {"policy", theory::policy::to_string(report.options.policy)},
            {"preemptive", report.options.preemption == theory::Preemption::kPreemptive},
            {"theorem", report.analysis.theorem},
            {"reason", report.analysis.reason},
            {"utilisation", theory::utilisation(report.tasks).to_double()},
            {"tasks", std::move(tasks)},
            {"failure", failure_json(report)}};
  if (report.witness) json["witness"] = witness_json(report, *report.witness);
  if (report.sensitivity) json["advice"] = advice_json(report);
  if (report.sensitivity) json["sensitivity"] = sensitivity_json(report, *report.sensitivity);
  if (report.simulation) json["simulation"] = simulation_json(report, *report.simulation);
  if (report.partition) json["lanes"] = lanes_json(*report.partition);
  if (report.global) json["global"] = theory::to_string(report.global->verdict);
  if (!report.notes.empty()) json["notes"] = report.notes;
  return one_line(json);
}

std::string to_text(const CheckReport& report) {
  const theory::Certificate& certificate = report.certificate;
  std::string text =
      report.believed ? fmt::format("believed: schedulable by {}, {}: {}, {}\n",
                                    theory::policy::to_string(certificate.options.policy),
                                    theory::to_string(certificate.options.preemption),
                                    counted(certificate.tasks.size(), "task", "tasks"),
                                    counted(evidence_of(certificate), "inequality", "inequalities"))
                      : "not believed: " + report.doubt + "\n";
  if (!report.believed) return text;
  text += "theorem: " + certificate.theorem + "\n";
  for (const std::string& assumption : certificate.assumptions) text += "  if " + assumption + "\n";
  return text;
}

std::string to_json(const CheckReport& report) {
  const theory::Certificate& certificate = report.certificate;
  return one_line({{"schema", 1},
                   {"believed", report.believed},
                   {"doubt", report.doubt},
                   {"policy", theory::policy::to_string(certificate.options.policy)},
                   {"theorem", certificate.theorem},
                   {"tasks", certificate.tasks.size()},
                   {"evidence", evidence_of(certificate)}});
}

}  // namespace aegis::service
