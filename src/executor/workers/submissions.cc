// SPDX-License-Identifier: Apache-2.0
//
// NanosecondScheduler: from a caller's task to its worker's ring.
#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "aegis/executor/saturating_after.h"

#include "completion.h"
#include "dependents.h"
#include "entry.h"
#include "scheduler_core.h"
#include "seats.h"

namespace aegis::executor {
namespace {

Error has_shut_down() {
  return Error::permanent(ErrorCode::kFailedPrecondition, "the scheduler is shut down");
}

Error no_place() {
  return Error::transient(ErrorCode::kResourceExhausted,
                          "every place of this thread is taken by a pending task");
}

// What one input came to while somebody wanted to follow it.
enum class Input : std::uint8_t { kFollowed, kCompleted, kFailed, kGone, kCrowded };

Input follow(const SlotDirectory::Place& before, TaskSlot& follower, Dependents::Link link) {
  TaskSlot& slot = *before.slot;
  const auto pinned = slot.state.pin(before.generation, true);
  if (pinned == SlotState::Pin::kStale) return Input::kGone;
  if (pinned == SlotState::Pin::kTooMany) return Input::kCrowded;
  Input input = Input::kFollowed;
  if (slot.state.has_ended() || !Dependents::add(slot, follower, link)) {
    input = slot.outcome.end == TaskEnd::kCompleted ? Input::kCompleted : Input::kFailed;
  }
  slot.state.unpin();
  return input;
}

}  // namespace

Result<Submitter*> NanosecondScheduler::Core::seat() noexcept try {
  if (Submitter* sitting = Seats::sitting(number)) [[likely]]
    return sitting;
  if (Seats::given_back()) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition,
                                 "the thread is ending and has given its place back"));
  }
  const std::scoped_lock lock(control_);
  const std::size_t first = 1 + state.ports.size();
  for (std::size_t i = first; i < state.submitters.size(); ++i) {
    Submitter& left = state.submitters[i];
    bool in_use = false;
    if (!left.in_use.compare_exchange_strong(in_use, true, std::memory_order_acq_rel)) continue;
    Seats::take(number, left, weak_from_this());
    return &left;
  }
  if (state.submitters.size() == first + config.max_submitters) {
    return fail(Error::transient(ErrorCode::kResourceExhausted,
                                 "as many threads submit as max_submitters allows"));
  }
  const auto next = static_cast<std::uint32_t>(state.submitters.size());
  auto fresh = std::make_unique<Submitter>(next, config.queue_capacity, state.ports.size());
  fresh->in_use.store(true, std::memory_order_relaxed);
  Submitter& submitter = *fresh;
  state.directory.add(next, submitter.slab);
  state.submitters.add(std::move(fresh));
  Seats::take(number, submitter, weak_from_this());
  return &submitter;
} catch (const std::bad_alloc&) {
  return fail(Error::transient(ErrorCode::kResourceExhausted, "no memory for a thread's rings"));
}

Result<JobTerms> NanosecondScheduler::Core::terms_of(const JobOptions& options, TimePoint arrival,
                                                     AbsoluteDeadline deadline) const noexcept {
  const auto group = static_cast<std::size_t>(options.priority);
  if (group >= kPriorities || state.groups[group].count == 0) {
    return fail(Error::permanent(ErrorCode::kNotFound, "the group is not enabled"));
  }
  if (options.worker && *options.worker >= state.groups[group].count) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "the group has no such worker"));
  }
  if (options.kind.index >= state.kinds.size()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "there is no such kind of task"));
  }
  if (state.kinds[options.kind.index].source != nullptr) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument,
                                 "jobs of an admitted source come through submit()"));
  }
  const TaskKindConfig& kind = state.kinds[options.kind.index].config;
  const bool periodic = kind.period > Duration::zero();
  // The clock has no instants below zero: whatever is due before is due then.
  const AbsoluteDeadline due{std::max(deadline.value, TimePoint{})};
  return JobTerms{.urgency = {.arrival = arrival,
                              .deadline = due,
                              .wcet = Duration::zero(),
                              .period = periodic ? kind.period : Duration::max(),
                              .level = kind.level},
                  .kind = static_cast<std::uint16_t>(options.kind.index),
                  .group = static_cast<std::uint8_t>(group),
                  .worker = static_cast<std::uint8_t>(options.worker.value_or(kAnyWorker)),
                  .deadline_class = kind.deadline_class};
}

