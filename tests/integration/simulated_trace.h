// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/schedule_observer.h"
#include "aegis/theory/simulator.h"
#include "aegis/theory/task.h"
#include "aegis/trace/recorder.h"

namespace aegis::integration {

// Records what the simulator does as a lane would record it, so that the tools for real traces work
// on simulated ones. Non-preemptive schedules without jitter and without dropped jobs.
class SimulatedTrace final : public theory::ScheduleObserver {
 public:
  // `recorder` gets the declarations at once and the events as the simulation runs.
  SimulatedTrace(const theory::TaskSet& tasks, theory::policy::Policy policy, bool admitted,
                 trace::Recorder& recorder);

  void on_release(JobId job, TimePoint at, bool dropped) override;
  void on_select(JobId chosen, std::span<const JobId> candidates, TimePoint at) override;
  void on_start(JobId job, std::uint32_t segment, TimePoint at) override;
  void on_end(JobId job, std::uint32_t segment, TimePoint at) override;

 private:
  static constexpr JobId kNoJob{TaskId{}, trace::Event::kNoJob};
  struct Running {
    TimePoint arrival;
    TimePoint segment_start;
    Duration execution;
  };
  [[nodiscard]] const theory::Task& task_of(JobId job) const;
  [[nodiscard]] std::int64_t key_of(JobId job) const;
  void complete(JobId job, TimePoint at);
  void record(TimePoint at, trace::EventType type, JobId job, std::array<std::int64_t, 5> payload);

  const theory::TaskSet& tasks_;
  theory::policy::Policy policy_;
  trace::Writer writer_;
  std::map<JobId, Running> pending_;
  // Of the choice made last: key, jobs to choose from, reason, runner-up. The start that follows
  // knows the segment.
  std::array<std::int64_t, 4> selection_{};
  bool idle_ = true;
};

}  // namespace aegis::integration
