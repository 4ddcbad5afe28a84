// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aegis/base/clock.h"

#include "lane_core.h"
#include "scripted_driver.h"

namespace aegis::executor {

inline LaneConfig lane_configuration(theory::policy::Policy policy = theory::policy::Policy::kEdf) {
  LaneConfig config;
  config.id = LaneId{3};
  config.policy = policy;
  config.admitted = true;
  config.max_ready_jobs = 512;
  config.samples_per_task = 256;
  return config;
}

// For tests: a lane on a time line of the test's own. Nothing takes time but segments.
class VirtualLane final : private trace::Recorder::Sink {
 public:
  explicit VirtualLane(LaneConfig lane_config = lane_configuration(), bool traced = true)
      : config(std::move(lane_config)), reports(1024) {
    if (traced) writer_ = recorder.add_thread("lane");
    core = std::make_unique<LaneCore>(
        config, driver, clock,
        LaneInstruments{
            .recorder = &recorder, .writer = writer_, .supply = nullptr, .reports = &reports});
    core->open(false);
  }

  TaskState& add(LaneTask task) { return add_together({std::move(task)}).front().get(); }
  std::vector<std::reference_wrapper<TaskState>> add_together(std::vector<LaneTask> tasks) {
    std::vector<TaskState*> added;
    std::vector<std::reference_wrapper<TaskState>> references;
    for (LaneTask& task : tasks) {
      tasks_.push_back(std::make_unique<TaskState>(std::move(task), config.samples_per_task));
      added.push_back(tasks_.back().get());
      references.emplace_back(*tasks_.back());
    }
    const Status status = core->add(added);
    check(bool(status), "the test's task fits");
    return references;
  }

  void submit(TaskState& task, std::uint64_t token = 0) {
    (void)task.inbox.submit({clock.now(), token});
  }

  // Lets the lane run until the clock is at `end` or beyond it. Returns whether it has stopped.
  bool run_until(TimePoint end) {
    while (clock.now() < end) {
      const LaneStep step = core->step();
      if (step.kind == LaneStep::Kind::kStopped) return true;
      if (step.kind == LaneStep::Kind::kIdle) clock.set(std::min(step.wake_up, end));
    }
    return false;
  }
  bool run_for(Duration duration) { return run_until(clock.now() + duration); }

  std::vector<trace::Event> events() {
    recorder.drain(*this);
    return events_;
  }
  std::vector<trace::Event> events(trace::EventType type) {
    std::vector<trace::Event> chosen;
    for (const trace::Event& event : events()) {
      if (event.type == type) chosen.push_back(event);
    }
    return chosen;
  }

  LaneConfig config;
  ManualClock clock;
  ScriptedDriver driver{clock};
  trace::Recorder recorder{{.events_per_ring = 1U << 13}};
  JobReports reports;
  std::unique_ptr<LaneCore> core;

 private:
  void on_thread(ThreadId, const std::string&) override {}
  void on_declaration(const trace::Declaration&) override {}
  void on_events(ThreadId, std::span<const trace::Event> events, std::uint64_t) override {
    events_.insert(events_.end(), events.begin(), events.end());
  }

  trace::Writer writer_;
  std::vector<std::unique_ptr<TaskState>> tasks_;
  std::vector<trace::Event> events_;
};

// C, T and D of a task with one or more segments, as the lane takes it.
struct TaskNumbers {
  std::uint32_t id = 0;
  std::vector<Duration> wcets;
  Duration period;
  Duration deadline;
};
inline LaneTask lane_task(const TaskNumbers& numbers) {
  LaneTask task;
  task.model.id = TaskId{numbers.id};
  task.model.name = "task" + std::to_string(numbers.id);
  for (const Duration wcet : numbers.wcets) task.model.segments.push_back({wcet, wcet});
  task.model.period = numbers.period;
  task.model.deadline = RelativeDeadline{numbers.deadline};
  return task;
}

}  // namespace aegis::executor