Result<TaskHandle> NanosecondScheduler::Core::submit(TaskBody&& body,
                                                     const JobTerms& terms) noexcept {
  if (!body) return fail(Error::permanent(ErrorCode::kInvalidArgument, "the task has no body"));
  const Result<Submitter*> seated = seat();
  if (!seated) return fail(seated.error());
  Submitter& submitter = **seated;
  const Entry entry(state.entry, state.accepting, submitter.inside);
  if (!entry.open()) return fail(has_shut_down());
  const auto taken = submitter.slab.take(Phase::kQueued);
  if (!taken) return fail(no_place());
  taken->slot->fill(std::move(body), terms);
  const SlotId id = SlotDirectory::id(submitter.number(), taken->index);
  submitter.accepted.add();
  state.enqueue(submitter, id, terms);
  return state.directory.handle(id, taken->generation);
}

Result<TaskHandle> NanosecondScheduler::Core::submit_to_source(TaskBody&& body,
                                                               TaskKind kind) noexcept {
  if (kind.index >= state.kinds.size() || state.kinds[kind.index].source == nullptr) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "the kind is no admitted source"));
  }
  SporadicSource& source = *state.kinds[kind.index].source;
  const TaskKindConfig& known = state.kinds[kind.index].config;
  const TimePoint now = state.clock.now();
  switch (source.arrive(now)) {
    case SporadicSource::Arrival::kTaken:
      break;
    case SporadicSource::Arrival::kEarly:
      return fail(Error::transient(ErrorCode::kResourceExhausted,
                                   "a job comes earlier than its source's inter-arrival time"));
    case SporadicSource::Arrival::kTooMany:
      return fail(Error::transient(ErrorCode::kResourceExhausted,
                                   "the source has as many unfinished jobs as it declared"));
    case SporadicSource::Arrival::kClosed:
      return fail(
          Error::permanent(ErrorCode::kFailedPrecondition, "the source has been withdrawn"));
  }
  auto submitted = submit(std::move(body),
                          {.urgency = {.arrival = now,
                                       .deadline = {saturating_after(now, source.deadline.value)},
                                       .wcet = source.wcet,
                                       .period = source.min_inter_arrival,
                                       .level = known.level},
                           .kind = static_cast<std::uint16_t>(kind.index),
                           .group = source.group,
                           .worker = source.worker,
                           .deadline_class = known.deadline_class,
                           .proven = true});
  if (!submitted) source.take_back(now);
  return submitted;
}

// The follower counts one input more than it has until it stands in all lists, so that it does not
// begin in between.
Result<TaskHandle> NanosecondScheduler::Core::submit_after(std::span<const TaskHandle> before,
                                                           TaskBody&& body,
                                                           const JobTerms& terms) noexcept {
  if (!body) return fail(Error::permanent(ErrorCode::kInvalidArgument, "the task has no body"));
  if (before.empty() || before.size() > kMaxInputs) {
    return fail(
        Error::permanent(ErrorCode::kInvalidArgument, "a task follows one to eight others"));
  }
  std::array<SlotDirectory::Place, kMaxInputs> places;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto place = state.directory.place(before[i]);
    if (!place) return fail(place.error());
    places[i] = *place;
  }
  const Result<Submitter*> seated = seat();
  if (!seated) return fail(seated.error());
  Submitter& submitter = **seated;
  const Entry entry(state.entry, state.accepting, submitter.inside);
  if (!entry.open()) return fail(has_shut_down());
  const auto taken = submitter.slab.take(Phase::kHeld);
  if (!taken) return fail(no_place());
  TaskSlot& slot = *taken->slot;
  slot.fill(std::move(body), terms);
  const SlotId id = SlotDirectory::id(submitter.number(), taken->index);
  submitter.accepted.add();
  const auto count = static_cast<std::uint32_t>(before.size());
  slot.follows = true;
  slot.input_failed.store(false, std::memory_order_relaxed);
  slot.inputs_left.store(count + 1, std::memory_order_relaxed);
  std::uint32_t over = 1;
  bool gone = false;
  bool crowded = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Input input = follow(places[i], slot, Dependents::link(id, i));
    if (input == Input::kFollowed) continue;
    ++over;
    gone = gone || input == Input::kGone;
    crowded = crowded || input == Input::kCrowded;
    if (input != Input::kCompleted) slot.input_failed.store(true, std::memory_order_relaxed);
  }
  if (slot.inputs_left.fetch_sub(over, std::memory_order_acq_rel) == over) {
    const std::int64_t ended = Completion(state).release(id, state.clock.now());
    state.ended_elsewhere.fetch_add(ended, std::memory_order_acq_rel);
  }
  if (gone) {
    return fail(Error::permanent(ErrorCode::kNotFound,
                                 "a task to follow ended so long ago that its outcome is gone"));
  }
  if (crowded) {
    return fail(Error::transient(ErrorCode::kResourceExhausted,
                                 "more than 200 threads wait for a task to follow"));
  }
  return state.directory.handle(id, taken->generation);
}

}  // namespace aegis::executor
