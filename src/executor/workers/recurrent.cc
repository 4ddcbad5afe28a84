// SPDX-License-Identifier: Apache-2.0
//
// NanosecondScheduler: what recurs, and what needs a proof.
#include <algorithm>
#include <utility>

#include "aegis/executor/saturating_after.h"

#include "scheduler_core.h"

namespace aegis::executor {
namespace {

Error invalid(const char* text, const std::string& name) {
  return Error::permanent(ErrorCode::kInvalidArgument, text).with_detail(name);
}

constexpr std::uint8_t kLevels = 64;
// An activation costs its worker some 0.2 us without its body, a miss 1 us more: below this, a
// worker that has fallen behind would do nothing but count what it missed.
constexpr Duration kShortestPeriod = Duration::microseconds(1);
// Queued releases of one periodic task: beyond it the task is not late but broken.
constexpr std::uint32_t kDeepestQueue = 1024;

Status check(const PeriodicTask& task) {
  if (task.period < kShortestPeriod) {
    return fail(invalid("a period is a microsecond or longer", task.name));
  }
  if (task.deadline && task.deadline->value <= Duration::zero()) {
    return fail(invalid("a deadline is later than the release", task.name));
  }
  if (task.wcet && task.wcet->value <= Duration::zero()) {
    return fail(invalid("a WCET is longer than nothing", task.name));
  }
  if (task.offset < Duration::zero()) return fail(invalid("an offset is not negative", task.name));
  if (task.level >= kLevels) return fail(invalid("levels are 0 to 63", task.name));
  const bool queue = task.overload.rule == theory::OverloadRule::kQueue;
  if (queue && (task.overload.queue_depth < 1 || task.overload.queue_depth > kDeepestQueue)) {
    return fail(invalid("a queue of releases is 1 to 1024 deep", task.name));
  }
  return ok();
}

Status check(const SporadicTask& task) {
  if (task.wcet.value <= Duration::zero() || task.min_inter_arrival <= Duration::zero() ||
      task.deadline.value <= Duration::zero()) {
    return fail(
        invalid("WCET, inter-arrival time and deadline are longer than nothing", task.name));
  }
  if (task.level >= kLevels) return fail(invalid("levels are 0 to 63", task.name));
  if (task.unfinished < 1 || task.unfinished > kDeepestQueue) {
    return fail(invalid("1 to 1024 jobs may be unfinished", task.name));
  }
  return ok();
}

bool same(const TaskKindConfig& a, const TaskKindConfig& b) {
  return a.level == b.level && a.period == b.period && a.deadline_class == b.deadline_class;
}

}  // namespace

Status NanosecondScheduler::Core::check_accepting() const {
  if (state.accepting.load(std::memory_order_acquire)) return ok();
  return fail(Error::permanent(ErrorCode::kFailedPrecondition, "the scheduler is shut down"));
}

Result<GroupPlace> NanosecondScheduler::Core::places(Priority priority,
                                                     std::optional<std::uint32_t> worker) const {
  const auto group = static_cast<std::size_t>(priority);
  if (group >= kPriorities || state.groups[group].count == 0) {
    return fail(Error::permanent(ErrorCode::kNotFound, "the group is not enabled"));
  }
  const GroupPlace all = state.groups[group];
  if (!worker) return all;
  if (*worker >= all.count) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "the group has no such worker"));
  }
  return GroupPlace{.first = all.first + *worker, .count = 1};
}

// What has ended no longer needs its share; its desk knows from when it may be used again.
void NanosecondScheduler::Core::give_back_shares() {
  std::erase_if(recurrent_, [&](const Recurrent& task) {
    const auto place = state.directory.place(task.handle);
    const bool gone = task.source ? !state.kinds[task.source->index].source->is_open() &&
                                        state.kinds[task.source->index].source->idle()
                                  : place->slot->state.generation() != place->generation ||
                                        place->slot->state.has_ended();
    if (gone) desks_[task.worker]->leaves(task.task);
    return gone;
  });
}

