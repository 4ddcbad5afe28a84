// SPDX-License-Identifier: Apache-2.0
#include "worker_books.h"

#include <algorithm>
#include <utility>

namespace aegis::executor {
namespace {

// A handler that looks every millisecond keeps up with a miss every 4 us.
constexpr std::size_t kMissCapacity = 256;
// Between two readings of a spinning wait: an interrupt takes less, a thread that runs instead or a
// machine that stands still more.
constexpr Duration kSupplyWindow = Duration::microseconds(20);

Duration beyond(Duration measured, Duration declared) noexcept {
  return std::max(measured - declared, Duration::zero());
}

}  // namespace

WorkerBooks::WorkerBooks(SchedulerState& state, const WorkerSettings& settings,
                         const std::function<void(const DeadlineMiss&)>& emergency,
                         UsageSource usage)
    : state_(state),
      settings_(settings),
      misses_(kMissCapacity),
      alerts_(settings.number),
      emergency_(emergency),
      usage_(std::move(usage)) {}

void WorkerBooks::waited(const WaitReport& report) noexcept {
  if (report.slept) woken_ = true;
  slept_ += report.sleeping;
  if (!supply_.note(report.largest_gap, kSupplyWindow)) return;
  // What it lost while it waited makes the next job late, not the last one.
  lost_waiting_ += report.largest_gap;
  alert(AlertKind::kLostSupply, JobTerms{}, report.largest_gap, kSupplyWindow, state_.clock.now());
}

void WorkerBooks::rested(Duration rest) noexcept {
  slept_ += rest;
  evidence_.lost += rest;
}

void WorkerBooks::begin_busy() noexcept {
  evidence_ = {.lost = lost_waiting_};
  first_in_busy_ = true;
}

// Late is only what passed since the worker could have looked: while it ran a job, that was the
// job's doing.
void WorkerBooks::released(TimePoint arrival, TimePoint now) noexcept {
  const Duration late =
      beyond(now - std::max(arrival, free_since_), settings_.admission.overheads.release);
  late_release_ = std::max(late_release_, late);
}

LatencyMonitor& WorkerBooks::monitor(const JobTerms& terms) noexcept {
  if (is_rehearsal(terms)) return rehearsals_;
  return *state_.kinds[terms.kind].monitors[settings_.number];
}

void WorkerBooks::job_ended(const JobTerms& terms, const EndedJob& job) noexcept {
  const Duration execution = job.end - job.start;
  if (is_rehearsal(terms)) {
    monitor(terms).record_job({.arrival = job.arrival, .start = job.start, .end = job.end});
    return;
  }
  lost_waiting_ = Duration::zero();
  working_ns_.add(execution.ns());
  free_since_ = job.end;
  if (woken_) note_wake_up(terms, job);
  note_evidence(terms, execution);
  const bool declared = terms.urgency.wcet > Duration::zero();
  JobRecord record{.arrival = job.arrival,
                   .start = job.start,
                   .end = job.end,
                   .outcome = job.threw ? JobEnd::kFailed : JobEnd::kDone};
  if (declared) record.declared_wcet = terms.urgency.wcet;
  const bool missed = job.end > job.deadline.value;
  if (missed) [[unlikely]]
    record.missed = miss(terms, job, false);
  const JobFindings found = monitor(terms).record_job(record);
  if (found.overrun) {
    alert(AlertKind::kOverrun, terms, execution, terms.urgency.wcet, job.end);
  }
  if (found.over_latency_budget && first_in_busy_) {
    alert(AlertKind::kLatencyBudget, terms, job.start - job.arrival, settings_.latency_budget,
          job.end);
  }
  if (job.threw) alert(AlertKind::kTaskThrew, terms, execution, {}, job.end);
  first_in_busy_ = false;
  // Once a sleep, and not between the wake-up and its job.
  if (woken_ && !missed) take_stock(job.end, usage_());
  woken_ = false;
}

void WorkerBooks::job_skipped(const JobTerms& terms, const EndedJob& job,
                              std::uint64_t further) noexcept {
  const MissCause cause = miss(terms, job, true, further);
  monitor(terms).record_refused(1 + further, cause);
}

void WorkerBooks::activations_dropped(const JobTerms& terms, std::uint32_t count,
                                      TimePoint now) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    monitor(terms).record_job(
        {.start = now, .end = now, .outcome = JobEnd::kCancelled, .started = false});
  }
}

