// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "findings.h"

namespace aegis::audit {

// A5, A6: what runs on the lane runs alone, is what was selected, and says so when it takes too
// long.
class SegmentCheck {
 public:
  explicit SegmentCheck(LaneUnderAudit& lane) : lane_(lane) {}
  void take(const trace::Event& event);
  void finish();

 private:
  void check_time(const trace::Event& event);
  void start(const trace::Event& event);
  void end(const trace::Event& event);
  void overrun(const trace::Event& event);
  void settle_overrun();

  LaneUnderAudit& lane_;
  std::int64_t latest_ns_ = 0;
  std::optional<trace::Event> selected_;
  std::optional<trace::Event> running_;
  std::optional<trace::Event> overran_;  // ended beyond its WCET; its kOverrun is still due
};

}  // namespace aegis::audit
