// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/trace.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

namespace aegis::trace {

namespace {

// The next event of one thread. Its place in the merged order is the latest time the thread has
// shown so far, so that an event stamped before its predecessor still follows it.
struct Head {
  std::int64_t reached_ns;
  std::size_t thread;
  bool operator>(const Head& other) const {
    return std::tie(reached_ns, thread) > std::tie(other.reached_ns, other.thread);
  }
};

template <class Threads>
void merge(const Threads& threads, std::vector<Event>& events, std::vector<std::uint16_t>& by) {
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  std::vector<std::size_t> next(threads.size(), 0);
  for (std::size_t t = 0; t < threads.size(); ++t) {
    if (!threads[t].events.empty()) heads.push({threads[t].events.front().time_ns, t});
  }
  while (!heads.empty()) {
    const Head head = heads.top();
    heads.pop();
    const std::vector<Event>& own = threads[head.thread].events;
    const std::int64_t others = heads.empty() ? INT64_MAX : heads.top().reached_ns;
    std::size_t& at = next[head.thread];
    std::int64_t reached = head.reached_ns;
    do {  // a run of events of one thread needs the queue only once
      events.push_back(own[at++]);
      by.push_back(static_cast<std::uint16_t>(head.thread));
      if (at < own.size()) reached = std::max(reached, own[at].time_ns);
    } while (at < own.size() && reached < others);
    if (at < own.size()) heads.push({reached, head.thread});
  }
}

}  // namespace

std::string Trace::task_name(TaskId task) const {
  const TaskDeclaration* found = find_task(task);
  return found != nullptr && !found->name.empty() ? found->name
                                                  : "task " + std::to_string(task.value);
}

std::string Trace::lane_name(LaneId lane) const {
  const LaneDeclaration* found = find_lane(lane);
  return found != nullptr && !found->name.empty() ? found->name
                                                  : "lane " + std::to_string(lane.value);
}

std::string Trace::job_name(JobId job) const {
  if (job.sequence == Event::kNoJob) return task_name(job.task);
  return task_name(job.task) + " #" + std::to_string(job.sequence);
}

const TaskDeclaration* Trace::find_task(TaskId task) const {
  const auto found = tasks.find(task);
  return found == tasks.end() ? nullptr : &found->second;
}

const LaneDeclaration* Trace::find_lane(LaneId lane) const {
  const auto found = lanes.find(lane);
  return found == lanes.end() ? nullptr : &found->second;
}

std::optional<TaskId> Trace::task_named(std::string_view name) const {
  for (const auto& [id, task] : tasks) {
    if (task.name == name) return id;
  }
  return std::nullopt;
}

LaneId Trace::lane_of(const Event& event) const {
  if (event.lane != Event::kNoLane) return LaneId{event.lane};
  const TaskDeclaration* task = find_task(TaskId{event.task});
  return task == nullptr ? LaneId{} : task->lane;
}

void TraceCollector::on_thread(ThreadId thread, const std::string& name) {
  check(thread.value <= UINT16_MAX, "a trace has at most 65,536 threads");
  if (threads_.size() <= thread.value) {
    threads_.resize(thread.value + 1);
    trace_.threads.resize(thread.value + 1);
  }
  trace_.threads[thread.value] = name;
}

void TraceCollector::on_declaration(const Declaration& declaration) {
  struct Keep {
    Trace& trace;
    void operator()(const SessionDeclaration& session) const { trace.session = session; }
    void operator()(const LaneDeclaration& lane) const { trace.lanes[lane.id] = lane; }
    void operator()(const TaskDeclaration& task) const { trace.tasks[task.id] = task; }
    void operator()(const DecisionDeclaration& decision) const {
      trace.decisions.push_back(decision);
    }
  };
  std::visit(Keep{trace_}, declaration);
}

void TraceCollector::on_events(ThreadId thread, std::span<const Event> events,
                               std::uint64_t dropped) {
  Thread& own = threads_.at(thread.value);
  own.events.insert(own.events.end(), events.begin(), events.end());
  own.dropped = dropped;
}

Trace TraceCollector::take() {
  std::size_t count = 0;
  for (const Thread& thread : threads_) {
    count += thread.events.size();
    trace_.dropped += thread.dropped;
  }
  trace_.events.reserve(count);
  trace_.recorded_by.reserve(count);
  merge(threads_, trace_.events, trace_.recorded_by);
  threads_.clear();
  return std::exchange(trace_, {});
}

}  // namespace aegis::trace
