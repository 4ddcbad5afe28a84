// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "aegis/audit/audit.h"
#include "aegis/service/problem.h"
#include "aegis/trace/trace.h"

namespace aegis::service {

struct AuditOutcome {
  audit::AuditReport report;
  trace::Trace trace;
  [[nodiscard]] ExitCode exit_code() const;
};

// Re-derives every decision in the trace with rules of the audit's own, and checks that each miss
// names its cause.
[[nodiscard]] Outcome<AuditOutcome> audit_trace(const std::filesystem::path& trace);

[[nodiscard]] std::string to_text(const AuditOutcome& outcome);
[[nodiscard]] std::string to_json(const AuditOutcome& outcome);

}  // namespace aegis::service