Admission NanosecondScheduler::Core::ask_desks(GroupPlace places, const theory::Task& model,
                                               TaskId& proven_as) {
  give_back_shares();
  Admission admission;
  std::uint32_t worker = places.first;
  for (std::uint32_t i = 0; i < places.count && !admission.admitted(); ++i) {
    worker = places.first + i;
    AdmissionDesk::Answer answer = desks_[worker]->ask(model);
    proven_as = answer.task;
    admission = {.verdict = answer.verdict,
                 .worker = cores_[worker]->settings().in_group,
                 .reason = std::move(answer.reason),
                 .certificate = std::move(answer.certificate)};
  }
  if (!admission.admitted()) {
    admission.advice = desks_[places.first]->advice_for(model);
  } else if (!has_its_class(worker)) {
    admission.reason +=
        "; as long as no other thread wants its CPU: the real-time class was refused";
  }
  return admission;
}

bool NanosecondScheduler::Core::has_its_class(std::uint32_t worker) const {
  return !plans_[worker].thread.fifo_priority || threads_[worker]->grant().real_time;
}

std::optional<std::uint32_t> NanosecondScheduler::Core::add_kind(
    const TaskKindConfig& kind, Duration wcet, std::unique_ptr<SporadicSource> source) {
  auto fresh = std::make_unique<KindState>();
  fresh->config = kind;
  fresh->wcet = wcet;
  fresh->source = std::move(source);
  for (std::size_t i = 0; i < state.ports.size(); ++i) {
    fresh->monitors.push_back(std::make_unique<LatencyMonitor>(config.latency_budget));
  }
  return state.kinds.add(std::move(fresh));
}

Result<TaskKind> NanosecondScheduler::Core::define(const TaskKindConfig& kind) {
  if (kind.level >= kLevels) return fail(invalid("levels are 0 to 63", kind.name));
  if (kind.period < Duration::zero()) return fail(invalid("a period is not negative", kind.name));
  const std::scoped_lock lock(control_);
  for (std::uint32_t i = 0; i < state.kinds.size(); ++i) {
    const KindState& known = state.kinds[i];
    if (known.config.name != kind.name || known.wcet != Duration::zero()) continue;
    if (same(known.config, kind)) return TaskKind{i};
    return fail(Error::permanent(ErrorCode::kAlreadyExists, "a different kind has the name")
                    .with_detail(kind.name));
  }
  const auto index = add_kind(kind, Duration::zero(), nullptr);
  if (!index) return fail(no_kinds_left(kind.name));
  return TaskKind{*index};
}

Error NanosecondScheduler::Core::no_kinds_left(const std::string& name) {
  return Error::permanent(ErrorCode::kResourceExhausted, "as many kinds as max_kinds allows exist")
      .with_detail(name);
}

Result<Admission> NanosecondScheduler::Core::add_periodic(TaskBody&& body, const PeriodicTask& task,
                                                          Priority priority) {
  if (!body) return fail(invalid("the task has no body", task.name));
  if (Status sound = check(task); !sound) return fail(sound.error());
  const auto allowed = places(priority, task.worker);
  if (!allowed) return fail(allowed.error());
  const std::scoped_lock lock(control_);
  if (Status open = check_accepting(); !open) return fail(open.error());
  Admission admission{.verdict = theory::Verdict::kSchedulable,
                      .reason = "no WCET is declared: it runs behind all that is proven"};
  TaskId proven_as;
  if (task.wcet) {
    admission = ask_desks(*allowed, model_of(task), proven_as);
    if (!admission.admitted()) return admission;
  } else {
    admission.worker =
        least_periodic(*allowed) - state.groups[static_cast<std::size_t>(priority)].first;
  }
  const std::uint32_t worker =
      state.groups[static_cast<std::size_t>(priority)].first + admission.worker;
  auto started = start_periodic(std::move(body), task, worker, priority);
  if (!started) {
    if (task.wcet) desks_[worker]->leaves(proven_as);
    return fail(started.error());
  }
  admission.task = *started;
  if (const auto kind = kind_of(task)) admission.kind = *kind;
  if (task.wcet) recurrent_.push_back({worker, proven_as, *started, std::nullopt});
  return admission;
}

