// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/service/doctor.h"

#include "doctor_catalogue.h"
#include "wrapped_text.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using enum FindingStatus;

constexpr std::size_t kIndent = 13;  // of text behind a label
constexpr std::size_t kTitles = 24;  // of a compact line's text

std::size_t count_of(const DoctorReport& report, FindingStatus status) {
  return static_cast<std::size_t>(std::ranges::count(report.findings, status, &Finding::status));
}

std::string labelled(std::string_view label, std::string_view text) {
  return wrapped(fmt::format("    {}", label), text, kIndent);
}

// A command is never broken, so that it can be copied; a remark follows as the shell's comment.
std::string mend_lines(const Finding& finding) {
  std::string text;
  for (const Mend& mend : finding.mend) {
    std::string line = fmt::format("    {:<9}{}", text.empty() ? "mend" : "or", mend.command);
    const std::string remark = mend.remark.empty() ? "" : "# " + mend.remark;
    if (!remark.empty()) {
      const bool fits = line.size() + 2 + remark.size() <= kColumns;
      line += fits ? "  " + remark : "\n" + std::string(kIndent, ' ') + remark;
    }
    text += line + "\n";
  }
  return text;
}

std::string in_full(const Finding& finding) {
  return fmt::format("\n  {}\n", finding.title) + labelled("found", finding.found) +
         labelled("why", finding.why) + mend_lines(finding) + labelled("without", finding.without);
}

std::string compact(const Finding& finding) {
  return wrapped("  " + finding.title, finding.found, kTitles);
}

std::string group(const DoctorReport& report, FindingStatus status, std::string_view heading,
                  std::string (*shown)(const Finding&)) {
  std::string text;
  for (const Finding& finding : report.findings) {
    if (finding.status == status) text += shown(finding);
  }
  return text.empty() ? text : fmt::format("\n{}\n{}", heading, text);
}

std::string verdict_line(const DoctorReport& report) {
  const std::size_t lacking = count_of(report, kLacking);
  const auto are = [](std::size_t count) { return count == 1 ? "is" : "are"; };
  std::string line;
  if (lacking > 0) {
    line = fmt::format("NOT READY: {} thing{} {} lacking", lacking, lacking == 1 ? "" : "s",
                       are(lacking));
  } else if (report.exit_code() == ExitCode::kUndecided) {
    line = "UNDECIDED: what the guarantee needs could not all be seen";
  } else {
    line = "READY: nothing essential is lacking";
  }
  const std::size_t warnings = count_of(report, kWarning);
  const std::size_t sound = count_of(report, kOk);
  const std::size_t unknown = count_of(report, kNotKnown);
  if (warnings > 0)
    line += fmt::format("; {} cost{} punctuality", warnings, warnings > 1 ? "" : "s");
  line += fmt::format("; {} {} in order", sound, are(sound));
  if (unknown > 0) line += fmt::format(", {} {} not known", unknown, are(unknown));
  return line + ".\n";
}

std::string subject_line(const DoctorReport& report) {
  const std::string cpus = in_words({report.lane_cpus.begin(), report.lane_cpus.end()});
  const std::string wanted = report.fifo_priority
                                 ? fmt::format("SCHED_FIFO {}", *report.fifo_priority)
                                 : "no real time asked for";
  return fmt::format("Examined for a lane on {}, {}; Linux {}.\n", cpus, wanted, report.kernel);
}

std::string_view verdict_word(const DoctorReport& report) {
  if (report.exit_code() == ExitCode::kUndecided) return "undecided";
  return report.exit_code() == ExitCode::kYes ? "ready" : "not_ready";
}

Json finding_json(const Finding& finding) {
  Json mend = Json::array();
  for (const Mend& way : finding.mend) {
    mend.push_back({{"command", way.command}, {"remark", way.remark}});
  }
  return {
      {"id", finding.id},          {"title", finding.title}, {"status", to_string(finding.status)},
      {"found", finding.found},    {"why", finding.why},     {"mend", std::move(mend)},
      {"without", finding.without}};
}

}  // namespace

std::string to_text(const DoctorReport& report) {
  std::string text = verdict_line(report) + subject_line(report);
  text += group(report, kLacking, "LACKING: no guarantee without it", in_full);
  text += group(report, kWarning, "WARNINGS: works, with a loss", in_full);
  text += group(report, kNotKnown, "NOT KNOWN: could not be read", compact);
  text += group(report, kOk, "IN ORDER", compact);
  text += group(report, kNotApplicable, "NOT APPLICABLE", compact);
  return text + "\n" + kDoctorFigures + "\n";
}

std::string to_json(const DoctorReport& report) {
  constexpr std::array kEvery{kLacking, kWarning, kNotKnown, kOk, kNotApplicable};
  Json object{{"schema", 1},
              {"verdict", verdict_word(report)},
              {"lane_cpus", report.lane_cpus},
              {"fifo_priority", report.fifo_priority ? Json(*report.fifo_priority) : Json()},
              {"kernel", report.kernel},
              {"figures", kDoctorFigures},
              {"counts", Json::object()},
              {"findings", Json::array()}};
  for (const FindingStatus status : kEvery) {
    object["counts"][std::string(to_string(status))] = count_of(report, status);
  }
  for (const Finding& finding : report.findings) {
    object["findings"].push_back(finding_json(finding));
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
