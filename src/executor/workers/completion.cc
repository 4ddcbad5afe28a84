// SPDX-License-Identifier: Apache-2.0
#include "completion.h"

#include "aegis/base/check.h"

#include "dependents.h"

namespace aegis::executor {

std::int64_t Completion::end(SlotId id, TaskEnd how, TimePoint now, Phase as) noexcept {
  end_one(id, how, now, as);
  end_failed_followers(now);
  return ended_;
}

std::int64_t Completion::release(SlotId id, TimePoint now) noexcept {
  release_follower(id, now);
  end_failed_followers(now);
  return ended_;
}

void Completion::end_failed_followers(TimePoint now) noexcept {
  while (failed_ != kNoSlot) {
    const SlotId next = failed_;
    failed_ = state_.directory[next].next_link[0];
    end_one(next, TaskEnd::kDependencyFailed, now, Phase::kEnded);
  }
}

void Completion::end_one(SlotId id, TaskEnd how, TimePoint now, Phase as) noexcept {
  TaskSlot& slot = state_.directory[id];
  const bool one_shot = slot.terms.periodic == kNoPeriodic;
  SporadicSource* const source = state_.kinds[slot.terms.kind].source.get();
  slot.body.reset();
  // Those that ran, or are periodic, have an outcome, and are in their worker's books.
  const bool begun =
      how == TaskEnd::kCompleted || how == TaskEnd::kThrew || how == TaskEnd::kSkipped;
  if (one_shot && !begun) {
    slot.outcome = {.arrival = slot.terms.urgency.arrival};
    state_.kinds[slot.terms.kind].never_ran.fetch_add(1, std::memory_order_relaxed);
  }
  slot.outcome.end = how;
  slot.outcome.completion = now;
  // Before it is seen to have ended: who waited for it may submit the next.
  if (source != nullptr && one_shot) source->finished();
  // From here on the slot may be somebody else's, unless it has dependents.
  const auto audience = slot.state.end(as);
  if (audience.waiters) state_.waiting.ring(id);
  if (audience.dependents) {
    let_go(slot, how == TaskEnd::kCompleted, now);
    slot.state.unpin();
  }
  if (one_shot) ++ended_;
}

void Completion::let_go(TaskSlot& ended, bool completed, TimePoint now) noexcept {
  Dependents::Link link = Dependents::close(ended);
  while (link != Dependents::kNobody) {
    const SlotId id = Dependents::follower(link);
    TaskSlot& follower = state_.directory[id];
    const Dependents::Link next = follower.next_link[Dependents::place(link)];
    if (!completed) follower.input_failed.store(true, std::memory_order_relaxed);
    if (follower.inputs_left.fetch_sub(1, std::memory_order_acq_rel) == 1)
      release_follower(id, now);
    link = next;
  }
}

// Its last input has ended, so nothing refers to it any more. That is its arrival: what it waited
// for its inputs is no latency of its worker.
void Completion::release_follower(SlotId id, TimePoint now) noexcept {
  TaskSlot& follower = state_.directory[id];
  if (!follower.input_failed.load(std::memory_order_relaxed)) {
    follower.inputs_ended = now;
    if (follower.state.queue()) {
      check(enqueuer_ != nullptr, "only a completed task makes others ready");
      state_.enqueue(*enqueuer_, id, follower.terms);
    } else {
      follower.state.bury();
    }
    return;
  }
  if (follower.state.claim(follower.state.generation()) != SlotState::Claim::kWon) {
    follower.state.bury();
    return;
  }
  follower.next_link[0] = failed_;
  failed_ = id;
}

}  // namespace aegis::executor
