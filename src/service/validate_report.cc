// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/service/text_table.h"
#include "aegis/service/validate.h"

#include "wrapped_text.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

std::string_view mark_of(CriterionStatus status) {
  switch (status) {
    case CriterionStatus::kMet:
      return "MET";
    case CriterionStatus::kMissed:
      return "MISSED";
    case CriterionStatus::kNotMeasured:
      break;
  }
  return "not measured";
}

std::string headline(const ValidateReport& report) {
  const auto count = [&](CriterionStatus status) {
    return std::ranges::count(report.criteria, status, &Criterion::status);
  };
  std::string text =
      fmt::format("{} of {} criteria met", count(CriterionStatus::kMet), report.criteria.size());
  if (count(CriterionStatus::kMissed) > 0) {
    text += fmt::format(", {} MISSED", count(CriterionStatus::kMissed));
  }
  if (count(CriterionStatus::kNotMeasured) > 0) {
    text += fmt::format(", {} not measured", count(CriterionStatus::kNotMeasured));
  }
  text += fmt::format("\n{}\n", report.machine);
  if (!report.real_time) text += "NOT REAL-TIME: see `aegisrt doctor`.\n";
  for (const std::string& model : report.left_out) text += wrapped("left out", model, 10);
  return text + "\n";
}

std::string text_of(const Criterion& criterion) {
  constexpr std::size_t kIndent = 14;  // under the title
  std::string text = wrapped(std::string(mark_of(criterion.status)), criterion.title, kIndent);
  const auto line = [&text](const std::string& label, const std::string& content) {
    if (!content.empty()) text += wrapped("  " + label, content, kIndent);
  };
  line("measured", criterion.measured);
  line("target", criterion.target);
  for (const Criterion::Baseline& baseline : criterion.baselines) {
    line("against", baseline.name + ": " + baseline.measured);
  }
  line("how to read", criterion.how_to_read);
  line("obstacle", criterion.obstacle);
  return text + "\n";
}

std::string table_of(const std::vector<ScenarioResult>& scenarios) {
  TextTable table({"scenario", "proved", "jobs", "missed", "in lost supply", "decisions",
                   "reconstructed", "audit"});
  std::string notes;
  for (const ScenarioResult& scenario : scenarios) {
    table.add({scenario.name, scenario.admitted ? "yes" : "no", std::to_string(scenario.jobs),
               std::to_string(scenario.misses), std::to_string(scenario.misses_in_lost_supply),
               std::to_string(scenario.decisions), std::to_string(scenario.reconstructed),
               scenario.audit});
    if (!scenario.note.empty()) notes += fmt::format("{}: {}\n", scenario.name, scenario.note);
  }
  return table.render() + (notes.empty() ? "" : "\n" + notes);
}

Json json_of(const Criterion& criterion) {
  Json object{{"id", criterion.id},
              {"title", criterion.title},
              {"status", to_string(criterion.status)},
              {"measured", criterion.measured},
              {"target", criterion.target},
              {"baselines", Json::array()},
              {"obstacle", criterion.obstacle},
              {"how_to_read", criterion.how_to_read}};
  for (const Criterion::Baseline& baseline : criterion.baselines) {
    object["baselines"].push_back({{"name", baseline.name}, {"measured", baseline.measured}});
  }
  return object;
}

Json json_of(const ScenarioResult& scenario) {
  return {{"name", scenario.name},
          {"admitted", scenario.admitted},
          {"jobs", scenario.jobs},
          {"misses", scenario.misses},
          {"misses_in_lost_supply", scenario.misses_in_lost_supply},
          {"decisions", scenario.decisions},
          {"reconstructed", scenario.reconstructed},
          {"audit", scenario.audit},
          {"note", scenario.note}};
}

}  // namespace

std::string_view to_string(CriterionStatus status) {
  switch (status) {
    case CriterionStatus::kMet:
      return "met";
    case CriterionStatus::kMissed:
      return "missed";
    case CriterionStatus::kNotMeasured:
      break;
  }
  return "not_measured";
}

std::string to_text(const ValidateReport& report) {
  std::string text = headline(report);
  for (const Criterion& criterion : report.criteria) text += text_of(criterion);
  return text + table_of(report.scenarios);
}

std::string to_json(const ValidateReport& report) {
  Json object{
      {"schema", kSchema},           {"machine", report.machine}, {"real_time", report.real_time},
      {"left_out", report.left_out}, {"criteria", Json::array()}, {"scenarios", Json::array()}};
  for (const Criterion& criterion : report.criteria) {
    object["criteria"].push_back(json_of(criterion));
  }
  for (const ScenarioResult& scenario : report.scenarios) {
    object["scenarios"].push_back(json_of(scenario));
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
