// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/trace/event.h"
#include "aegis/trace/recorder.h"

namespace aegis::executor {

// One lane's events, each stamped with the lane. What the payloads mean stands in trace/event.h.
// Real-time: as trace::Writer; one branch when tracing is off. The lane's thread only.
class LaneTrace {
 public:
  using Payload = std::array<std::int64_t, 5>;

  // `recorder` may be null: no trace, but the same decisions.
  LaneTrace(trace::Recorder* recorder, trace::Writer writer, LaneId lane)
      : recorder_(recorder), writer_(writer), lane_(static_cast<std::uint16_t>(lane.value)) {}

  [[nodiscard]] bool enabled() const noexcept { return writer_.enabled(); }

  void lane_event(TimePoint at, trace::EventType type, Payload payload = {}) noexcept {
    event(at, type, {TaskId{}, trace::Event::kNoJob}, payload);
  }
  void task_event(TimePoint at, trace::EventType type, TaskId task, Payload payload = {}) noexcept {
    event(at, type, {task, trace::Event::kNoJob}, payload);
  }
  void event(TimePoint at, trace::EventType type, JobId job, Payload payload = {}) noexcept {
    if (!writer_.enabled()) return;
    const bool kept = writer_.record({.time_ns = at.ns(),
                                      .job = job.sequence,
                                      .task = job.task.value,
                                      .lane = lane_,
                                      .type = type,
                                      .payload = payload});
    dropped_ = dropped_ || !kept;
  }

  // A count that no full ring can lose.
  void count(trace::Assumption assumption) noexcept {
    if (recorder_ != nullptr) recorder_->count_violation(assumption);
  }

  // Whether an event was dropped since this was last asked.
  [[nodiscard]] bool take_dropped() noexcept {
    const bool dropped = dropped_;
    dropped_ = false;
    return dropped;
  }

 private:
  trace::Recorder* recorder_;
  trace::Writer writer_;
  std::uint16_t lane_;
  bool dropped_ = false;
};

// Any number, id or enumerator as a payload carries it.
template <class T>
[[nodiscard]] constexpr std::int64_t as_payload(T value) noexcept {
  return static_cast<std::int64_t>(value);
}

}  // namespace aegis::executor
