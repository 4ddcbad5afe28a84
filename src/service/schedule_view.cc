// SPDX-License-Identifier: Apache-2.0
#include "schedule_view.h"

#include <algorithm>

namespace aegis::service {

namespace {

using theory::JobRecord;

TimePoint end_of(const JobRecord& job) {
  return job.completion.value_or(job.release);
}

// When it is known that the job misses.
TimePoint missed_at(const JobRecord& job) {
  return job.dropped() ? job.release : job.deadline.value;
}

const JobRecord* first_miss(const std::vector<JobRecord>& jobs) {
  const JobRecord* first = nullptr;
  for (const JobRecord& job : jobs) {
    if (job.missed() && (first == nullptr || missed_at(job) < missed_at(*first))) first = &job;
  }
  return first;
}

class Order {
 public:
  explicit Order(const DrawnSchedule& drawn) : drawn_(drawn) {
    for (const theory::Task& task : drawn.tasks) tasks_[task.id] = &task;
    for (const JobRecord& job : drawn.schedule.jobs) jobs_[job.id] = &job;
  }
  [[nodiscard]] const JobRecord* job(JobId id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : found->second;
  }
  [[nodiscard]] theory::policy::OrderingKey key(const JobRecord& job) const {
    const theory::Task& task = *tasks_.at(job.id.task);
    return theory::policy::order(drawn_.policy, {.id = job.id,
                                                 .arrival = job.arrival,
                                                 .deadline = job.deadline,
                                                 .period = task.period,
                                                 .relative_deadline = task.deadline,
                                                 .priority = task.priority});
  }

 private:
  const DrawnSchedule& drawn_;
  std::map<TaskId, const theory::Task*> tasks_;
  std::map<JobId, const JobRecord*> jobs_;
};

// Backwards from the missed job's end through what ran without a gap: its busy period, as far as it
// matters. `blocking` is the first stretch met of a job that comes later in the order, if somebody
// was waiting when it ended.
struct BusyPeriod {
  TimePoint begin;
  std::optional<std::size_t> blocking;
};

BusyPeriod busy_period_of(const DrawnSchedule& drawn, const JobRecord& late) {
  const Order order(drawn);
  const auto key = order.key(late);
  BusyPeriod busy{late.release, std::nullopt};
  TimePoint waiting_since = late.release;  // the earliest release of what ran after the stretch
  for (std::size_t i = drawn.stretches.size(); i-- > 0;) {
    const Stretch& stretch = drawn.stretches[i];
    if (stretch.start >= end_of(late)) continue;
    if (stretch.end < busy.begin) break;
    const JobRecord* job = order.job(stretch.job);
    if (job == nullptr) continue;
    busy.begin = std::min(busy.begin, stretch.start);
    if (order.key(*job) <= key) {
      waiting_since = std::min(waiting_since, job->release);
      continue;
    }
    if (waiting_since < stretch.end) busy.blocking = i;
    break;
  }
  return busy;
}

std::size_t released_in(const std::vector<JobRecord>& jobs, TimePoint from, TimePoint to) {
  return static_cast<std::size_t>(std::ranges::count_if(
      jobs, [&](const JobRecord& job) { return from <= job.release && job.release <= to; }));
}

// Everything that happens, and deadlines as far as they do not stretch the picture by half.
void see_all(ScheduleView& view, const std::vector<JobRecord>& jobs) {
  view.from = jobs.front().arrival;
  view.to = end_of(jobs.front());
  for (const JobRecord& job : jobs) {
    view.from = std::min(view.from, job.arrival);
    view.to = std::max({view.to, end_of(job), job.release});
  }
  const TimePoint last = view.to + (view.to - view.from) / 2;
  for (const JobRecord& job : jobs) {
    if (job.deadline.value <= last) view.to = std::max(view.to, job.deadline.value);
  }
  view.to += (view.to - view.from) / 40;
}

// Just before the first release that would be one too many; where too many come at once, after
// them.
TimePoint last_with(const std::vector<JobRecord>& jobs, std::size_t first, std::size_t most_jobs) {
  std::size_t beyond = first + most_jobs;
  while (beyond < jobs.size() && jobs[beyond].release == jobs[first].release) ++beyond;
  if (beyond >= jobs.size()) {
    return end_of(*std::ranges::max_element(
        jobs, [](const JobRecord& a, const JobRecord& b) { return end_of(a) < end_of(b); }));
  }
  return jobs[beyond].release - Duration::nanoseconds(1);
}

// From the busy period's begin through the miss and on; where that is too much, the last part
// before the miss.
void see_part(ScheduleView& view, const std::vector<JobRecord>& jobs, std::size_t most_jobs,
              TimePoint begin) {
  const auto index_after = [&](TimePoint t) {
    const auto job =
        std::ranges::find_if(jobs, [&](const JobRecord& record) { return record.release >= t; });
    return static_cast<std::size_t>(job - jobs.begin());
  };
  view.from = begin;
  const std::size_t first = std::min(index_after(begin), jobs.size() - 1);
  view.to = last_with(jobs, first, most_jobs);
  if (view.late == nullptr) return;
  const TimePoint through = std::max(end_of(*view.late), missed_at(*view.late));
  if (through <= view.to) return;
  view.to = through;
  const std::size_t beyond = index_after(through + Duration::nanoseconds(1));
  if (beyond > most_jobs) view.from = std::max(view.from, jobs[beyond - most_jobs].release);
}

}  // namespace

ScheduleView view_of(const DrawnSchedule& drawn, std::size_t most_jobs) {
  const std::vector<JobRecord>& jobs = drawn.schedule.jobs;
  ScheduleView view;
  view.late = first_miss(jobs);
  TimePoint begin = jobs.front().arrival;
  if (view.late != nullptr) {
    const BusyPeriod busy = busy_period_of(drawn, *view.late);
    view.blocking = busy.blocking;
    begin = std::min(busy.begin, view.late->arrival);
  }
  view.whole = jobs.size() <= most_jobs;
  if (view.whole) {
    see_all(view, jobs);
  } else {
    see_part(view, jobs, std::max<std::size_t>(most_jobs, 1), begin);
  }
  if (view.to <= view.from) view.to = view.from + Duration::nanoseconds(1);
  view.jobs = released_in(jobs, view.from, view.to);
  return view;
}

}  // namespace aegis::service
