// SPDX-License-Identifier: Apache-2.0
#include "aegis/audit/audit.h"

#include <map>
#include <numeric>

#include <fmt/format.h>

#include "busy_period_check.h"
#include "decision_check.h"
#include "findings.h"
#include "job_check.h"
#include "segment_check.h"

namespace aegis::audit {

namespace {

// Every check of one lane, fed with its events in order.
class LaneAudit {
 public:
  LaneAudit(const trace::Trace& trace, LaneId lane, AuditReport& report)
      : lane_(trace, lane, report) {}
  void take(const trace::Event& event) {
    decisions_.take(event);
    segments_.take(event);
    jobs_.take(event);
    busy_periods_.take(event);
  }
  void finish() {
    decisions_.finish();
    segments_.finish();
    jobs_.finish();
    busy_periods_.finish();
  }

 private:
  LaneUnderAudit lane_;
  DecisionCheck decisions_{lane_};
  SegmentCheck segments_{lane_};
  JobCheck jobs_{lane_};
  BusyPeriodCheck busy_periods_{lane_};
};

void decide(const trace::Trace& trace, AuditReport& report) {
  if (trace.dropped > 0) {
    report.verdict = Verdict::kInconclusive;
    report.why = fmt::format("{} events were dropped by full rings", trace.dropped);
  } else if (report.finding_count() > 0) {
    report.verdict = Verdict::kFailed;
  } else if (report.decisions == 0) {
    report.verdict = Verdict::kInconclusive;
    report.why = "the trace holds no decision";
  } else if (report.reconstructed < report.decisions) {
    report.verdict = Verdict::kInconclusive;
    report.why = fmt::format("{} of {} decisions involve a task or policy that is not declared",
                             report.decisions - report.reconstructed, report.decisions);
  } else {
    report.verdict = Verdict::kPassed;
    if (trace.truncated) report.why = "the run did not end in order: judged up to the last block";
  }
}

}  // namespace

void LaneUnderAudit::add(Rule rule, JobId job, TimePoint time, std::string expected,
                         std::string found) {
  ++report_.violations[static_cast<std::size_t>(rule)];
  if (report_.findings.size() >= AuditReport::kKeptFindings) return;
  report_.findings.push_back({.rule = rule,
                              .lane = lane,
                              .job = job,
                              .time = time,
                              .expected = std::move(expected),
                              .found = std::move(found)});
}

std::uint64_t AuditReport::finding_count() const {
  return std::accumulate(violations.begin(), violations.end(), std::uint64_t{0});
}

AuditReport audit(const trace::Trace& trace) {
  AuditReport report;
  std::map<LaneId, LaneAudit> lanes;
  for (const trace::Event& event : trace.events) {
    const LaneId lane = trace.lane_of(event);
    if (!lane.valid()) continue;
    lanes.try_emplace(lane, trace, lane, report).first->second.take(event);
  }
  for (auto& [id, lane] : lanes) lane.finish();
  decide(trace, report);
  return report;
}

}  // namespace aegis::audit