std::uint32_t NanosecondScheduler::Core::least_periodic(GroupPlace places) {
  std::uint32_t best = places.first;
  for (std::uint32_t i = places.first; i < places.first + places.count; ++i) {
    if (cores_[i]->periodic().in_use() < cores_[best]->periodic().in_use()) best = i;
  }
  return best;
}

Result<TaskHandle> NanosecondScheduler::Core::start_periodic(TaskBody&& body,
                                                             const PeriodicTask& task,
                                                             std::uint32_t worker,
                                                             Priority priority) {
  PeriodicJobs& table = cores_[worker]->periodic();
  Submitter& control = state.submitters[0];
  const auto kind = kind_of(task);
  if (!kind) return fail(kind.error());
  const auto taken = control.slab.take(Phase::kQueued);
  const bool queue = task.overload.rule == theory::OverloadRule::kQueue;
  const std::uint32_t most_unfinished = queue ? task.overload.queue_depth + 1 : 1;
  const auto index = taken ? table.reserve(most_unfinished) : std::nullopt;
  if (!index) {
    if (taken) taken->slot->state.end(Phase::kEnded);
    return fail(Error::transient(ErrorCode::kResourceExhausted,
                                 "as many periodic tasks as max_recurrent allows exist, or as "
                                 "many releases as a worker has room for may queue up"));
  }
  const SlotId id = SlotDirectory::id(control.number(), taken->index);
  const RelativeDeadline deadline = task.deadline.value_or(RelativeDeadline{task.period});
  table.fill(*index, {.slot = id,
                      .period = task.period,
                      .offset = task.offset,
                      .deadline = deadline,
                      .activations = task.activations,
                      .most_unfinished = most_unfinished});
  JobTerms terms{.urgency = {.arrival = state.clock.now(),
                             .wcet = task.wcet.value_or(Wcet{}).value,
                             .period = task.period,
                             .level = task.level},
                 .kind = static_cast<std::uint16_t>(kind->index),
                 .periodic = *index,
                 .group = static_cast<std::uint8_t>(priority),
                 .worker = static_cast<std::uint8_t>(cores_[worker]->settings().in_group),
                 .deadline_class = task.deadline_class,
                 .proven = task.wcet.has_value()};
  taken->slot->fill(std::move(body), terms);
  taken->slot->outcome = {.arrival = saturating_after(terms.urgency.arrival, task.offset)};
  state.enqueue(control, id, terms);
  return state.directory.handle(id, taken->generation);
}

// Tasks of one name and the same WCET are measured together, so that one that comes and goes does
// not use up the kinds.
Result<TaskKind> NanosecondScheduler::Core::kind_of(const PeriodicTask& task) {
  const Duration wcet = task.wcet.value_or(Wcet{}).value;
  const std::string name = task.name.empty() ? "periodic" : task.name;
  for (std::uint32_t i = 0; i < state.kinds.size(); ++i) {
    const KindState& known = state.kinds[i];
    const bool sporadic = known.source != nullptr;
    if (known.config.name == name && known.wcet == wcet && !sporadic) return TaskKind{i};
  }
  const auto index = add_kind({.name = name,
                               .level = task.level,
                               .period = task.period,
                               .deadline_class = task.deadline_class},
                              wcet, nullptr);
  if (!index) return fail(no_kinds_left(name));
  return TaskKind{*index};
}

