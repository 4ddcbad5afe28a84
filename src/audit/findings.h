// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aegis/audit/audit.h"
#include "aegis/trace/trace.h"

namespace aegis::audit {

// One lane under audit, as the checks see it, and where they report.
class LaneUnderAudit {
 public:
  LaneUnderAudit(const trace::Trace& of, LaneId id, AuditReport& report)
      : trace(of), lane(id), declared(of.find_lane(id)), report_(report) {}

  // States that `rule` was applied. The texts are made only when it did not hold.
  template <class Expected, class Found>
  bool require(bool holds, Rule rule, const trace::Event& event, const Expected& expected,
               const Found& found) {
    count(rule);
    if (!holds) add(rule, event.job_id(), event.time(), expected(), found());
    return holds;
  }
  bool require(bool holds, Rule rule, const trace::Event& event, const char* expected,
               const char* found) {
    return require(
        holds, rule, event, [&] { return std::string(expected); },
        [&] { return std::string(found); });
  }
  void count(Rule rule) { ++report_.checks[static_cast<std::size_t>(rule)]; }
  void add(Rule rule, JobId job, TimePoint time, std::string expected, std::string found);
  [[nodiscard]] AuditReport& report() { return report_; }

  const trace::Trace& trace;
  const LaneId lane;
  const trace::LaneDeclaration* const declared;  // null: the lane is not declared

 private:
  AuditReport& report_;
};

}  // namespace aegis::audit
