// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/executor/lane_driver.h"

namespace aegis::executor {

// For tests: executes segments by moving a clock of the test's own, and writes down what ran when.
class ScriptedDriver final : public LaneDriver {
 public:
  struct Ran {
    JobId job;
    std::uint32_t segment = 0;
    TimePoint start;
    TimePoint end;
    std::uint64_t token = 0;
    bool operator==(const Ran&) const = default;
  };

  explicit ScriptedDriver(ManualClock& clock) : clock_(clock) {}

  // How long a segment takes; how it fails, if it does; whether it runs beside the lane, done only
  // at the n-th poll.
  std::function<Duration(JobId, std::uint32_t)> execution = [](JobId, std::uint32_t) {
    return Duration::milliseconds(1);
  };
  std::function<std::optional<Error>(JobId, std::uint32_t)> failure =
      [](JobId, std::uint32_t) -> std::optional<Error> { return std::nullopt; };
  int polls_a_segment = 1;
  std::function<void()> during_segment = [] {};
  bool cancelled = false;
  std::vector<TaskId> hung_tasks;
  std::vector<Ran> ran;

  Status start_segment(JobId job, std::uint32_t segment, std::uint64_t token) noexcept override {
    ran.push_back({job, segment, clock_.now(), clock_.now(), token});
    polls_left_ = polls_a_segment;
    return ok();
  }
  Result<SegmentState> poll() noexcept override {
    if (--polls_left_ > 0) return SegmentState::kRunning;
    Ran& now = ran.back();
    clock_.advance(execution(now.job, now.segment));
    now.end = clock_.now();
    during_segment();
    if (std::exchange(cancelled, false)) {
      return fail(Error::transient(ErrorCode::kCancelled, "cancelled"));
    }
    if (const auto error = failure(now.job, now.segment)) return fail(*error);
    return SegmentState::kDone;
  }
  void cancel() noexcept override { cancelled = true; }
  void hung(TaskId task) noexcept override { hung_tasks.push_back(task); }

 private:
  ManualClock& clock_;
  int polls_left_ = 0;
};

}  // namespace aegis::executor
