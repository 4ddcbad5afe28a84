// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/simulator.h"

#include <algorithm>
#include <map>
#include <utility>

namespace aegis::theory {
namespace {

// One job under way.
struct ActiveJob {
  std::size_t record = 0;
  std::size_t task = 0;
  std::uint32_t segment = 0;
  std::vector<Duration> remaining;  // per segment, overheads included
};

// The lane's outages, asked in ascending order of `now`.
class LostTime {
 public:
  explicit LostTime(const std::vector<Outage>& outages) : outages_(outages) {}

  // The first instant from `now` on at which the lane works.
  TimePoint works_from(TimePoint now) {
    while (next_ < outages_.size() && outages_[next_].end() <= now) ++next_;
    const TimePoint works = after(next_, now);
    if (works > now) ++next_;
    return works;
  }
  // When so much work is done, if the lane does nothing else from `now`, when it works.
  [[nodiscard]] TimePoint done(TimePoint now, Duration work) const {
    TimePoint end = now + work;
    for (std::size_t i = next_; i < outages_.size() && outages_[i].begin < end; ++i) {
      end += outages_[i].length;
    }
    return end;
  }
  // The first instant from `later` on at which the lane works, and what it can do from `now` to it.
  [[nodiscard]] std::pair<TimePoint, Duration> until(TimePoint now, TimePoint later) const {
    Duration lost;
    std::size_t i = next_;
    for (; i < outages_.size() && outages_[i].end() <= later; ++i) lost += outages_[i].length;
    const TimePoint end = after(i, later);
    if (end > later) lost += outages_[i].length;
    return {end, end - now - lost};
  }

 private:
  // `t`, or the end of the n-th outage if t lies within it.
  [[nodiscard]] TimePoint after(std::size_t n, TimePoint t) const {
    return n < outages_.size() && outages_[n].begin <= t ? outages_[n].end() : t;
  }

  const std::vector<Outage>& outages_;
  std::size_t next_ = 0;  // the first that begins after the lane worked last
};

class Lane {
 public:
  Lane(const TaskSet& tasks, const std::vector<PlannedJob>& jobs, const SimulationOptions& options,
       ScheduleObserver* observer)
      : tasks_(tasks),
        jobs_(jobs),
        options_(options),
        observer_(observer ? *observer : nobody_),
        wants_candidates_(observer != nullptr),
        lost_(options.outages),
        unfinished_(tasks.size()) {
    for (std::size_t i = 0; i < tasks.size(); ++i) index_[tasks[i].id] = i;
    schedule_.jobs.reserve(jobs.size());
  }

  Schedule run() && {
    TimePoint now;
    while (next_release_ < jobs_.size() || !ready_.empty()) {
      if (ready_.empty()) now = std::max(now, jobs_[next_release_].release);
      now = lost_.works_from(now);
      release_until(now);
      tell_outages_until(now);
      if (!ready_.empty()) now = run_first(now);
    }
    return std::move(schedule_);
  }

 private:
  using Ready = std::map<policy::OrderingKey, ActiveJob>;

  void release_until(TimePoint now) {
    while (next_release_ < jobs_.size() && jobs_[next_release_].release <= now) release_next();
  }

  void release_next() {
    const PlannedJob& job = jobs_[next_release_++];
    tell_outages_until(job.release);
    const std::size_t index = index_.at(job.task);
    const Task& task = tasks_[index];
    const JobId id{task.id, sequence_[task.id]++};
    schedule_.jobs.push_back({id, job.arrival, job.release, job.arrival + task.deadline});
    const bool dropped = options_.overload_rules && unfinished_[index] > 0 &&
                         unfinished_[index] >= most_before(task);
    observer_.on_release(id, job.release, dropped);
    if (dropped) {
      observer_.on_miss(id, job.release);
      return;
    }
    ++unfinished_[index];
    const policy::JobParameters parameters{id,          job.arrival,   job.arrival + task.deadline,
                                           task.period, task.deadline, task.priority};
    ready_.emplace(policy::order(options_.policy, parameters),
                   ActiveJob{schedule_.jobs.size() - 1, index, 0, occupancy(task, job)});
  }

  // How many unfinished jobs a new one may find: the depth of the queue and the one not in it.
  static std::uint64_t most_before(const Task& task) {
    return task.overload.rule == OverloadRule::kQueue ? 1 + std::uint64_t{task.overload.queue_depth}
                                                      : 0;
  }

  [[nodiscard]] std::vector<Duration> occupancy(const Task& task, const PlannedJob& job) const {
    std::vector<Duration> times = job.execution_times;
    for (std::size_t i = times.size(); i < task.segments.size(); ++i) {
      times.push_back(task.segments[i].wcet);
    }
    for (Duration& time : times)
      time += options_.overheads.dispatch + options_.overheads.completion;
    times.front() += options_.overheads.release;
    return times;
  }

