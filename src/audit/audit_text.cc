// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>

#include "aegis/audit/audit.h"

namespace aegis::audit {

namespace {

constexpr std::array<RuleText, kRuleCount> kRules{{
    {Rule::kSelection, "A1", "the segment chosen is the one that the policy must choose"},
    {Rule::kKey, "A2", "ordering keys follow from arrival and declaration"},
    {Rule::kChoice, "A3", "what a choice says about itself is true"},
    {Rule::kWorkConservation, "A4", "the lane never idles while a job is ready"},
    {Rule::kSegments, "A5", "segments never overlap, times never go back"},
    {Rule::kOverrun, "A6", "an overrun is recorded exactly where a segment exceeded its WCET"},
    {Rule::kRelease, "A7", "a job has one arrival, and its deadline is that plus D"},
    {Rule::kLifecycle, "A8", "a job that arrived ends once, or is pending at the end"},
    {Rule::kCompletion, "A9", "response, lateness, execution and outcome follow from the segments"},
    {Rule::kMiss, "A10", "a miss is recorded exactly for late, failed and refused jobs"},
    {Rule::kInterArrival, "A11", "arrivals closer than the period are recorded as a violation"},
    {Rule::kResponseBound, "A12", "beyond its bound only with a violated assumption"},
    {Rule::kCause, "A13", "every miss has a violated assumption in its busy period"},
    {Rule::kNamedCause, "A14", "a miss names only assumptions whose violation is recorded"},
}};

}  // namespace

std::span<const RuleText> every_rule() noexcept {
  return kRules;
}

std::string_view id_of(Rule rule) noexcept {
  return kRules[static_cast<std::size_t>(rule)].id;
}

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "unknown";
}

std::string to_text(const trace::Trace& trace, const Finding& finding) {
  const std::int64_t start = trace.session.start_time_ns > 0 || trace.events.empty()
                                 ? trace.session.start_time_ns
                                 : trace.events.front().time_ns;
  const std::int64_t since = trace::saturating_minus(finding.time.ns(), start);
  const std::string job =
      finding.job.task.valid() ? " " + trace.job_name(finding.job) : std::string();
  return fmt::format("{} {} {:+.6f} s{}: expected {}, found {}", id_of(finding.rule),
                     trace.lane_name(finding.lane), static_cast<double>(since) * 1e-9, job,
                     finding.expected, finding.found);
}

std::string to_text(const trace::Trace& trace, const AuditReport& report) {
  std::string text = fmt::format("audit {}", to_string(report.verdict));
  if (!report.why.empty()) text += ": " + report.why;
  text += fmt::format(
      "\n  {} of {} decisions reconstructed ({:.2f} %), {} jobs, {} misses, {} findings\n",
      report.reconstructed, report.decisions, 100 * report.reconstructed_share(), report.jobs,
      report.misses, report.finding_count());
  for (const RuleText& rule : kRules) {
    const auto i = static_cast<std::size_t>(rule.rule);
    if (report.violations[i] == 0) continue;
    text += fmt::format("  {} {}: {} of {} times not so\n", rule.id, rule.sentence,
                        report.violations[i], report.checks[i]);
  }
  for (const Finding& finding : report.findings) text += "  " + to_text(trace, finding) + "\n";
  if (report.finding_count() > report.findings.size()) {
    text += fmt::format("  … and {} more\n", report.finding_count() - report.findings.size());
  }
  return text;
}

}  // namespace aegis::audit
