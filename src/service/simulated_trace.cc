// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/simulated_trace.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/schedule_observer.h"
#include "aegis/trace/trace_file.h"

namespace aegis::service {

namespace {

using trace::Event;
using trace::EventType;

constexpr LaneId kLane{0};
constexpr ThreadId kThread{0};
constexpr JobId kNoJob{TaskId{}, Event::kNoJob};
constexpr std::size_t kHandedOverAtOnce = 4096;  // events; 256 KiB

// The rule as a trace spells it. Without overload rules nothing is dropped: a queue that holds all.
std::string overload_text(const theory::Task& task, bool overload_rules, std::size_t jobs) {
  if (!overload_rules) return "queue(" + std::to_string(std::max<std::size_t>(jobs, 1)) + ")";
  switch (task.overload.rule) {
    case theory::OverloadRule::kReject:
      return "reject";
    case theory::OverloadRule::kSkip:
      return "skip";
    case theory::OverloadRule::kQueue:
      return "queue(" + std::to_string(task.overload.queue_depth) + ")";
  }
  return "unknown";
}

// Translates what the simulator says into a lane's events. The simulator speaks of the releases
// within a stretch of execution before it speaks of the stretch's end, and overheads put events
// between the two; hence a timeline, handed on as far as nothing can come before it any more.
class SimulatedLane final : public theory::ScheduleObserver {
 public:
  SimulatedLane(const Simulation& simulation, trace::Recorder& counters,
                trace::Recorder::Sink& sink)
      : simulation_(simulation), counters_(counters), sink_(sink) {
    for (const theory::Task& task : simulation.tasks) tasks_[task.id] = &task;
    std::vector<theory::PlannedJob> jobs = simulation.jobs;
    theory::sort_by_release(jobs);
    for (const theory::PlannedJob& job : jobs) plan(job);
  }

  void declare() {
    sink_.on_thread(kThread, "simulated");
    sink_.on_declaration(
        trace::SessionDeclaration{.program = "aegisrt", .machine = "simulated", .workload = ""});
    const theory::SimulationOptions& options = simulation_.options;
    sink_.on_declaration(
        trace::LaneDeclaration{.id = kLane,
                               .name = "simulated",
                               .device = "none",
                               .policy = std::string(theory::policy::to_string(options.policy)),
                               .admitted = admitted(),
                               .release_overhead = options.overheads.release,
                               .dispatch_overhead = options.overheads.dispatch,
                               .completion_overhead = options.overheads.completion,
                               .lost_supply = granted(),
                               .clock_error = options.overheads.clock_error});
    for (const theory::Task& task : simulation_.tasks) declare(task);
  }

  void on_release(JobId job, TimePoint at, bool dropped) override {
    const Times& times = times_of(job);
    if (unfinished_ == 0) {
      hand_over_until(at);
      put(at, EventType::kIdleEnd, kNoJob, {at.ns()});
    }
    if (times.arrival == at) put(at, EventType::kSubmitted, job, {at.ns(), 0, 0});
    if (dropped) return refuse(job, at);
    ++unfinished_;
    put(at, EventType::kReleased, job,
        {times.arrival.ns(), deadline_of(job).value.ns(), key_of(job), 0}, /*ready_change=*/1);
  }

  void on_select(JobId chosen, std::span<const JobId> candidates, TimePoint /*at*/) override {
    std::int64_t runner_up = TaskId::kNone;
    auto reason = trace::SelectionReason::kOnlyReady;
    if (candidates.size() > 1) {
      const JobId next = candidates[1];
      runner_up = next.task.value;
      reason = key_of(next) != key_of(chosen) ? trace::SelectionReason::kSmallestKey
               : times_of(next).arrival != times_of(chosen).arrival
                   ? trace::SelectionReason::kTieByArrival
                   : trace::SelectionReason::kTieByTask;
    }
    selection_ = {key_of(chosen), static_cast<std::int64_t>(candidates.size()),
                  static_cast<std::int64_t>(reason), runner_up};
  }

  void on_start(JobId job, std::uint32_t segment, TimePoint at) override {
    const theory::Overheads& overheads = simulation_.options.overheads;
    put(at, EventType::kSelected, job,
        {segment, selection_[0], selection_[1], selection_[2], selection_[3]});
    started_ =
        forward(at, overheads.dispatch + (segment == 0 ? overheads.release : Duration::zero()));
    put(started_, EventType::kSegmentStart, job,
        {segment, tasks_.at(job.task)->segments[segment].wcet.ns()});
  }

  void on_end(JobId job, std::uint32_t segment, TimePoint at) override {
    const TimePoint ended = backward(at, simulation_.options.overheads.completion);
    const Duration execution = ended - started_ - lost_between(started_, ended);
    const bool last = segment + 1 == tasks_.at(job.task)->segments.size();
    times_of(job).execution += execution;
    put(ended, EventType::kSegmentEnd, job, {segment, execution.ns(), -1, 0},
        /*ready_change=*/last ? -1 : 0);
    if (last) complete(job, at);
    hand_over_until(at);
  }

