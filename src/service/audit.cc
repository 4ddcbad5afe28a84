// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/audit.h"

#include <nlohmann/json.hpp>

#include "trace_input.h"

namespace aegis::service {

ExitCode AuditOutcome::exit_code() const {
  switch (report.verdict) {
    case audit::Verdict::kPassed:
      return ExitCode::kYes;
    case audit::Verdict::kFailed:
      return ExitCode::kNo;
    case audit::Verdict::kInconclusive:
      return ExitCode::kUndecided;
  }
  return ExitCode::kUndecided;
}

Outcome<AuditOutcome> audit_trace(const std::filesystem::path& trace) {
  Outcome<trace::Trace> read = read_trace_input(trace);
  if (!read) return fail(read.error());
  AuditOutcome outcome{.report = audit::audit(*read), .trace = std::move(*read)};
  return outcome;
}

std::string to_text(const AuditOutcome& outcome) {
  return audit::to_text(outcome.trace, outcome.report);
}

std::string to_json(const AuditOutcome& outcome) {
  using Json = nlohmann::ordered_json;
  const audit::AuditReport& report = outcome.report;
  Json object{{"verdict", audit::to_string(report.verdict)},
              {"why", report.why},
              {"selections", report.decisions},
              {"selections_reconstructed", report.reconstructed},
              {"jobs", report.jobs},
              {"misses", report.misses},
              {"truncated", outcome.trace.truncated},
              {"dropped", outcome.trace.dropped},
              {"rules", Json::array()},
              {"findings", Json::array()}};
  for (const audit::RuleText& text : audit::every_rule()) {
    const auto index = static_cast<std::size_t>(text.rule);
    object["rules"].push_back({{"id", text.id},
                               {"rule", text.sentence},
                               {"checks", report.checks[index]},
                               {"violations", report.violations[index]}});
  }
  for (const audit::Finding& finding : report.findings) {
    object["findings"].push_back({{"rule", audit::id_of(finding.rule)},
                                  {"time_ns", finding.time.ns()},
                                  {"text", audit::to_text(outcome.trace, finding)}});
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
