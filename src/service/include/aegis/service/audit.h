// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "aegis/audit/audit.h"
#include "aegis/service/problem.h"
#include "aegis/trace/trace.h"

namespace aegis::service {

// `aegisrt audit`: the judgement, with the trace whose names it is told in.
struct AuditOutcome {
  audit::AuditReport report;
  trace::Trace trace;
  // kYes passed, kNo failed, kUndecided inconclusive.
  [[nodiscard]] ExitCode exit_code() const;
};

// Re-derives every decision in the trace with rules of the audit's own, and checks that each miss
// names its cause.
[[nodiscard]] Outcome<AuditOutcome> audit_trace(const std::filesystem::path& trace);

// For a terminal; for programs, one JSON object. Allocate.
[[nodiscard]] std::string to_text(const AuditOutcome& outcome);
[[nodiscard]] std::string to_json(const AuditOutcome& outcome);

}  // namespace aegis::service
