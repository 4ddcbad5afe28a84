// SPDX-License-Identifier: Apache-2.0
//
// WorkerCore: from rings and timers into the ready sets.
#include <algorithm>
#include <array>
#include <span>

#include "aegis/base/check.h"
#include "aegis/executor/saturating_after.h"

#include "prefetch.h"
#include "worker_core.h"

namespace aegis::executor {
namespace {

// So many slots' lines are on their way from the submitter's cache at once.
constexpr std::size_t kBatch = 8;
// Of one submitter, between two jobs: some 3 us of work at most.
constexpr std::size_t kMostAtOnce = 128;
// The same where something is proven: `dispatch` is charged for a look, so a flood must not make it
// longer. Who floods delays its own submissions, which wait in its own ring.
constexpr std::size_t kMostBesideProven = kBatch;
// Refused arrivals of one look: some 40 us, since each asks the kernel what it has counted.
constexpr std::size_t kToldOneByOne = 32;

}  // namespace

void WorkerCore::meet_new_submitters() noexcept {
  std::size_t met = ring_count_.load(std::memory_order_relaxed);
  const std::size_t all = state_.submitters.size();
  if (met == all) [[likely]]
    return;
  for (; met < all; ++met) rings_[met] = &state_.submitters[met].ring_to(settings_.number);
  ring_count_.store(met, std::memory_order_release);
}

// Takes a bounded number: a fast submitter must not keep the worker here.
// Also on a sibling's thread, with the lock held.
void WorkerCore::take_submissions() noexcept {
  meet_new_submitters();
  const std::size_t most = serves_proven() ? kMostBesideProven : kMostAtOnce;
  for (std::size_t taken = 0; taken < most; ++taken) {
    const auto follower = port_.handed_on.take(state_.directory);
    if (!follower) break;
    take(*follower);
  }
  const std::size_t met = ring_count_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < met; ++i) {
    std::size_t count = kBatch;
    for (std::size_t taken = 0; count == kBatch && taken < most; taken += count) {
      count = take_batch(*rings_[i]);
    }
  }
}

// The lines of all of them are on their way before the first is needed.
std::size_t WorkerCore::take_batch(SubmissionRing& ring) noexcept {
  std::array<SlotId, kBatch> batch;
  std::size_t count = 0;
  for (; count < kBatch; ++count) {
    const auto id = ring.take();
    if (!id) break;
    batch[count] = *id;
    const TaskSlot& slot = state_.directory[*id];
    prefetch_for_write(&slot.state);
    __builtin_prefetch(&slot.body);
  }
  for (const SlotId id : std::span(batch).first(count)) take(id);
  return count;
}

void WorkerCore::take(SlotId id) noexcept {
  const TaskSlot& slot = state_.directory[id];
  if (slot.terms.periodic == kNoPeriodic) {
    push(slot, id, slot.terms.urgency);
    return;
  }
  if (slot.state.has_ended()) {  // cancelled on its way, and its first release may be hours away
    periodic_.give_back(slot.terms.periodic);
    state_.directory[id].state.bury();
    return;
  }
  const PeriodicState& task = periodic_[slot.terms.periodic];
  periodic_.start(slot.terms.periodic,
                  saturating_after(slot.terms.urgency.arrival, task.plan.offset));
}

void WorkerCore::push(const TaskSlot& slot, SlotId id, const Urgency& urgency) noexcept {
  const bool proven = slot.terms.proven;
  const bool movable = !proven && slot.terms.worker == kAnyWorker && !siblings_.empty();
  ReadySet& set = proven ? proven_ : plain_;
  const bool pushed = set.push(set.make(urgency, id, movable ? kMovable : 0));
  check(pushed, "a ready set has room for every slot");
  if (movable) ++movable_;
}

