// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aegis/base/clock.h"
#include "aegis/executor/lane.h"
#include "aegis/scheduler/admission_controller.h"
#include "aegis/theory/task.h"
#include "aegis/trace/recorder.h"

namespace aegis::scheduler {

// What the orchestrator tells a trace in words and parameters, so that the trace explains itself.
// Slow path; a null recorder is told nothing.
class RunDeclarations {
 public:
  RunDeclarations(trace::Recorder* recorder, const Clock& clock)
      : recorder_(recorder), clock_(clock) {}

  void lane(const executor::LaneConfig& config, bool admitted) const;
  // `bound`: the proved response time; zero when there is none.
  void task(const theory::Task& task, LaneId lane, const std::string& backend,
            Duration bound) const;
  void decision(TaskId task, std::string kind, std::string outcome, std::string rationale) const;

 private:
  trace::Recorder* recorder_;
  const Clock& clock_;
};

// "reject", "skip", "queue(3)".
[[nodiscard]] std::string to_string(const theory::Overload& overload);

}  // namespace aegis::scheduler
