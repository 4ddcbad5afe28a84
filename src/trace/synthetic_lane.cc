// SPDX-License-Identifier: Apache-2.0
#include "synthetic_lane.h"

#include <algorithm>
#include <random>
#include <tuple>

namespace aegis::trace {

namespace {

struct PendingJob {
  std::uint32_t task = 0;
  std::uint64_t sequence = 0;
  std::int64_t arrival = 0;
  std::int64_t deadline = 0;
  std::int64_t key = 0;
  std::uint32_t segment = 0;
  std::int64_t execution = 0;
};

bool before(const PendingJob& a, const PendingJob& b) {
  return std::tie(a.key, a.arrival, a.task, a.sequence) <
         std::tie(b.key, b.arrival, b.task, b.sequence);
}

class SyntheticLane {
 public:
  explicit SyntheticLane(const SyntheticRun& run)
      : run_(run), random_(run.seed), next_(run.tasks.size()), sequence_(run.tasks.size()) {
    for (std::size_t i = 0; i < next_.size(); ++i) {
      next_[i] = static_cast<std::int64_t>(run.phase_ns * i);
    }
  }

  std::vector<Event> record() {
    for (std::uint32_t i = 0; i < run_.tasks.size(); ++i) put(EventType::kTaskAdded, i, {});
    idle();
    while (true) {
      release();
      if (ready_.empty() && next_arrival() >= run_.length.ns()) break;
      ready_.empty() ? idle() : run_one();
    }
    put(EventType::kIdleBegin, std::nullopt, {INT64_MAX});
    put(EventType::kStopped, std::nullopt, {0});
    return std::move(events_);
  }

 private:
  using Payload = std::array<std::int64_t, 5>;

  void put(EventType type, std::optional<std::uint32_t> task, Payload payload,
           std::uint64_t job = Event::kNoJob) {
    events_.push_back({.time_ns = now_,
                       .job = job,
                       .task = task.value_or(TaskId::kNone),
                       .lane = 0,
                       .type = type,
                       .payload = payload});
  }
  void put(EventType type, const PendingJob& job, Payload payload) {
    put(type, job.task, payload, job.sequence);
  }
  [[nodiscard]] const SyntheticTask& task_of(const PendingJob& job) const {
    return run_.tasks[job.task];
  }
  [[nodiscard]] std::int64_t next_arrival() const {
    return *std::min_element(next_.begin(), next_.end());
  }

  void idle() {
    put(EventType::kIdleBegin, std::nullopt, {next_arrival()});
    now_ = std::max(now_, next_arrival()) + 50;  // the timer is a little late
    violated_ = 0;
    put(EventType::kIdleEnd, std::nullopt, {next_arrival()});
  }

  [[nodiscard]] std::int64_t key_of(const PendingJob& job) const {
    if (run_.policy == "np_edf") return job.deadline;
    if (run_.policy == "rm") return task_of(job).period.ns();
    if (run_.policy == "dm") return task_of(job).deadline.ns();
    if (run_.policy == "static") return task_of(job).priority;
    return job.arrival;
  }

  void release() {
    for (std::uint32_t i = 0; i < next_.size(); ++i) {
      while (next_[i] <= now_ && next_[i] < run_.length.ns()) {
        PendingJob job{.task = i, .sequence = sequence_[i]++, .arrival = next_[i]};
        next_[i] += run_.tasks[i].period.ns();
        admit(job);
      }
    }
  }

  void admit(PendingJob job) {
    job.deadline = job.arrival + task_of(job).deadline.ns();
    job.key = key_of(job);
    now_ += run_.release_cost.ns();
    put(EventType::kSubmitted, job, {job.arrival, 0, static_cast<std::int64_t>(Source::kPeriodic)});
    const auto waiting = std::count_if(ready_.begin(), ready_.end(), [&](const PendingJob& other) {
      return other.task == job.task;
    });
    if (task_of(job).overload == "skip" && waiting > 0) {
      put(EventType::kRefused, job, {static_cast<std::int64_t>(RefusalReason::kOverload), 0});
      return miss(job, 0, MissSeverity::kSkipped);
    }
    ready_.push_back(job);
    put(EventType::kReleased, job,
        {job.arrival, job.deadline, job.key, static_cast<std::int64_t>(ready_.size())});
  }

  void select() {
    std::sort(ready_.begin(), ready_.end(), before);
    const bool wrong = run_.wrong_decision > 0 && ++selections_ >= run_.wrong_decision;
    if (wrong && !was_wrong_ && ready_.size() > 1) {
      std::swap(ready_[0], ready_[1]);
      was_wrong_ = true;
    }
    const PendingJob& best = ready_.front();
    SelectionReason reason = SelectionReason::kOnlyReady;
    std::int64_t runner_up = TaskId::kNone;
    if (ready_.size() > 1) {
      const PendingJob& second = ready_[1];
      runner_up = second.task;
      reason = best.key != second.key           ? SelectionReason::kSmallestKey
               : best.arrival != second.arrival ? SelectionReason::kTieByArrival
                                                : SelectionReason::kTieByTask;
    }
    put(EventType::kSelected, best,
        {best.segment, best.key, static_cast<std::int64_t>(ready_.size()),
         static_cast<std::int64_t>(reason), runner_up});
    for (std::size_t i = 1; i < std::min<std::size_t>(ready_.size(), 9); ++i) {
      put(EventType::kAlternative, ready_[i],
          {ready_[i].key, static_cast<std::int64_t>(i), ready_[i].segment});
    }
  }

