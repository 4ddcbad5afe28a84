// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "findings.h"

namespace aegis::audit {

// A12–A14: causes. What is late must have a violated assumption in its busy period.
//
// A busy period reaches from one kIdleBegin to the next: the idle time before it belongs to it,
// since that is where a late wake-up is recorded, and no job is ready across a kIdleBegin (A4), so
// no cause can lie further back.
class BusyPeriodCheck {
 public:
  explicit BusyPeriodCheck(LaneUnderAudit& lane) : lane_(lane) {}
  void take(const trace::Event& event);
  void finish();

 private:
  void take_violation(const trace::Event& event);
  void take_miss(const trace::Event& event);
  void take_completion(const trace::Event& event);
  void judge();
  [[nodiscard]] std::uint64_t standing() const;

  LaneUnderAudit& lane_;
  std::uint64_t violated_ = 0;  // assumptions violated for certain, as bits
  std::uint64_t recorded_ = 0;  // those and what hints at one: any loss of the processor
  std::int64_t lost_ns_ = 0;
  std::map<JobId, trace::RefusalReason> refused_;
  std::vector<trace::Event> misses_;
  std::vector<trace::Event> beyond_bound_;
};

}  // namespace aegis::audit