// However far the worker has fallen behind, a look costs O(periodic tasks): of each at most
// most_unfinished arrivals find room, some are told one by one, and those beyond are passed over at
// once. Else a look could take longer than what has been missed meanwhile, and never end.
void WorkerCore::release_due(TimePoint now) noexcept {
  std::size_t told = 0;
  while (periodic_.next() <= now) {
    const TimePoint arrival = periodic_.next();
    const PeriodicState& task = periodic_[periodic_.next_index()];
    const bool refused = !task.has_room(arrival);
    const bool enough = refused && ++told > kToldOneByOne;
    const std::uint64_t further = enough ? task.refused_after(arrival, now) : 0;
    const std::uint16_t index = periodic_.take(1 + further);
    release(index, arrival, now, further);
  }
}

void WorkerCore::release(std::uint16_t index, TimePoint arrival, TimePoint now,
                         std::uint64_t further) noexcept {
  PeriodicState& task = periodic_[index];
  TaskSlot& slot = state_.directory[task.plan.slot];
  if (slot.state.has_ended()) {  // cancelled between two activations
    const SlotId id = task.plan.slot;
    retire(index);
    state_.directory[id].state.bury();
    return;
  }
  const AbsoluteDeadline deadline = task.plan.deadline_of(arrival);
  const Activation activation{arrival, task.released};
  task.released += 1 + further;
  if (task.over()) periodic_.stop(index);
  const bool room = task.has_room(arrival);
  books_.released(arrival, now);
  if (!room) {
    books_.job_skipped(slot.terms,
                       {.task = state_.directory.handle(task.plan.slot, slot.state.generation()),
                        .arrival = arrival,
                        .start = now,
                        .end = now,
                        .deadline = deadline,
                        .activation = activation.number},
                       further);
    // Its last release, and nothing of it waits or runs that would end it later.
    if (task.over() && task.unfinished == 0) end_periodic(index, TaskEnd::kCompleted, now);
    return;
  }
  task.add(activation);
  Urgency urgency = slot.terms.urgency;
  urgency.arrival = arrival;
  urgency.deadline = deadline;
  push(slot, task.plan.slot, urgency);
}

// The scheduler shuts down: what has been released still runs, and then its task has ended.
void WorkerCore::stop_releases(TimePoint now) noexcept {
  periodic_.for_each_active([&](std::uint16_t index) {
    PeriodicState& task = periodic_[index];
    if (task.over()) return;  // all its activations have been released: it ends with the last
    periodic_.stop(index);
    task.cut_short = true;
    if (task.unfinished == 0) end_periodic(index, TaskEnd::kAbandoned, now);
  });
}

// Between two activations: ends it, unless somebody has cancelled it. With the lock held.
void WorkerCore::end_periodic(std::uint16_t index, TaskEnd how, TimePoint now) noexcept {
  const SlotId id = periodic_[index].plan.slot;
  SlotState& state = state_.directory[id].state;
  const bool ours = state.start();
  retire(index);
  if (ours) {
    end_task(id, how, now, Phase::kEnded);
  } else {
    state.bury();
  }
}

// Who has cancelled one sets the flag after its end, so that it is found ended here. With the lock
// held.
void WorkerCore::retire_cancelled() noexcept {
  if (!port_.periodic_cancelled.exchange(false, std::memory_order_acq_rel)) return;
  periodic_.for_each_active([&](std::uint16_t index) {
    SlotState& state = state_.directory[periodic_[index].plan.slot].state;
    if (!state.has_ended()) return;
    retire(index);
    state.bury();
  });
}

// No timer, ready set or ring refers to it any more. With the lock held.
void WorkerCore::retire(std::uint16_t index) noexcept {
  PeriodicState& task = periodic_[index];
  periodic_.stop(index);
  const auto its = [&](const ReadyTask& ready) { return ready.slot == task.plan.slot; };
  if (task.unfinished > 0) {
    const JobTerms& terms = state_.directory[task.plan.slot].terms;
    books_.activations_dropped(terms, task.unfinished, state_.clock.now());
    proven_.remove_if(its);
    plain_.remove_if(its);
  }
  task.active = false;
  task.unfinished = 0;
  periodic_.give_back(index);
}

}  // namespace aegis::executor
