// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <unordered_map>

#include "findings.h"

namespace aegis::audit {

// A7–A11: each job's own account of itself, from arrival to end.
class JobCheck {
 public:
  explicit JobCheck(LaneUnderAudit& lane) : lane_(lane) {}
  void take(const trace::Event& event);
  void finish();

 private:
  enum class End : std::uint8_t { kNone, kDone, kFailed, kCancelled, kRefused };
  struct Job {
    std::optional<std::int64_t> arrival_ns;
    bool released = false;
    End end = End::kNone;
    std::int64_t end_ns = 0;       // time of its kCompleted or kRefused
    std::int64_t lateness_ns = 0;  // of a completed job, derived
    bool miss_due = false;         // late, failed, or turned away by the lane
    bool may_miss = false;         // a kMissed is allowed
    bool missed = false;
    std::int64_t execution_ns = 0;    // sum over its segments
    std::int64_t segment_end_ns = 0;  // of the last one
    std::int64_t segments_done = 0;
    bool segment_failed = false;
  };

  void arrive(const trace::Event& event);
  void check_spacing(const trace::Event& event);
  void violation(const trace::Event& event);
  void release(const trace::Event& event);
  void end_segment(const trace::Event& event);
  void complete(const trace::Event& event);
  void refuse(const trace::Event& event);
  void miss(const trace::Event& event);
  void check_arrival(Job& job, const trace::Event& event, std::int64_t arrival_ns);
  bool check_first_end(const Job& job, const trace::Event& event);
  void settle_spacing(TaskId task);
  [[nodiscard]] const trace::TaskDeclaration* task_of(const trace::Event& event) const {
    return lane_.trace.find_task(TaskId{event.task});
  }

  LaneUnderAudit& lane_;
  std::unordered_map<JobId, Job> jobs_;
  struct Arrivals {
    std::optional<std::int64_t> last_ns;
    std::optional<trace::Event> too_early;  // its violation is still due
  };
  std::unordered_map<TaskId, Arrivals> arrivals_;
  bool stopped_ = false;
};

}  // namespace aegis::audit