Result<Admission> NanosecondScheduler::Core::add_sporadic(const SporadicTask& task,
                                                          Priority priority) {
  if (Status sound = check(task); !sound) return fail(sound.error());
  const auto allowed = places(priority, task.worker);
  if (!allowed) return fail(allowed.error());
  const std::scoped_lock lock(control_);
  if (Status open = check_accepting(); !open) return fail(open.error());
  TaskId proven_as;
  Admission admission = ask_desks(*allowed, model_of(task), proven_as);
  if (!admission.admitted()) return admission;
  const auto group = static_cast<std::size_t>(priority);
  const std::uint32_t worker = state.groups[group].first + admission.worker;
  const auto kind = open_source(
      task, std::make_unique<SporadicSource>(task, static_cast<std::uint8_t>(group),
                                             static_cast<std::uint8_t>(admission.worker)));
  if (!kind) {
    desks_[worker]->leaves(proven_as);
    return fail(no_kinds_left(task.name));
  }
  admission.kind = *kind;
  recurrent_.push_back({worker, proven_as, {}, admission.kind});
  return admission;
}

// One that was withdrawn and whose share has been given back, if it is the same in everything: a
// source that comes and goes does not use up the kinds.
std::optional<TaskKind> NanosecondScheduler::Core::open_source(
    const SporadicTask& task, std::unique_ptr<SporadicSource> source) {
  const TaskKindConfig kind{.name = task.name,
                            .level = task.level,
                            .period = task.min_inter_arrival,
                            .deadline_class = task.deadline_class};
  for (std::uint32_t i = 0; i < state.kinds.size(); ++i) {
    const KindState& known = state.kinds[i];
    if (known.source == nullptr || known.config.name != kind.name) continue;
    const bool charged =
        std::any_of(recurrent_.begin(), recurrent_.end(),
                    [i](const Recurrent& other) { return other.source == TaskKind{i}; });
    if (charged || !same(known.config, kind) || !known.source->same_as(*source)) continue;
    known.source->reopen();
    return TaskKind{i};
  }
  const auto index = add_kind(kind, task.wcet.value, std::move(source));
  return index ? std::optional(TaskKind{*index}) : std::nullopt;
}

Status NanosecondScheduler::Core::withdraw(TaskKind source) {
  const std::scoped_lock lock(control_);
  if (source.index >= state.kinds.size() || state.kinds[source.index].source == nullptr) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "the kind is no admitted source"));
  }
  state.kinds[source.index].source->close();
  return ok();
}

Result<Admission> NanosecondScheduler::Core::add_one_job(TaskBody&& body, Wcet wcet,
                                                         RelativeDeadline deadline,
                                                         Priority priority) {
  if (wcet.value <= Duration::zero() || deadline.value <= Duration::zero()) {
    return fail(invalid("WCET and deadline are longer than nothing", ""));
  }
  if (!body) return fail(invalid("the task has no body", ""));
  const auto allowed = places(priority, std::nullopt);
  if (!allowed) return fail(allowed.error());
  if (auto seated = seat(); !seated) return fail(seated.error());  // takes the lock itself
  const std::scoped_lock lock(control_);
  TaskId proven_as;
  const theory::Task model = model_of_one_job(wcet, deadline);
  Admission admission = ask_desks(*allowed, model, proven_as);
  if (!admission.admitted()) return admission;
  const std::uint32_t worker = allowed->first + admission.worker;
  const TimePoint now = state.clock.now();
  const JobTerms terms{.urgency = {.arrival = now,
                                   .deadline = {saturating_after(now, deadline.value)},
                                   .wcet = wcet.value,
                                   .period = model.period,
                                   .level = static_cast<std::uint8_t>(model.priority.value)},
                       .group = static_cast<std::uint8_t>(priority),
                       .worker = static_cast<std::uint8_t>(admission.worker),
                       .proven = true};
  auto scheduled = submit(std::move(body), terms);
  if (!scheduled) {
    desks_[worker]->leaves(proven_as);
    return fail(scheduled.error());
  }
  admission.task = *scheduled;
  recurrent_.push_back({worker, proven_as, *scheduled, std::nullopt});
  return admission;
}

}  // namespace aegis::executor
