// SPDX-License-Identifier: Apache-2.0
//
// NanosecondScheduler: cancelling, waiting for one task or for all, and the end.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "aegis/base/check.h"
#include "aegis/executor/saturating_after.h"

#include "completion.h"
#include "entry.h"
#include "scheduler_core.h"
#include "seats.h"

namespace aegis::executor {
namespace {

// A waiter that expects its task to end soon looks this long before it sleeps: longer than most
// tasks run, shorter than what it would cost anybody to notice.
constexpr Duration kLookBeforeSleep = Duration::microseconds(20);
// How often whoever waits for the whole scheduler looks.
constexpr std::chrono::microseconds kIdlePoll{20};

Error gone() {
  return Error::permanent(ErrorCode::kNotFound,
                          "the task ended, and its place has been taken since");
}

Error from_a_task() {
  return Error::permanent(ErrorCode::kFailedPrecondition,
                          "a task that waits for its own scheduler would wait for itself");
}

Error from_a_handler() {
  return Error::permanent(ErrorCode::kFailedPrecondition,
                          "a handler that ends its own scheduler would wait for itself");
}

}  // namespace

Result<Cancelled> NanosecondScheduler::Core::cancel(TaskHandle task) noexcept {
  const auto place = state.directory.place(task);
  if (!place) return fail(place.error());
  switch (place->slot->state.claim(place->generation)) {
    case SlotState::Claim::kStale:
      return fail(gone());
    case SlotState::Claim::kEnded:
      return Cancelled::kAlreadyEnded;
    case SlotState::Claim::kRunning:
      return Cancelled::kAlreadyStarted;
    case SlotState::Claim::kWon:
      break;
  }
  const JobTerms& terms = place->slot->terms;  // ours until it has ended
  const bool periodic = terms.periodic != kNoPeriodic;
  WorkerPort* const periodic_on =
      periodic ? state.ports[state.choose(terms)].get() : nullptr;  // it is pinned
  const std::int64_t ended =
      Completion(state).end(place->id, TaskEnd::kCancelled, state.clock.now(), Phase::kDead);
  state.ended_elsewhere.fetch_add(ended, std::memory_order_acq_rel);
  if (periodic_on) {
    periodic_on->periodic_cancelled.store(true, std::memory_order_release);
    periodic_on->signal.notify();
  }
  return Cancelled::kBeforeStart;
}

Result<TaskOutcome> NanosecondScheduler::Core::wait(TaskHandle task, Duration timeout) noexcept {
  const auto place = state.directory.place(task);
  if (!place) return fail(place.error());
  if (Seats::is_worker_of(number)) return fail(from_a_task());
  SlotState& slot = place->slot->state;
  switch (slot.pin(place->generation)) {
    case SlotState::Pin::kStale:
      return fail(gone());
    case SlotState::Pin::kTooMany:
      return fail(Error::transient(ErrorCode::kResourceExhausted,
                                   "more than 200 threads wait for one task"));
    case SlotState::Pin::kPinned:
      break;
  }
  const TimePoint begun = state.clock.now();
  const TimePoint until = saturating_after(begun, std::max(timeout, Duration::zero()));
  const TimePoint looking_until = std::min(until, begun + kLookBeforeSleep);
  while (!slot.has_ended() && state.clock.now() < looking_until) spin_pause();
  bool ended = slot.has_ended();
  while (!ended && state.clock.now() < until) {
    const std::uint32_t heard = state.waiting.listen(place->id);
    ended = slot.has_ended();
    if (!ended) state.waiting.sleep(place->id, heard, until);
  }
  ended = ended || slot.has_ended();
  const TaskOutcome outcome = ended ? place->slot->outcome : TaskOutcome{};
  slot.unpin();
  if (!ended) return fail(Error::transient(ErrorCode::kTimeout, "the task has not ended yet"));
  return outcome;
}

// Ended counts first: whatever was accepted after them only makes the answer a no. Equal sums mean
// that at the instant between, everything accepted had ended.
bool NanosecondScheduler::Core::is_idle() const noexcept {
  std::int64_t ended = state.ended_elsewhere.load(std::memory_order_acquire);
  for (const auto& port : state.ports) ended += port->ended.value();
  std::int64_t accepted = 0;
  const std::size_t submitters = state.submitters.size();
  for (std::size_t i = 0; i < submitters; ++i) accepted += state.submitters[i].accepted.value();
  if (accepted != ended) return false;
  for (const auto& port : state.ports) {
    if (port->load.load(std::memory_order_acquire) > 0) return false;
  }
  return true;
}

Status NanosecondScheduler::Core::wait_until_idle(TimePoint until) const noexcept {
  if (Seats::is_worker_of(number)) return fail(from_a_task());
  while (!is_idle()) {
    if (state.clock.now() >= until) {
      return fail(Error::transient(ErrorCode::kTimeout, "tasks are pending or running"));
    }
    std::this_thread::sleep_for(kIdlePoll);
  }
  return ok();
}

void NanosecondScheduler::Core::wake_all() noexcept {
  for (const auto& port : state.ports) port->signal.notify();
}

Status NanosecondScheduler::Core::shut_down(Duration within) {
  if (Seats::is_worker_of(number)) return fail(from_a_task());
  if (Seats::belongs_to(number)) return fail(from_a_handler());
  if (within < Duration::zero()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "a time limit is not negative"));
  }
  {
    const std::scoped_lock lock(control_);
    if (finished_) return ok();
  }
  const TimePoint until = saturating_after(state.clock.now(), within);
  close_entries();
  state.draining.store(true, std::memory_order_release);
  wake_all();
  if (!wait_until_idle(until)) {
    state.abandoning.store(true, std::memory_order_release);
    wake_all();
    // What has not begun ends at once; what runs is given as long again as a job may take at all.
    const TimePoint grace = saturating_after(state.clock.now(), config.hang_limit);
    if (Status idle = wait_until_idle(grace); !idle) {
      return fail(Error::transient(ErrorCode::kTimeout, "a task is still running")
                      .with_detail(name_of_running()));
    }
  }
  finish();
  return ok();
}

// Nobody is between having looked and having published from here on. Who adds what recurs does both
// with control held.
void NanosecondScheduler::Core::close_entries() noexcept {
  {
    const std::scoped_lock lock(control_);
    Entry::close(state.entry, state.accepting);
  }
  const std::size_t submitters = state.submitters.size();
  for (std::size_t i = 0; i < submitters; ++i) {
    Entry::wait_until_left(state.submitters[i].inside);
  }
}

std::string NanosecondScheduler::Core::name_of_running() const {
  for (const auto& port : state.ports) {
    if (port->running.number.load(std::memory_order_acquire) % 2 == 0) continue;
    return state.kinds[port->running.kind.load(std::memory_order_relaxed)].config.name;
  }
  return {};
}

// Waits for the threads, and so for what still runs on them.
void NanosecondScheduler::Core::finish() {
  check(!Seats::belongs_to(number), "a scheduler is not destroyed by a task or handler of its own");
  close_entries();
  state.draining.store(true, std::memory_order_release);
  state.abandoning.store(true, std::memory_order_release);
  wake_all();
  // What ends on one worker may make a follower ready on another: all stay until all has ended.
  while (!is_idle()) std::this_thread::sleep_for(kIdlePoll);
  state.stopping.store(true, std::memory_order_release);
  wake_all();
  const std::scoped_lock lock(control_);
  if (finished_) return;
  for (const auto& thread : threads_) thread->join();
  if (watch_) watch_->stop();
  shallow_idle_.reset();
  finished_ = true;
}

}  // namespace aegis::executor
