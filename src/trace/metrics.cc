// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace aegis::trace {

namespace {

struct TaskSamples {
  TaskMetrics metrics;
  std::vector<std::int64_t> responses;
  std::vector<std::int64_t> executions;
  std::set<std::uint64_t> missed;  // jobs: a refusal and its miss are one
  std::uint64_t missed_without_number = 0;
  std::int64_t execution_sum_ns = 0;
};

struct LaneProgress {
  std::int64_t first_ns = INT64_MAX;
  std::int64_t last_ns = 0;
  std::optional<std::int64_t> idle_since_ns;
  std::optional<std::int64_t> segment_since_ns;
  std::int64_t idle_ns = 0;
  std::int64_t busy_ns = 0;
  std::int64_t lost_ns = 0;
};

// Both ends are times of events, so no difference overflows; a reversed pair counts as nothing.
void close(std::optional<std::int64_t>& since, std::int64_t now, std::int64_t& sum) {
  if (since) sum = saturating_plus(sum, std::max<std::int64_t>(0, now - *since));
  since.reset();
}

class Aggregation {
 public:
  explicit Aggregation(const Trace& trace) : trace_(trace) {
    for (const auto& [id, task] : trace.tasks) tasks_[id].metrics.task = id;
    for (const auto& [id, lane] : trace.lanes) lanes_.try_emplace(id);
  }
  Metrics result();

 private:
  void take(const Event& event);
  void take_lane(const Event& event, LaneProgress& lane);
  void complete(const Event& event, TaskSamples& task);
  static void miss(const Event& event, TaskSamples& task) {
    if (event.job == Event::kNoJob) {
      ++task.missed_without_number;
    } else {
      task.missed.insert(event.job);
    }
  }

  const Trace& trace_;
  std::map<TaskId, TaskSamples> tasks_;
  std::map<LaneId, LaneProgress> lanes_;
};

void Aggregation::complete(const Event& event, TaskSamples& task) {
  if (event.payload[3] != static_cast<std::int64_t>(JobOutcome::kDone)) {
    ++task.metrics.failed;
    miss(event, task);
    return;
  }
  ++task.metrics.completed;
  task.responses.push_back(event.payload[0]);
  task.executions.push_back(event.payload[2]);
}

void Aggregation::take(const Event& event) {
  const LaneId lane = trace_.lane_of(event);
  if (lane.valid()) take_lane(event, lanes_[lane]);
  if (event.task == TaskId::kNone) return;
  TaskSamples& task = tasks_[TaskId{event.task}];
  switch (event.type) {
    case EventType::kReleased:
      ++task.metrics.released;
      break;
    case EventType::kCompleted:
      complete(event, task);
      break;
    case EventType::kRefused:
      ++task.metrics.refused;
      miss(event, task);
      break;
    case EventType::kMissed:
      miss(event, task);
      break;
    case EventType::kOverrun:
      ++task.metrics.overruns;
      break;
    case EventType::kSegmentEnd:
      task.execution_sum_ns = saturating_plus(task.execution_sum_ns, event.payload[1]);
      break;
    default:
      break;
  }
}

void Aggregation::take_lane(const Event& event, LaneProgress& lane) {
  lane.first_ns = std::min(lane.first_ns, event.time_ns);
  lane.last_ns = std::max(lane.last_ns, event.time_ns);
  switch (event.type) {
    case EventType::kIdleBegin:
      lane.idle_since_ns = event.time_ns;
      break;
    case EventType::kIdleEnd:
      close(lane.idle_since_ns, event.time_ns, lane.idle_ns);
      break;
    case EventType::kSegmentStart:
      lane.segment_since_ns = event.time_ns;
      break;
    case EventType::kSegmentEnd:
      close(lane.segment_since_ns, event.time_ns, lane.busy_ns);
      break;
    case EventType::kLost:
      lane.lost_ns = saturating_plus(lane.lost_ns, event.payload[0]);
      break;
    default:
      break;
  }
}

Metrics Aggregation::result() {
  for (const Event& event : trace_.events) take(event);
  Metrics metrics{
      .tasks = {}, .lanes = {}, .events = trace_.events.size(), .dropped = trace_.dropped};
  for (auto& [id, lane] : lanes_) {
    lane.first_ns = std::min(lane.first_ns, lane.last_ns);
    close(lane.idle_since_ns, lane.last_ns, lane.idle_ns);
    const std::int64_t span_ns = lane.last_ns - lane.first_ns;
    const std::int64_t accounted_ns = saturating_plus(lane.busy_ns, lane.idle_ns);
    metrics.lanes.push_back(
        {.lane = id,
         .span = Duration::nanoseconds(span_ns),
         .busy = Duration::nanoseconds(lane.busy_ns),
         .idle = Duration::nanoseconds(lane.idle_ns),
         .lost = Duration::nanoseconds(lane.lost_ns),
         .overhead = Duration::nanoseconds(saturating_minus(span_ns, accounted_ns))});
  }
  for (auto& [id, task] : tasks_) {
    task.metrics.task = id;
    task.metrics.missed = task.missed.size() + task.missed_without_number;
    task.metrics.response_ns = Distribution::of(std::move(task.responses));
    task.metrics.execution_ns = Distribution::of(std::move(task.executions));
    const TaskDeclaration* declared = trace_.find_task(id);
    const auto lane = declared == nullptr ? lanes_.end() : lanes_.find(declared->lane);
    if (lane != lanes_.end() && lane->second.last_ns > lane->second.first_ns) {
      task.metrics.utilisation = static_cast<double>(task.execution_sum_ns) /
                                 static_cast<double>(lane->second.last_ns - lane->second.first_ns);
    }
    metrics.tasks.push_back(task.metrics);
  }
  return metrics;
}

std::int64_t nearest_rank(const std::vector<std::int64_t>& sorted, std::size_t per_mille) {
  const std::size_t rank = (sorted.size() * per_mille + 999) / 1000;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

Distribution Distribution::of(std::vector<std::int64_t> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto count = static_cast<double>(samples.size());
  const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / count;
  double squares = 0;
  for (const std::int64_t sample : samples) {
    squares += (static_cast<double>(sample) - mean) * (static_cast<double>(sample) - mean);
  }
  return {.count = samples.size(),
          .min = samples.front(),
          .p50 = nearest_rank(samples, 500),
          .p99 = nearest_rank(samples, 990),
          .p999 = nearest_rank(samples, 999),
          .max = samples.back(),
          .mean = mean,
          .cv = mean > 0 ? std::sqrt(squares / count) / mean : 0};
}

Metrics aggregate(const Trace& trace) {
  return Aggregation(trace).result();
}

}  // namespace aegis::trace
