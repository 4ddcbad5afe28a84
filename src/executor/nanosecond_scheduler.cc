// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/nanosecond_scheduler.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "aegis/executor/saturating_after.h"

#include "workers/scheduler_core.h"
#include "workers/seats.h"

namespace aegis::executor {
namespace {

constexpr AbsoluteDeadline kNoDeadline{TimePoint::max()};

// Of calls that allocate: what the allocator throws is an error like any other.
template <class Call>
auto without_exception(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return fail(Error::transient(ErrorCode::kResourceExhausted, "no memory for the task"));
  }
}

}  // namespace

Result<std::unique_ptr<NanosecondScheduler>> NanosecondScheduler::create(SchedulerConfig config) {
  if (Status sound = validate(config); !sound) return fail(sound.error());
  try {
    auto core = std::make_shared<Core>(std::move(config));
    if (Status started = core->start(); !started) return fail(started.error());
    return std::unique_ptr<NanosecondScheduler>(new NanosecondScheduler(std::move(core)));
  } catch (const std::bad_alloc&) {
    return fail(Error::permanent(ErrorCode::kResourceExhausted, "no memory for the scheduler"));
  } catch (const std::system_error& error) {
    return fail(Error::permanent(ErrorCode::kResourceExhausted, "the scheduler cannot start")
                    .with_detail(error.what()));
  }
}

NanosecondScheduler::NanosecondScheduler(std::shared_ptr<Core> core) : core_(std::move(core)) {}

NanosecondScheduler::~NanosecondScheduler() {
  core_->finish();
}

Result<TaskHandle> NanosecondScheduler::schedule(TaskBody body, Priority priority) {
  return schedule(std::move(body), JobOptions{.priority = priority});
}

Result<TaskHandle> NanosecondScheduler::schedule(TaskBody body, const JobOptions& options) {
  return schedule_with_deadline(std::move(body), kNoDeadline, options);
}

Result<TaskHandle> NanosecondScheduler::schedule_with_deadline(TaskBody body,
                                                               RelativeDeadline deadline,
                                                               Priority priority) {
  return schedule_with_deadline(std::move(body), deadline, JobOptions{.priority = priority});
}

Result<TaskHandle> NanosecondScheduler::schedule_with_deadline(TaskBody body,
                                                               RelativeDeadline deadline,
                                                               const JobOptions& options) {
  if (deadline.value < Duration::zero()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "a deadline is not negative"));
  }
  const TimePoint now = core_->state.clock.now();
  const auto terms = core_->terms_of(options, now, {saturating_after(now, deadline.value)});
  if (!terms) return fail(terms.error());
  return core_->submit(std::move(body), *terms);
}

Result<TaskHandle> NanosecondScheduler::schedule_with_deadline(TaskBody body,
                                                               AbsoluteDeadline deadline,
                                                               Priority priority) {
  return schedule_with_deadline(std::move(body), deadline, JobOptions{.priority = priority});
}

Result<TaskHandle> NanosecondScheduler::schedule_with_deadline(TaskBody body,
                                                               AbsoluteDeadline deadline,
                                                               const JobOptions& options) {
  const auto terms = core_->terms_of(options, core_->state.clock.now(), deadline);
  if (!terms) return fail(terms.error());
  return core_->submit(std::move(body), *terms);
}

Result<TaskHandle> NanosecondScheduler::schedule_periodic(TaskBody body, Duration period,
                                                          Priority priority) {
  const PeriodicTask task{.name = "periodic", .period = period};
  auto admission = schedule_periodic(std::move(body), task, priority);
  if (!admission) return fail(admission.error());
  return admission->task;
}

Result<Admission> NanosecondScheduler::schedule_periodic(TaskBody body, const PeriodicTask& task,
                                                         Priority priority) {
  return without_exception([&] { return core_->add_periodic(std::move(body), task, priority); });
}

Result<Admission> NanosecondScheduler::schedule_with_wcet(TaskBody body, Wcet wcet,
                                                          RelativeDeadline deadline,
                                                          Priority priority) {
  return without_exception(
      [&] { return core_->add_one_job(std::move(body), wcet, deadline, priority); });
}

Result<Admission> NanosecondScheduler::admit(const SporadicTask& task, Priority priority) {
  return without_exception([&] { return core_->add_sporadic(task, priority); });
}

Result<TaskHandle> NanosecondScheduler::submit(TaskBody body, TaskKind source) {
  return core_->submit_to_source(std::move(body), source);
}

Status NanosecondScheduler::withdraw(TaskKind source) {
  return core_->withdraw(source);
}

Result<TaskKind> NanosecondScheduler::define(const TaskKindConfig& kind) {
  return without_exception([&] { return core_->define(kind); });
}

Result<TaskHandle> NanosecondScheduler::then(TaskHandle before, TaskBody body,
                                             const JobOptions& options) {
  return when_all({&before, 1}, std::move(body), options);
}

Result<TaskHandle> NanosecondScheduler::when_all(std::span<const TaskHandle> before, TaskBody body,
                                                 const JobOptions& options) {
  return when_all(before, std::move(body), kNoDeadline, options);
}

Result<TaskHandle> NanosecondScheduler::when_all(std::span<const TaskHandle> before, TaskBody body,
                                                 AbsoluteDeadline deadline,
                                                 const JobOptions& options) {
  const auto terms = core_->terms_of(options, core_->state.clock.now(), deadline);
  if (!terms) return fail(terms.error());
  return core_->submit_after(before, std::move(body), *terms);
}

Result<Cancelled> NanosecondScheduler::cancel(TaskHandle task) {
  return core_->cancel(task);
}

Result<TaskOutcome> NanosecondScheduler::wait_for_completion(TaskHandle task, Duration timeout) {
  return core_->wait(task, timeout);
}

Status NanosecondScheduler::run_until_idle(Duration timeout) {
  const Duration within = std::max(timeout, Duration::zero());
  return core_->wait_until_idle(saturating_after(core_->state.clock.now(), within));
}

Status NanosecondScheduler::shutdown(Duration within) {
  return core_->shut_down(within);
}

LatencyStats NanosecondScheduler::latency_stats() const {
  return core_->statistics();
}

std::optional<WcetEstimate> NanosecondScheduler::estimated_wcet(TaskKind kind) const {
  return core_->estimated_wcet(kind);
}

std::vector<std::string> NanosecondScheduler::degraded() const {
  return core_->degraded();
}

Status NanosecondScheduler::register_this_thread() {
  const auto seated = core_->seat();
  return seated ? ok() : Status(fail(seated.error()));
}

bool NanosecondScheduler::called_from_a_task() const noexcept {
  return Seats::is_worker_of(core_->number);
}

const Clock& NanosecondScheduler::clock() const noexcept {
  return core_->state.clock;
}

}  // namespace aegis::executor
