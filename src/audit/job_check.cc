// SPDX-License-Identifier: Apache-2.0
#include "job_check.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace aegis::audit {

using trace::Event;
using trace::EventType;
using trace::JobOutcome;
using trace::MissSeverity;
using trace::RefusalReason;
using trace::saturating_minus;
using trace::saturating_plus;

void JobCheck::take(const Event& event) {
  switch (event.type) {
    case EventType::kSubmitted:
      return arrive(event);
    case EventType::kReleased:
      return release(event);
    case EventType::kSegmentEnd:
      return end_segment(event);
    case EventType::kCompleted:
      return complete(event);
    case EventType::kRefused:
      return refuse(event);
    case EventType::kMissed:
      return miss(event);
    case EventType::kAssumptionViolated:
      return violation(event);
    case EventType::kStopped:
      stopped_ = true;
      return;
    case EventType::kTaskAdded:
      arrivals_.erase(TaskId{event.task});
      return;
    default:
      return;
  }
}

void JobCheck::check_arrival(Job& job, const Event& event, std::int64_t arrival_ns) {
  const std::int64_t known = job.arrival_ns.value_or(arrival_ns);
  lane_.require(
      known == arrival_ns, Rule::kRelease, event,
      [&] { return fmt::format("the arrival at {} ns", known); },
      [&] {
        return fmt::format("{} with an arrival at {} ns", to_string(event.type), arrival_ns);
      });
  job.arrival_ns = known;
}

void JobCheck::arrive(const Event& event) {
  check_arrival(jobs_[event.job_id()], event, event.payload[0]);
  check_spacing(event);
}

// Arrivals closer than the period must be recorded as such before the task's next arrival.
void JobCheck::check_spacing(const Event& event) {
  settle_spacing(TaskId{event.task});
  const trace::TaskDeclaration* task = task_of(event);
  if (task == nullptr) return;
  Arrivals& arrivals = arrivals_[TaskId{event.task}];
  const std::int64_t tolerance = lane_.declared == nullptr ? 0 : lane_.declared->clock_error.ns();
  if (arrivals.last_ns) {
    const std::int64_t spacing = saturating_minus(event.payload[0], *arrivals.last_ns);
    if (saturating_plus(spacing, tolerance) < task->period.ns()) arrivals.too_early = event;
  }
  arrivals.last_ns = event.payload[0];
}

void JobCheck::settle_spacing(TaskId task) {
  lane_.count(Rule::kInterArrival);
  const auto arrivals = arrivals_.find(task);
  if (arrivals == arrivals_.end() || !arrivals->second.too_early) return;
  const Event& early = *arrivals->second.too_early;
  lane_.add(Rule::kInterArrival, early.job_id(), early.time(),
            "a recorded violation: it arrived less than a period after its predecessor", "none");
  arrivals->second.too_early.reset();
}

void JobCheck::violation(const Event& event) {
  if (event.payload[0] != static_cast<std::int64_t>(trace::Assumption::kInterArrival)) return;
  const auto arrivals = arrivals_.find(TaskId{event.task});
  if (arrivals != arrivals_.end()) arrivals->second.too_early.reset();
}

void JobCheck::release(const Event& event) {
  Job& job = jobs_[event.job_id()];
  lane_.require(!job.released && job.end == End::kNone, Rule::kLifecycle, event,
                "one release, before its end", "another release");
  job.released = true;
  check_arrival(job, event, event.payload[0]);
  if (const trace::TaskDeclaration* task = task_of(event)) {
    const std::int64_t deadline = saturating_plus(event.payload[0], task->deadline.ns());
    lane_.require(
        event.payload[1] == deadline, Rule::kRelease, event,
        [&] { return fmt::format("the deadline {} ns, arrival + D", deadline); },
        [&] { return fmt::format("{} ns", event.payload[1]); });
  }
}

void JobCheck::end_segment(const Event& event) {
  Job& job = jobs_[event.job_id()];
  job.execution_ns = saturating_plus(job.execution_ns, event.payload[1]);
  job.segment_end_ns = event.time_ns;
  const bool done = event.payload[3] == static_cast<std::int64_t>(trace::SegmentOutcome::kDone);
  job.segments_done += done ? 1 : 0;
  job.segment_failed = job.segment_failed || !done;
}

bool JobCheck::check_first_end(const Job& job, const Event& event) {
  return lane_.require(
      job.end == End::kNone, Rule::kLifecycle, event, [] { return std::string("one end"); },
      [&] { return fmt::format("a second one: {}", to_string(event.type)); });
}