  // Runs the first job of the order until it must be looked at again; returns that instant.
  TimePoint run_first(TimePoint now) {
    const auto first = ready_.begin();
    ActiveJob& job = first->second;
    JobRecord& record = schedule_.jobs[job.record];
    const JobId id = record.id;
    tell_selection(id, now);
    if (!record.start) record.start = now;
    observer_.on_start(id, job.segment, now);
    const auto [end, work] = stretch(now, job.remaining[job.segment]);
    job.remaining[job.segment] -= work;
    release_before(end);
    tell_outages_until(end - Duration::nanoseconds(1));
    observer_.on_end(id, job.segment, end);
    if (job.remaining[job.segment] == Duration::zero()) ++job.segment;
    if (job.segment == job.remaining.size()) complete(first, end);
    return end;
  }

  // When a segment that runs from `now` ends or must yield the choice, and the work done by then.
  [[nodiscard]] std::pair<TimePoint, Duration> stretch(TimePoint now, Duration remaining) const {
    const TimePoint end = lost_.done(now, remaining);
    const bool may_yield =
        options_.preemption == Preemption::kPreemptive && next_release_ < jobs_.size();
    if (!may_yield || jobs_[next_release_].release >= end) return {end, remaining};
    return lost_.until(now, jobs_[next_release_].release);
  }

  // Releases strictly before the end of a segment find its job unfinished.
  void release_before(TimePoint end) {
    while (next_release_ < jobs_.size() && jobs_[next_release_].release < end) release_next();
  }

  void complete(Ready::iterator job, TimePoint at) {
    JobRecord& record = schedule_.jobs[job->second.record];
    record.completion = at;
    --unfinished_[job->second.task];
    if (record.missed()) observer_.on_miss(record.id, at);
    ready_.erase(job);
  }

  void tell_outages_until(TimePoint t) {
    while (told_ < options_.outages.size() && options_.outages[told_].begin <= t) {
      const Outage& outage = options_.outages[told_++];
      observer_.on_outage(outage.begin, outage.end());
    }
  }

  void tell_selection(JobId chosen, TimePoint now) {
    if (!wants_candidates_) return;
    candidates_.clear();
    for (const auto& entry : ready_) candidates_.push_back(entry.first.id);
    observer_.on_select(chosen, candidates_, now);
  }

  ScheduleObserver nobody_;
  const TaskSet& tasks_;
  const std::vector<PlannedJob>& jobs_;
  const SimulationOptions& options_;
  ScheduleObserver& observer_;
  bool wants_candidates_;
  LostTime lost_;
  std::size_t told_ = 0;  // outages
  std::map<TaskId, std::size_t> index_;
  std::map<TaskId, std::uint64_t> sequence_;
  std::vector<std::uint64_t> unfinished_;  // by task
  std::size_t next_release_ = 0;
  Ready ready_;
  std::vector<JobId> candidates_;
  Schedule schedule_;
};

// Whether everything ends within kLargestSum, so that no time in the simulation overflows.
bool within_range(const TaskSet& tasks, const std::vector<PlannedJob>& jobs,
                  const SimulationOptions& options) {
  const Overheads& overheads = options.overheads;
  const auto charged =
      charge(tasks, {overheads.release, overheads.dispatch, overheads.completion, {}});
  if (!charged || !validate(*charged)) return false;
  std::map<TaskId, Duration> longest;
  for (const Task& task : *charged) longest[task.id] = *total_wcet(task);
  std::optional<Duration> end = Duration::zero();
  for (const PlannedJob& job : jobs) {
    end = Duration::checked_add(std::max(*end, job.release - TimePoint{}), longest.at(job.task));
    if (!end || *end > kLargestSum) return false;
  }
  for (const Outage& outage : options.outages) {
    end = Duration::checked_add(*end, outage.length);
    if (!end || *end > kLargestSum) return false;
  }
  return true;
}

}  // namespace

bool Schedule::has_miss() const {
  return std::any_of(jobs.begin(), jobs.end(), [](const JobRecord& job) { return job.missed(); });
}

std::map<TaskId, Duration> Schedule::longest_responses() const {
  std::map<TaskId, Duration> longest;
  for (const JobRecord& job : jobs) {
    if (job.dropped()) continue;
    Duration& response = longest[job.id.task];
    response = std::max(response, *job.completion - job.arrival);
  }
  return longest;
}

Result<Schedule> simulate(const TaskSet& tasks, std::vector<PlannedJob> jobs,
                          const SimulationOptions& options, ScheduleObserver* observer) {
  const Status valid = validate(tasks);
  if (!valid) return fail(valid.error());
  sort_by_release(jobs);
  const Status allowed = allowed_by(tasks, jobs);
  if (!allowed) return fail(allowed.error());
  const Status outages = validate(options.outages);
  if (!outages) return fail(outages.error());
  if (!within_range(tasks, jobs, options)) {
    return fail(Error::permanent(ErrorCode::kOutOfRange,
                                 "the simulation's times or overheads are out of range"));
  }
  return Lane(tasks, jobs, options, observer).run();
}

}  // namespace aegis::theory
