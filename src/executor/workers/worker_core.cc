// SPDX-License-Identifier: Apache-2.0
#include "worker_core.h"

#include <algorithm>
#include <mutex>

#include "aegis/base/check.h"

#include "completion.h"
#include "prefetch.h"

namespace aegis::executor {
namespace {

// While a sibling is busy. A submitter may have chosen it just before it was, and told nobody else:
// what lies in its rings then is found at the latest so much later.
constexpr Duration kLookAtSiblings = Duration::milliseconds(1);

}  // namespace

WorkerCore::WorkerCore(SchedulerState& state, Submitter& own, const WorkerSettings& settings,
                       WorkerBooks& books)
    : state_(state),
      own_(own),
      settings_(settings),
      port_(*state.ports[settings.number]),
      books_(books),
      proven_(settings.policy, settings.ready_capacity),
      plain_(settings.policy, settings.ready_capacity),
      periodic_(settings.max_periodic) {
  prepare_rehearsal();
}

void WorkerCore::prepare_rehearsal() {
  const auto taken = own_.slab.take(Phase::kQueued);
  check(taken.has_value(), "a fresh slab has a free slot");
  taken->slot->fill([] {}, {.periodic = periodic_.own(), .proven = true});
  periodic_.fill(periodic_.own(), {.slot = SlotDirectory::id(own_.number(), taken->index),
                                   .period = Duration::seconds(1),
                                   .deadline = {Duration::seconds(1)}});
}

void WorkerCore::rehearse() noexcept {
  if (periodic_.next() == TimePoint::max()) return;
  const PeriodicState& next = periodic_[periodic_.next_index()];
  const TaskSlot& its_slot = state_.directory[next.plan.slot];
  prefetch_for_write(&next);
  prefetch_for_write(next.waiting.data());
  prefetch_for_write(&its_slot.body);
  prefetch_for_write(&its_slot.state);
  prefetch_for_write(&its_slot.outcome);
  const std::uint16_t own = periodic_.own();
  {
    const std::scoped_lock changing(lock_);
    periodic_.start(own, state_.clock.now());
  }
  (void)step();
  {
    const std::scoped_lock changing(lock_);
    periodic_.stop(own);
  }
  // If something was more urgent: that first. No longer, since between steps a rest may be due;
  // called() says that there is more.
  while (periodic_[own].unfinished > 0 && step().kind == WorkerStep::Kind::kRan) {
  }
}

WorkerStep WorkerCore::step() noexcept {
  const TimePoint now = state_.clock.now();
  // First: whoever stops workers has told them to wind down before, so one that stops has done so.
  const bool stopping = state_.stopping.load(std::memory_order_acquire);
  if (state_.draining.load(std::memory_order_acquire)) [[unlikely]]
    wind_down(now);
  const auto chosen = choose(now);
  if (!chosen) return idle(now, stopping);
  return {.kind = WorkerStep::Kind::kRan, .ended = run(*chosen, now)};
}

std::optional<ReadyTask> WorkerCore::choose(TimePoint now) noexcept {
  std::optional<ReadyTask> chosen;
  {
    const std::scoped_lock choosing(lock_);
    take_submissions();
    release_due(now);
    if (port_.periodic_cancelled.load(std::memory_order_relaxed)) [[unlikely]]
      retire_cancelled();
    chosen = pop();
    publish_load(chosen.has_value());
  }
  if (!siblings_.empty()) {
    if (!chosen) chosen = take_from_sibling();
    if (port_.movable.load(std::memory_order_relaxed) > 0 || (chosen && sibling_has_surplus())) {
      wake_a_sibling();
    }
  }
  if (chosen) begin_busy();
  return chosen;
}

bool WorkerCore::proven_wait(TimePoint now) noexcept {
  const std::scoped_lock looking(lock_);
  take_submissions();
  release_due(now);
  publish_load(true);
  return !proven_.empty();
}

std::optional<ReadyTask> WorkerCore::pop() noexcept {
  if (!proven_.empty()) return proven_.pop();
  if (plain_.empty()) return std::nullopt;
  const ReadyTask first = plain_.pop();
  if (first.movable()) --movable_;
  return first;
}

// The first sibling that has something to give. Its own order decides what.
std::optional<ReadyTask> WorkerCore::take_from_sibling() noexcept {
  for (WorkerCore* sibling : siblings_) {
    if (auto task = sibling->give_away()) {
      port_.taken_over.add();
      const std::scoped_lock choosing(lock_);
      publish_load(true);
      return task;
    }
  }
  return std::nullopt;
}

// On the sibling's thread: the most urgent task that may move, if this worker is running one. That
// it is counts only with the lock held, since the worker changes its mind with the lock held: what
// was taken out of the rings of one that has found nothing would lie in its sets while it sleeps.
std::optional<ReadyTask> WorkerCore::give_away() noexcept {
  const auto running = [&] { return port_.load.load(std::memory_order_relaxed) > 0; };
  const bool surplus = port_.movable.load(std::memory_order_relaxed) > 0 || submissions_wait();
  if (!running() || !surplus || !lock_.try_lock()) return std::nullopt;
  std::optional<ReadyTask> given;
  if (running()) {
    take_submissions();
    given = plain_.take_best([](const ReadyTask& task) { return task.movable(); });
    if (given) --movable_;
    publish_load(true);
  }
  lock_.unlock();
  return given;
}

// And can give of it now. Who holds its lock wakes a sleeper if something is left; to look again
// and again until then would keep the holder from a processor that both share.
bool WorkerCore::sibling_has_surplus() const noexcept {
  for (const WorkerCore* sibling : siblings_) {
    const bool surplus = sibling->port_.movable.load(std::memory_order_relaxed) > 0;
    if (surplus && !sibling->lock_.taken()) return true;
  }
  return false;
}

// One that sleeps; who does not finds the surplus by itself. Whoever is woken wakes the next one if
// there is more.
void WorkerCore::wake_a_sibling() noexcept {
  for (WorkerCore* sibling : siblings_) {
    if (sibling->port_.signal.notify()) return;
  }
}

// With the lock held.
void WorkerCore::publish_load(bool running) noexcept {
  const std::size_t waiting = proven_.size() + plain_.size();
  port_.load.store(static_cast<std::uint32_t>(waiting) + (running ? 1U : 0U),
                   std::memory_order_release);
  port_.movable.store(static_cast<std::uint32_t>(movable_), std::memory_order_relaxed);
}

void WorkerCore::begin_busy() noexcept {
  if (busy_) return;
  busy_ = true;
  port_.busy_changes.add();
  books_.begin_busy();
}

WorkerStep WorkerCore::idle(TimePoint now, bool stopping) noexcept {
  if (busy_) {
    busy_ = false;
    port_.busy_changes.add();
  }
  // A look takes a bounded number: what is left in the rings, or was taken after winding down, ends
  // in the next step.
  if (stopping && periodic_.next() == TimePoint::max() && !submissions_wait()) {
    return {.kind = WorkerStep::Kind::kStopped};
  }
  const TimePoint next = periodic_.next();
  const bool look = std::any_of(siblings_.begin(), siblings_.end(), [](const WorkerCore* sibling) {
    return sibling->port_.load.load(std::memory_order_relaxed) > 0;
  });
  return {.kind = WorkerStep::Kind::kIdle,
          .wake_up = look ? std::min(next, now + kLookAtSiblings) : next};
}

// Also on a sibling's thread.
bool WorkerCore::submissions_wait() const noexcept {
  const std::size_t met = ring_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < met; ++i) {
    if (!rings_[i]->empty()) return true;
  }
  return met != state_.submitters.size();
}