void JobCheck::complete(const Event& event) {
  Job& job = jobs_[event.job_id()];
  ++lane_.report().jobs;
  lane_.require(job.released, Rule::kLifecycle, event, "a release before its completion", "none");
  if (!check_first_end(job, event)) return;
  const auto& p = event.payload;
  const bool done = p[3] == static_cast<std::int64_t>(JobOutcome::kDone);
  job.end = done                                                     ? End::kDone
            : p[3] == static_cast<std::int64_t>(JobOutcome::kFailed) ? End::kFailed
                                                                     : End::kCancelled;
  job.end_ns = event.time_ns;
  const trace::TaskDeclaration* task = task_of(event);
  if (!job.arrival_ns || task == nullptr) return;
  const std::int64_t earliest =
      saturating_minus(std::max(job.segment_end_ns, *job.arrival_ns), *job.arrival_ns);
  const std::int64_t latest = saturating_minus(event.time_ns, *job.arrival_ns);
  const std::int64_t lateness = saturating_minus(p[0], task->deadline.ns());
  const bool all_ran = job.segments_done == static_cast<std::int64_t>(task->segment_wcets.size()) &&
                       !job.segment_failed;
  lane_.require(
      p[0] >= earliest && p[0] <= latest && p[1] == lateness && p[2] == job.execution_ns &&
          done == all_ran,
      Rule::kCompletion, event,
      [&] {
        return fmt::format("a response of {} to {} ns, lateness {}, execution {}, {}", earliest,
                           latest, lateness, job.execution_ns, all_ran ? "done" : "not done");
      },
      [&] {
        return fmt::format("response {} ns, lateness {}, execution {}, {}", p[0], p[1], p[2],
                           done ? "done" : "not done");
      });
  job.lateness_ns = saturating_minus(std::clamp(p[0], earliest, latest), task->deadline.ns());
  job.miss_due = job.lateness_ns > 0 || job.end == End::kFailed;
  job.may_miss = job.miss_due || job.end == End::kCancelled;
}

void JobCheck::refuse(const Event& event) {
  if (event.job == Event::kNoJob) return;
  Job& job = jobs_[event.job_id()];
  ++lane_.report().jobs;
  if (!check_first_end(job, event)) return;
  job.end = End::kRefused;
  job.end_ns = event.time_ns;
  const auto reason = static_cast<RefusalReason>(event.payload[0]);
  // A task that is removed and a lane that stops turn jobs away on purpose: a miss only when
  // already late.
  job.miss_due = reason != RefusalReason::kDraining && reason != RefusalReason::kTaskUnknown;
  job.may_miss = true;
}

void JobCheck::miss(const Event& event) {
  ++lane_.report().misses;
  Job& job = jobs_[event.job_id()];
  const bool due = lane_.require(
      job.may_miss && !job.missed, Rule::kMiss, event,
      [] { return std::string("no miss: it was neither late nor failed nor refused"); },
      [] { return std::string("a recorded miss"); });
  job.missed = true;
  const trace::TaskDeclaration* task = task_of(event);
  if (!due || task == nullptr) return;
  const std::int64_t tardiness =
      job.end == End::kRefused ? 0 : std::max<std::int64_t>(job.lateness_ns, 0);
  MissSeverity severity = MissSeverity::kSkipped;
  if (job.end == End::kDone) {
    severity = tardiness < task->deadline.ns() ? MissSeverity::kSoft : MissSeverity::kHard;
  }
  lane_.require(
      event.payload[0] == tardiness && event.payload[1] == static_cast<std::int64_t>(severity),
      Rule::kMiss, event,
      [&] { return fmt::format("tardiness {} ns, {}", tardiness, to_string(severity)); },
      [&] { return fmt::format("{} ns, severity {}", event.payload[0], event.payload[1]); });
}

void JobCheck::finish() {
  const bool open_end = lane_.trace.truncated;
  for (const auto& [task, arrivals] : arrivals_) {
    if (!open_end) settle_spacing(task);
  }
  std::vector<JobId> order;
  for (const auto& [id, job] : jobs_) order.push_back(id);
  std::sort(order.begin(), order.end());
  for (const JobId id : order) {
    const Job& job = jobs_[id];
    lane_.count(Rule::kMiss);
    if (job.miss_due && !job.missed && !open_end) {
      lane_.add(Rule::kMiss, id, TimePoint::from_ns(job.end_ns), "a recorded miss", "none");
    }
    lane_.count(Rule::kLifecycle);
    if (stopped_ && job.end == End::kNone) {
      lane_.add(Rule::kLifecycle, id,
                TimePoint::from_ns(
                    std::clamp<std::int64_t>(job.arrival_ns.value_or(0), 0, std::int64_t{1} << 62)),
                "an end before the lane stopped", "none");
    }
  }
}

}  // namespace aegis::audit