// The first job after a sleep found nothing before it: what it waited beyond a wake-up and a choice
// as declared, it waited for its worker to wake.
void WorkerBooks::note_wake_up(const JobTerms& terms, const EndedJob& job) noexcept {
  const Duration took = job.start - job.arrival;
  wake_up_.record(took);
  const bool from_sibling = terms.worker == kAnyWorker && state_.groups[terms.group].count > 1;
  if (from_sibling) return;  // perhaps: it may have waited there
  const theory::Overheads& declared = settings_.admission.overheads;
  const auto expected = Duration::checked_add(declared.release, declared.dispatch);
  late_release_ = std::max(late_release_, beyond(took, expected.value_or(Duration::max())));
}

// What this job did to those behind it. A job without WCET is charged as blocking for longer than
// any such job was declared to hold the worker.
void WorkerBooks::note_evidence(const JobTerms& terms, Duration execution) noexcept {
  evidence_.late_release = std::max(evidence_.late_release, late_release_);
  late_release_ = Duration::zero();
  if (terms.urgency.wcet > Duration::zero()) {
    evidence_.overrun_excess += beyond(execution, terms.urgency.wcet);
  } else {
    const Duration excess = beyond(execution, settings_.admission.longest_plain_task);
    evidence_.blocking_excess = std::max(evidence_.blocking_excess, excess);
  }
}

MissCause WorkerBooks::miss(const JobTerms& terms, const EndedJob& job, bool skipped,
                            std::uint64_t further) noexcept {
  const MissCause cause = cause_of(terms, job, skipped);
  const DeadlineMiss miss{.task = job.task,
                          .name = state_.kinds[terms.kind].config.name.c_str(),
                          .group = settings_.group,
                          .worker = settings_.in_group,
                          .deadline_class = terms.deadline_class,
                          .activation = job.activation,
                          .arrival = job.arrival,
                          .deadline = job.deadline,
                          .tardiness = skipped ? Duration::zero() : job.end - job.deadline.value,
                          .skipped = skipped,
                          .further = further,
                          .cause = cause};
  const bool hard = terms.deadline_class == DeadlineClass::kHard;
  RunningJob& running = state_.ports[settings_.number]->running;
  const std::uint64_t number = running.number.load(std::memory_order_relaxed);
  // Of a job that ran, the watchdog may have been first.
  if (hard && emergency_ && (skipped || running.claim_emergency(number - 1))) emergency_(miss);
  misses_.push(miss);
  Alert alert{.kind = AlertKind::kDeadlineMiss,
              .cause = cause,
              .worker = settings_.number,
              .at = job.end,
              .measured = miss.tardiness,
              .declared = job.deadline.value - job.arrival};
  alert.set_task(miss.name);
  alerts_.raise(alert);
  return cause;
}

MissCause WorkerBooks::cause_of(const JobTerms& terms, const EndedJob& job, bool skipped) noexcept {
  const ThreadUsage usage = usage_();
  MissEvidence evidence = evidence_;
  evidence.tardiness = job.end - job.deadline.value;
  evidence.skipped = skipped;
  evidence.proven = terms.proven;
  evidence.involuntary_switches = usage.involuntary_switches - stock_.usage.involuntary_switches;
  evidence.minor_faults = usage.minor_faults - stock_.usage.minor_faults;
  evidence.major_faults = usage.major_faults - stock_.usage.major_faults;
  const Duration used = usage.cpu_time - stock_.usage.cpu_time;
  evidence.lost += beyond(job.end - stock_.at - slept_, used);
  evidence.queueing = job.start - job.arrival;
  take_stock(job.end, usage);
  return diagnose(evidence);
}

void WorkerBooks::take_stock(TimePoint now, const ThreadUsage& usage) noexcept {
  stock_ = {now, usage};
  slept_ = Duration::zero();
}

void WorkerBooks::alert(AlertKind kind, const JobTerms& terms, Duration measured, Duration declared,
                        TimePoint now) noexcept {
  Alert alert{.kind = kind,
              .worker = settings_.number,
              .at = now,
              .measured = measured,
              .declared = declared};
  alert.set_task(state_.kinds[terms.kind].config.name);
  alerts_.raise(alert);
}

}  // namespace aegis::executor
