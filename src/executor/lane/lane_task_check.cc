// SPDX-License-Identifier: Apache-2.0
#include "lane_task_check.h"

#include <algorithm>

namespace aegis::executor {
namespace {

// Times add up to less than the 292 years of the clock.
constexpr Duration kLongest = Duration::seconds(std::int64_t{100} * 365 * 86400);

Status refuse(const char* text, const std::string& name) {
  return fail(Error::permanent(ErrorCode::kInvalidArgument, text).with_detail(name));
}

bool positive(Duration duration) {
  return duration > Duration::zero() && duration <= kLongest;
}
bool not_negative(Duration duration) {
  return duration >= Duration::zero() && duration <= kLongest;
}

}  // namespace

Status check_config(const LaneConfig& config) {
  const theory::Overheads& overheads = config.overheads;
  if (config.max_tasks == 0 || config.max_ready_jobs == 0) {
    return refuse("a lane needs room for a task and a job", config.name);
  }
  if (config.fifo_priority && (*config.fifo_priority < 1 || *config.fifo_priority > 98)) {
    return refuse("a lane's SCHED_FIFO priority is 1 to 98", config.name);
  }
  if (config.hang_factor < 1) return refuse("a lane's hang factor is at least 1", config.name);
  if (!config.id.valid() || config.id.value >= trace::Event::kNoLane) {
    return refuse("a lane's id is below 65535", config.name);
  }
  const bool times = not_negative(config.wait.spin) && not_negative(config.lost_supply) &&
                     not_negative(overheads.release) && not_negative(overheads.dispatch) &&
                     not_negative(overheads.completion) && not_negative(overheads.clock_error);
  if (!times) return refuse("a lane's times are not negative", config.name);
  return ok();
}

Status check_task(const LaneTask& task) {
  const theory::Task& model = task.model;
  if (!model.id.valid()) return refuse("a task needs an id", model.name);
  if (model.segments.empty()) return refuse("a task needs a segment", model.name);
  const bool segments = std::ranges::all_of(
      model.segments, [](const theory::Segment& segment) { return positive(segment.wcet); });
  if (!segments) return refuse("a segment's WCET is positive", model.name);
  if (!positive(model.period)) return refuse("a task's period is positive", model.name);
  if (!positive(model.deadline.value)) return refuse("a task's deadline is positive", model.name);
  if (!not_negative(model.release_jitter) ||
      !not_negative(model.offset.value_or(Duration::zero()))) {
    return refuse("a task's jitter and offset are not negative", model.name);
  }
  const bool limited = task.limits.empty() || task.limits.size() == model.segments.size();
  if (!limited || !std::ranges::all_of(task.limits, positive)) {
    return refuse("a task has one positive limit a segment, or none", model.name);
  }
  const bool queues = model.overload.rule == theory::OverloadRule::kQueue;
  if (queues && model.overload.queue_depth == 0) {
    return refuse("a task's queue holds at least one job", model.name);
  }
  return ok();
}

}  // namespace aegis::executor
