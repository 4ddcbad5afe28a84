// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "aegis/scheduler/admission_controller.h"
#include "aegis/service/problem.h"
#include "aegis/theory/policy/ordering.h"

namespace aegis::service {

// `aegisrt admit`: which workload, with which measured WCETs, under which policy.
struct AdmitRequest {
  std::filesystem::path workload;
  std::filesystem::path profile;                 // empty: default_profile_path(workload)
  std::optional<theory::policy::Policy> policy;  // overrides the workload's
};

// One lane's answer with the names people know.
struct LaneAdmission {
  std::string lane;
  theory::policy::Policy policy;
  theory::Overheads overheads;
  theory::TaskSet tasks;  // before overheads
  scheduler::Admission admission;
  std::vector<std::string> advice;  // of a lane not admitted: what would help, smallest first
};

// The answer for the whole workload, lane by lane in the file's order.
struct AdmitReport {
  std::vector<LaneAdmission> lanes;
  std::optional<std::string> refusal;  // a budget that does not suffice; then nothing was proved
  [[nodiscard]] ExitCode exit_code() const;  // kYes only when every lane is admitted
};

// Proves the whole workload, or says what breaks. Loads no model when every WCET is declared in the
// workload.
[[nodiscard]] Outcome<AdmitReport> admit_workload(const AdmitRequest& request);

// For a terminal; for programs, one JSON object. Allocate.
[[nodiscard]] std::string to_text(const AdmitReport& report);
[[nodiscard]] std::string to_json(const AdmitReport& report);

}  // namespace aegis::service