  void on_outage(TimePoint begin, TimePoint end) override {
    put(end, EventType::kLost, kNoJob,
        {(end - begin).ns(), static_cast<std::int64_t>(trace::LossEvidence::kStolen), begin.ns()});
  }

  void finish() {
    hand_over_until(TimePoint::max());
    hand_over_batch();
  }

 private:
  struct Times {
    TimePoint arrival;
    Duration execution;
  };
  struct Entry {
    Event event;
    int ready_change = 0;  // of the number of jobs that stand in the ready queue
  };

  // When so much work is done that begins at `from`, at which the lane works.
  [[nodiscard]] TimePoint forward(TimePoint from, Duration work) const {
    TimePoint done = from + work;
    for (auto outage = first_ending_after(from); outage != outages().end(); ++outage) {
      if (outage->begin >= done) break;
      done += outage->length;
    }
    return done;
  }
  // When the work must begin that is done at `until`.
  [[nodiscard]] TimePoint backward(TimePoint until, Duration work) const {
    TimePoint begun = until - work;
    auto outage = std::ranges::lower_bound(outages(), until, {}, &theory::Outage::begin);
    while (outage != outages().begin() && (--outage)->end() > begun) begun = begun - outage->length;
    return begun;
  }
  [[nodiscard]] Duration lost_between(TimePoint from, TimePoint to) const {
    Duration lost;
    for (auto outage = first_ending_after(from); outage != outages().end(); ++outage) {
      if (outage->begin >= to) break;
      lost += std::min(outage->end(), to) - std::max(outage->begin, from);
    }
    return lost;
  }
  [[nodiscard]] const std::vector<theory::Outage>& outages() const {
    return simulation_.options.outages;
  }
  [[nodiscard]] std::vector<theory::Outage>::const_iterator first_ending_after(TimePoint t) const {
    return std::ranges::upper_bound(outages(), t, {}, &theory::Outage::end);
  }
  // What the proof granted of what is lost: all of it, or, of outages beyond the supply, nothing.
  [[nodiscard]] Duration granted() const {
    if (!theory::allowed_by(simulation_.supply, outages())) return Duration::zero();
    Duration all;
    for (const theory::Outage& outage : outages()) all += outage.length;
    return all;
  }

  [[nodiscard]] bool admitted() const {
    return simulation_.analysis.verdict == theory::Verdict::kSchedulable;
  }
  Times& times_of(JobId job) { return jobs_.at(job.task)[job.sequence]; }
  [[nodiscard]] AbsoluteDeadline deadline_of(JobId job) {
    return times_of(job).arrival + tasks_.at(job.task)->deadline;
  }
  [[nodiscard]] std::int64_t key_of(JobId job) {
    const theory::Task& task = *tasks_.at(job.task);
    return theory::policy::order(simulation_.options.policy, {.id = job,
                                                              .arrival = times_of(job).arrival,
                                                              .deadline = deadline_of(job),
                                                              .period = task.period,
                                                              .relative_deadline = task.deadline,
                                                              .priority = task.priority})
        .key;
  }

  // A job that is released after its arrival is submitted long before the simulator speaks of it.
  void plan(const theory::PlannedJob& planned) {
    std::vector<Times>& jobs = jobs_[planned.task];
    const JobId job{planned.task, jobs.size()};
    jobs.push_back({planned.arrival, {}});
    if (planned.arrival == planned.release) return;
    put(planned.arrival, EventType::kSubmitted, job, {planned.arrival.ns(), 0, 0});
  }

  void declare(const theory::Task& task) {
    trace::TaskDeclaration declaration{
        .id = task.id,
        .lane = kLane,
        .name = task.name,
        .backend = "simulator",
        .period = task.period,
        .deadline = task.deadline.value,
        .release_jitter = task.release_jitter,
        .priority = task.priority.value,
        .overload = overload_text(task, simulation_.options.overload_rules, jobs_[task.id].size()),
        .batch = task.batch};
    for (const theory::Segment& segment : task.segments) {
      declaration.segment_wcets.push_back(segment.wcet);
    }
    for (const theory::TaskBound& bound : simulation_.analysis.tasks) {
      if (bound.task != task.id || !bound.response_time) continue;
      declaration.response_bound = *bound.response_time;
    }
    sink_.on_declaration(std::move(declaration));
  }

  void refuse(JobId job, TimePoint at) {
    put(at, EventType::kRefused, job, {static_cast<std::int64_t>(trace::RefusalReason::kOverload)});
    miss(job, at, Duration::zero(), trace::MissSeverity::kSkipped);
  }

