// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/admit.h"

#include <algorithm>

#include "aegis/base/clock.h"
#include "aegis/theory/advice.h"

#include "session.h"

namespace aegis::service {

ExitCode AdmitReport::exit_code() const {
  if (refusal) return ExitCode::kNo;
  ExitCode worst = ExitCode::kYes;
  for (const LaneAdmission& lane : lanes) {
    if (lane.admission.admitted) continue;
    const bool undecided = lane.admission.analysis.verdict == theory::Verdict::kUnknown;
    if (!undecided) return ExitCode::kNo;
    worst = ExitCode::kUndecided;
  }
  return worst;
}

namespace {

// Enough to choose from; the rest are larger changes of the same kind.
constexpr std::size_t kMostAdvice = 6;

std::vector<std::string> advice_for(const scheduler::Admission& admission) {
  std::vector<std::string> texts;
  if (admission.admitted) return texts;
  for (const theory::Advice& advice : theory::advice(admission.tasks, admission.options)) {
    if (texts.size() == kMostAdvice) break;
    texts.push_back(advice.text);
  }
  return texts;
}

}  // namespace

Outcome<AdmitReport> admit_workload(const AdmitRequest& request) {
  const MonotonicClock clock;
  auto session = open_session({.workload = request.workload,
                               .profile = request.profile,
                               .policy = request.policy,
                               .needs_wcets = true},
                              clock, nullptr);
  if (!session) return fail(session.error());
  AdmitReport report = admission_of(*session);
  for (LaneAdmission& lane : report.lanes) lane.advice = advice_for(lane.admission);
  return report;
}

AdmitReport admission_of(const Session& session) {
  AdmitReport report{.lanes = {}, .refusal = session.refusal};
  if (report.refusal) return report;
  const std::vector<scheduler::Admission> admissions = session.orchestrator->prove();
  const std::vector<theory::Task> tasks = session.orchestrator->tasks();
  for (std::size_t i = 0; i < admissions.size(); ++i) {
    const LaneId id{static_cast<std::uint32_t>(i)};
    const executor::LaneConfig& config = session.orchestrator->lane_config(id);
    LaneAdmission lane{.lane = config.name,
                       .policy = config.policy,
                       .overheads = config.overheads,
                       .tasks = {},
                       .admission = admissions[i],
                       .advice = {}};
    std::ranges::copy_if(tasks, std::back_inserter(lane.tasks), [&](const theory::Task& task) {
      return session.orchestrator->lane_of(task.id) == id;
    });
    report.lanes.push_back(std::move(lane));
  }
  return report;
}

}  // namespace aegis::service