  void run_one() {
    select();
    PendingJob& job = ready_.front();
    if (job.segment == 0) put(EventType::kBound, job, {0, 0, 4096, job.task});
    now_ += run_.dispatch_cost.ns();
    const std::int64_t wcet = task_of(job).segments[job.segment].ns();
    put(EventType::kSegmentStart, job, {job.segment, wcet});
    const std::int64_t execution = draw(wcet);
    now_ += execution;
    job.execution += execution;
    put(EventType::kSegmentEnd, job, {job.segment, execution, -1, 0});
    if (execution > wcet) {
      violated_ |= bit(Assumption::kWcet);
      put(EventType::kOverrun, job, {job.segment, execution, wcet});
    }
    now_ += run_.completion_cost.ns();
    if (++job.segment == task_of(job).segments.size()) complete();
  }

  std::int64_t draw(std::int64_t wcet) {
    ++segments_run_;
    if (run_.overrun_one_in > 0 && segments_run_ % run_.overrun_one_in == 0) return wcet * 3 / 2;
    std::uniform_real_distribution<double> share(run_.shortest, 1.0);
    return static_cast<std::int64_t>(share(random_) * static_cast<double>(wcet));
  }

  void complete() {
    const PendingJob job = ready_.front();
    ready_.erase(ready_.begin());
    put(EventType::kCompleted, job, {now_ - job.arrival, now_ - job.deadline, job.execution, 0});
    const std::int64_t tardiness = now_ - job.deadline;
    if (tardiness <= 0) return;
    miss(job, tardiness,
         tardiness < task_of(job).deadline.ns() ? MissSeverity::kSoft : MissSeverity::kHard);
  }

  void miss(const PendingJob& job, std::int64_t tardiness, MissSeverity severity) {
    if (!run_.admitted && (violated_ & bit(Assumption::kNotAdmitted)) == 0) {
      violated_ |= bit(Assumption::kNotAdmitted);
      put(EventType::kAssumptionViolated, std::nullopt,
          {static_cast<std::int64_t>(Assumption::kNotAdmitted), 0, 0, now_});
    }
    put(EventType::kMissed, job,
        {tardiness, static_cast<std::int64_t>(severity), static_cast<std::int64_t>(violated_),
         job.deadline, job.arrival});
  }

  const SyntheticRun& run_;
  std::mt19937_64 random_;
  std::vector<std::int64_t> next_;
  std::vector<std::uint64_t> sequence_;
  std::int64_t now_ = 0;
  std::uint64_t violated_ = 0;
  int segments_run_ = 0;
  int selections_ = 0;
  bool was_wrong_ = false;
  std::vector<PendingJob> ready_;
  std::vector<Event> events_;
};

}  // namespace

std::vector<SyntheticTask> running_example(int segments_of_c) {
  const auto ms = [](std::int64_t n) { return Duration::milliseconds(n); };
  std::vector<Duration> segments(static_cast<std::size_t>(segments_of_c), ms(30) / segments_of_c);
  return {{"A", ms(100), ms(50), 2, {ms(20)}},
          {"B", ms(80), ms(40), 1, {ms(15)}},
          {"C", ms(200), ms(100), 3, std::move(segments)}};
}

Trace with_events(const Trace& declarations, const std::vector<Event>& events) {
  TraceCollector collector;
  collector.on_declaration(declarations.session);
  for (const auto& [id, lane] : declarations.lanes) collector.on_declaration(lane);
  for (const auto& [id, task] : declarations.tasks) collector.on_declaration(task);
  collector.on_thread(ThreadId{0}, "lane0");
  collector.on_events(ThreadId{0}, events, 0);
  return collector.take();
}

Trace synthetic_trace(const SyntheticRun& run) {
  Trace declarations;
  declarations.session.program = "synthetic";
  declarations.session.real_time = true;
  declarations.lanes[LaneId{0}] = {.id = LaneId{0},
                                   .name = "lane0",
                                   .device = "cpu",
                                   .policy = run.policy,
                                   .admitted = run.admitted,
                                   .release_overhead = run.release_cost,
                                   .dispatch_overhead = run.dispatch_cost,
                                   .completion_overhead = run.completion_cost,
                                   .lost_supply = Duration::microseconds(500)};
  std::uint32_t id = 0;
  for (const SyntheticTask& task : run.tasks) {
    declarations.tasks[TaskId{id}] = {.id = TaskId{id},
                                      .lane = LaneId{0},
                                      .name = task.name,
                                      .backend = "mock",
                                      .period = task.period,
                                      .deadline = task.deadline,
                                      .priority = task.priority,
                                      .overload = task.overload,
                                      .segment_wcets = task.segments,
                                      .response_bound = task.bound};
    ++id;
  }
  return with_events(declarations, SyntheticLane(run).record());
}

}  // namespace aegis::trace