// A load is left where a rehearsal met other work, which may have changed the next release, too.
bool WorkerCore::called() const noexcept {
  if (port_.load.load(std::memory_order_relaxed) > 0) return true;
  if (submissions_wait() || state_.stopping.load(std::memory_order_acquire)) return true;
  if (port_.periodic_cancelled.load(std::memory_order_relaxed) || sibling_has_surplus())
    return true;
  return state_.draining.load(std::memory_order_acquire) && periodic_.any();
}

void WorkerCore::waited(const WaitReport& report) noexcept {
  books_.waited(report);
}

void WorkerCore::rested(Duration rest) noexcept {
  books_.rested(rest);
}

void WorkerCore::wind_down(TimePoint now) noexcept {
  const std::scoped_lock choosing(lock_);
  stop_releases(now);
  if (state_.abandoning.load(std::memory_order_acquire)) abandon(now);
}

// Whatever has not begun ends. Periodic tasks too: between two jobs none is running. With the lock
// held.
void WorkerCore::abandon(TimePoint now) noexcept {
  take_submissions();
  const auto drop = [&](const ReadyTask& ready) {
    TaskSlot& slot = state_.directory[ready.slot];
    if (slot.terms.periodic != kNoPeriodic) return true;
    if (slot.state.start()) {
      end_task(ready.slot, TaskEnd::kAbandoned, now, Phase::kEnded);
    } else {
      slot.state.bury();
    }
    return true;
  };
  proven_.remove_if(drop);
  plain_.remove_if(drop);
  movable_ = 0;
  periodic_.for_each_active(
      [&](std::uint16_t index) { end_periodic(index, TaskEnd::kAbandoned, now); });
  publish_load(false);
}

void WorkerCore::end_task(SlotId id, TaskEnd how, TimePoint now, Phase as) noexcept {
  const std::int64_t ended = Completion(state_, &own_).end(id, how, now, as);
  if (ended > 0) port_.ended.add(ended);
}

}  // namespace aegis::executor