  void complete(JobId job, TimePoint at) {
    const Duration late = lateness(at, deadline_of(job));
    put(at, EventType::kCompleted, job,
        {(at - times_of(job).arrival).ns(), late.ns(), times_of(job).execution.ns(), 0});
    if (late > Duration::zero()) {
      miss(job, at, late,
           late < tasks_.at(job.task)->deadline.value ? trace::MissSeverity::kSoft
                                                      : trace::MissSeverity::kHard);
    }
    if (--unfinished_ == 0) put(at, EventType::kIdleBegin, kNoJob, {INT64_MAX});
  }

  void miss(JobId job, TimePoint at, Duration tardiness, trace::MissSeverity severity) {
    std::uint64_t named = 0;
    if (!admitted()) {
      constexpr auto kCause = trace::Assumption::kNotAdmitted;
      named = bit(kCause);
      counters_.count_violation(kCause);
      put(at, EventType::kAssumptionViolated, job, {static_cast<std::int64_t>(kCause)});
    }
    put(at, EventType::kMissed, job,
        {tardiness.ns(), static_cast<std::int64_t>(severity), static_cast<std::int64_t>(named),
         deadline_of(job).value.ns(), times_of(job).arrival.ns()});
  }

  void put(TimePoint at, EventType type, JobId job, std::array<std::int64_t, 5> payload,
           int ready_change = 0) {
    timeline_.emplace(at, Entry{{.time_ns = at.ns(),
                                 .job = job.sequence,
                                 .task = job.task.value,
                                 .lane = static_cast<std::uint16_t>(kLane.value),
                                 .type = type,
                                 .payload = payload},
                                ready_change});
  }

  void hand_over_until(TimePoint last) {
    const auto end = timeline_.upper_bound(last);
    for (auto entry = timeline_.begin(); entry != end; ++entry) {
      Event event = entry->second.event;
      ready_ += entry->second.ready_change;
      if (event.type == EventType::kReleased) event.payload[3] = ready_;
      batch_.push_back(event);
      if (batch_.size() == kHandedOverAtOnce) hand_over_batch();
    }
    timeline_.erase(timeline_.begin(), end);
  }

  void hand_over_batch() {
    sink_.on_events(kThread, batch_, /*dropped=*/0);
    batch_.clear();
  }

  const Simulation& simulation_;
  trace::Recorder& counters_;
  trace::Recorder::Sink& sink_;
  std::map<TaskId, const theory::Task*> tasks_;
  std::map<TaskId, std::vector<Times>> jobs_;  // by sequence
  std::multimap<TimePoint, Entry> timeline_;   // of one instant in the order of putting
  std::vector<Event> batch_;
  std::array<std::int64_t, 4> selection_{};  // of the last choice: key, ready, reason, runner-up
  TimePoint started_;                        // the running segment, its overheads done
  std::uint64_t unfinished_ = 0;             // jobs released and not completed, as the simulator is
  std::int64_t ready_ = 0;                   // the same as the lane counts, as far as handed over
};

Status recordable(const Simulation& simulation) {
  if (simulation.options.preemption == theory::Preemption::kPreemptive) {
    return fail(Error::permanent(ErrorCode::kUnsupported,
                                 "a trace records segments whole: preemptive schedules can be "
                                 "drawn, not traced"));
  }
  for (const theory::PlannedJob& job : simulation.jobs) {
    if (job.arrival < TimePoint{}) {
      return fail(Error::permanent(ErrorCode::kOutOfRange,
                                   "a trace begins at time 0: a job arrives before it"));
    }
  }
  if (const Status valid = theory::validate(simulation.tasks); !valid) return valid;
  if (const Status valid = theory::validate(simulation.supply); !valid) return valid;
  if (const Status valid = theory::validate(simulation.options.outages); !valid) return valid;
  std::vector<theory::PlannedJob> jobs = simulation.jobs;
  theory::sort_by_release(jobs);
  return theory::allowed_by(simulation.tasks, jobs);
}

Result<theory::Schedule> simulate_into(trace::Recorder::Sink& sink, const Simulation& simulation,
                                       trace::Recorder& counters) {
  SimulatedLane lane(simulation, counters, sink);
  lane.declare();
  auto schedule = theory::simulate(simulation.tasks, simulation.jobs, simulation.options, &lane);
  lane.finish();
  return schedule;
}

}  // namespace

Result<theory::Schedule> trace_simulation(const Simulation& simulation,
                                          trace::Recorder::Sink& sink) {
  if (const Status fits = recordable(simulation); !fits) return fail(fits.error());
  trace::Recorder counters;
  return simulate_into(sink, simulation, counters);
}

Result<theory::Schedule> trace_simulation(const Simulation& simulation,
                                          const std::filesystem::path& file) {
  if (const Status fits = recordable(simulation); !fits) return fail(fits.error());
  auto writer = trace::TraceFileWriter::create(file);
  if (!writer) return fail(writer.error());
  trace::Recorder counters;
  auto schedule = simulate_into(**writer, simulation, counters);
  const Status written = (*writer)->finish(counters);
  if (schedule && !written) return fail(written.error());
  return schedule;
}

}  // namespace aegis::service
