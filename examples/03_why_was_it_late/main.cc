// SPDX-License-Identifier: Apache-2.0
//
// A lane of your own: the driver is whatever runs your code. Here the camera's third frame takes
// five times its WCET, so the control task misses its deadline. Its story names the culprit, and
// the audit confirms that every decision was right: the lane did what its policy demands, and the
// one miss has a cause.

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "aegis/audit/audit.h"
#include "aegis/base/clock.h"
#include "aegis/executor/lane.h"
#include "aegis/trace/job_story.h"
#include "aegis/trace/trace.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::JobId;
using aegis::Result;
using aegis::Status;
using aegis::TaskId;
using aegis::TimePoint;
using aegis::executor::SegmentState;

namespace {

constexpr TaskId kCamera{0};
constexpr TaskId kControl{1};

// Keeps the processor busy: 20 ms for the camera, 100 ms for its third frame; 1 ms for control.
class BusyDriver final : public aegis::executor::LaneDriver {
 public:
  [[nodiscard]] Status start_segment(JobId job, std::uint32_t, std::uint64_t) noexcept override {
    const Duration length = job.task == kControl ? 1_ms : job.sequence == 2 ? 100_ms : 20_ms;
    const TimePoint end = clock_.now() + length;
    while (clock_.now() < end) {
    }
    return aegis::ok();
  }
  [[nodiscard]] Result<SegmentState> poll() noexcept override { return SegmentState::kDone; }
  void cancel() noexcept override {}

 private:
  aegis::MonotonicClock clock_;
};

aegis::executor::LaneTask periodic(TaskId id, const char* name, Duration wcet, Duration period) {
  aegis::executor::LaneTask task;
  task.model.id = id;
  task.model.name = name;
  task.model.segments = {{.wcet = wcet, .bcet = {}}};
  task.model.period = period;
  task.model.deadline = {period};
  return task;
}

// The run: long enough for the third frame and what follows from it.
aegis::trace::Trace run_for(Duration length) {
  const aegis::MonotonicClock clock;
  aegis::trace::Recorder recorder;
  BusyDriver driver;
  aegis::executor::LaneConfig config;
  config.fifo_priority.reset();  // an example must not need rights
  config.admitted = true;
  recorder.declare(aegis::trace::LaneDeclaration{
      .id = config.id, .name = "lane0", .device = "cpu", .policy = "edf", .admitted = true});
  auto camera = periodic(kCamera, "camera", 20_ms, 150_ms);
  auto control = periodic(kControl, "control", 1_ms, 50_ms);
  for (const auto* task : {&camera, &control}) {
    recorder.declare(
        aegis::trace::TaskDeclaration{.id = task->model.id,
                                      .lane = config.id,
                                      .name = task->model.name,
                                      .backend = "example",
                                      .period = task->model.period,
                                      .deadline = task->model.deadline.value,
                                      .overload = "skip",
                                      .segment_wcets = {task->model.segments[0].wcet}});
  }
  auto lane = aegis::executor::Lane::create(config, driver, clock, &recorder);
  const bool running = lane && (*lane)->start() && (*lane)->add_together({camera, control});
  if (!running) return {};
  const TimePoint end = clock.now() + length;
  while (clock.now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (!(*lane)->drain(Duration::seconds(1))) return {};
  aegis::trace::TraceCollector collector;
  recorder.drain(collector);
  return collector.take();
}

// Whether the story of a late job of control names the camera's third frame.
bool blames_the_camera(const aegis::trace::JobStory& story) {
  for (const aegis::trace::Violation& violation : story.violations) {
    const bool overran = violation.assumption == aegis::trace::Assumption::kWcet;
    if (overran && violation.job == JobId{kCamera, 2}) return true;
  }
  return false;
}

}  // namespace

int main() {
  const aegis::trace::Trace trace = run_for(600_ms);
  const aegis::trace::Storyteller storyteller(trace);
  for (const JobId job : storyteller.missed()) {
    const auto story = storyteller.tell(job);
    if (job.task != kControl || !story || !blames_the_camera(*story)) continue;
    std::printf("A job of %s missed its deadline.\n", trace.task_name(job.task).c_str());
    std::puts("In its busy period, camera #2 ran longer than its WCET.");
    break;
  }
  const auto report = aegis::audit::audit(trace);
  std::printf("Audit: %s.\n", std::string(aegis::audit::to_string(report.verdict)).c_str());
}
