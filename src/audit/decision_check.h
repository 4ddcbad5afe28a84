// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "findings.h"
#include "restated_order.h"

namespace aegis::audit {

// A1–A4: rebuilds the ready set of one lane, event by event, and makes every decision again.
class DecisionCheck {
 public:
  explicit DecisionCheck(LaneUnderAudit& lane) : lane_(lane) {}
  void take(const trace::Event& event);
  void finish() {}

 private:
  struct Ready {
    Standing standing;
    std::uint32_t segment = 0;
    std::uint32_t segments = 0;
  };

  void release(const trace::Event& event);
  void select(const trace::Event& event);
  void judge(const trace::Event& event, const std::vector<Ready>& ordered);
  void check_alternative(const trace::Event& event);
  void end_segment(const trace::Event& event);
  void idle(const trace::Event& event);
  void take_out(JobId job);
  [[nodiscard]] std::vector<Ready> in_order() const;

  LaneUnderAudit& lane_;
  std::map<JobId, Ready> ready_;
  std::map<JobId, bool> unknown_;   // released, but of an undeclared task or policy
  std::vector<Ready> passed_over_;  // in order: whom the last choice was preferred to
  bool choice_right_ = false;       // the last choice was the audit's own
};

}  // namespace aegis::audit
