// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"
#include "aegis/executor/called_task.h"
#include "aegis/executor/latch.h"
#include "aegis/executor/latest_value.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/scheduled_task.h"

namespace aegis::executor {

// How updates are picked; tests put a wrong one in its place.
struct UpdateProtocol {
  // After each update the most urgent is looked for again, from the top.
  static constexpr bool kFromTheTop = true;
};

// What became of one source's updates; posted == applied + superseded + waiting.
struct UpdateCounters {
  std::uint64_t posted = 0;
  std::uint64_t applied = 0;
  std::uint64_t superseded = 0;  // a newer one of the same source came before their turn
  [[nodiscard]] std::uint64_t waiting() const noexcept { return posted - applied - superseded; }
};

// Something that changes a state, in a bounded time.
template <class Update, class State>
concept UpdateOf = std::is_trivially_copyable_v<Update> && std::default_initializable<Update> &&
                   requires(const Update& update, State& state) {
                     { update.apply_to(state) } noexcept;
                   };

// A state that sources of different urgency change and anybody reads whole.
//
//   struct Stop   { bool engaged;    void apply_to(Drive& drive) const noexcept; };
//   struct Target { double speed;    void apply_to(Drive& drive) const noexcept; };
//   struct Tuning { double gain;     void apply_to(Drive& drive) const noexcept; };
//
//   PrioritisedState<Drive, Stop, Target, Tuning> drive(scheduler, Drive{});  // most urgent first
//   drive.update(Stop{true});                                                // from its thread
//   const Drive now = drive.read();                                          // from any
//
// A source posts its update into a place of its own and calls the task that applies them, on one
// worker of the most urgent group. A lock around the state would let a preempted source of no
// importance hold up the critical one; here nobody waits for a source, wherever it is preempted.
//
// Invariants
//   1. Updates are applied one at a time, each to the result of the one before, and published
//   whole:
//      a reader sees the state after some update, never in between, and never goes back.
//   2. Before each update the most urgent posted one is chosen. So an update waits for at most one
//      less urgent update that had begun, for its worker's other tasks, and for more urgent ones.
//   3. Of one source the newest update counts: an older one not yet applied is superseded. So no
//      source, however fast, has more than one update waiting, and what a more urgent source can
//      cost the others is one update each time it posts.
//
// Destroyed, it waits for an update that has begun; what waits then is not applied.
//
// `State` is trivially copyable and whole words (latch.h). Updates are types, so that their order
// is their urgency and none can be mistaken for another; each has one thread at a time that posts.
//
// update(), read(): real-time, neither allocate nor lock; update() makes a submission when nothing
// is being applied. The state is published by whole copies: keep it to a few cache lines.
template <class Protocol, class State, UpdateOf<State>... Updates>
class BasicPrioritisedState {
 public:
  // The scheduler outlives it. A worker is named if the group has several and one is preferred.
  BasicPrioritisedState(NanosecondScheduler& scheduler, const State& first,
                        const JobOptions& options = {.priority = Priority::kCritical}) noexcept
      : working_(first), published_(first), task_(scheduler, options, this, &look) {}

  // Posts the update; it is applied by the deadline if the worker's policy goes by them and can.
  // Errors: those of CalledTask::call(): the update waits, and the next call of any source brings
  // both.
  template <class Update>
  [[nodiscard]] Status update(const Update& update,
                              AbsoluteDeadline deadline = {TimePoint::max()}) {
    Source<Update>& source = std::get<Source<Update>>(sources_);
    if (source.newest.post(update)) source.superseded.fetch_add(1, std::memory_order_relaxed);
    source.posted.fetch_add(1, std::memory_order_release);
    return task_.call(deadline);
  }

  // The state after the update applied last. Any thread.
  [[nodiscard]] State read() const noexcept { return published_.read(); }

  // Whether everything posted so far is applied. Waits for it until then; false: not. Ordinary
  // threads, one at a time.
  [[nodiscard]] bool wait_until_applied(TimePoint until) noexcept {
    return task_.wait_until_quiet(until) && !any_fresh();
  }

  // Exact when neither posts nor applies anything meanwhile. Any thread.
  template <class Update>
  [[nodiscard]] UpdateCounters counters() const noexcept {
    const Source<Update>& source = std::get<Source<Update>>(sources_);
    return {.posted = source.posted.load(std::memory_order_acquire),
            .applied = source.applied.load(std::memory_order_acquire),
            .superseded = source.superseded.load(std::memory_order_acquire)};
  }

 private:
  template <class Update>
  struct Source {
    LatestValue<Update> newest;
    alignas(kCacheLine) std::atomic<std::uint64_t> posted{0};
    std::atomic<std::uint64_t> superseded{0};
    alignas(kCacheLine) std::atomic<std::uint64_t> applied{0};
  };

  static Look look(void* owner, const TaskContext&) noexcept {
    return static_cast<BasicPrioritisedState*>(owner)->apply_some();
  }
  // As many as there are sources, then the worker's other tasks have their turn.
  Look apply_some() noexcept {
    if constexpr (Protocol::kFromTheTop) {
      for (std::size_t i = 0; i < sizeof...(Updates); ++i) {
        if (!(apply(std::get<Source<Updates>>(sources_)) || ...)) return {};
      }
    } else {
      (static_cast<void>(apply(std::get<Source<Updates>>(sources_))), ...);
    }
    return {.more = any_fresh()};
  }
  // Whether there was one.
  template <class Update>
  bool apply(Source<Update>& source) noexcept {
    const Update* const update = source.newest.take();
    if (update == nullptr) return false;
    update->apply_to(working_);
    published_.publish(working_);
    source.applied.fetch_add(1, std::memory_order_release);
    return true;
  }
  [[nodiscard]] bool any_fresh() const noexcept {
    return (std::get<Source<Updates>>(sources_).newest.fresh() || ...);
  }

  State working_;  // the task's
  Latch<State> published_;
  std::tuple<Source<Updates>...> sources_;
  CalledTask task_;  // last: goes first
};

// The one in use: the state, then its updates, the most urgent first.
template <class State, class... Updates>
using PrioritisedState = BasicPrioritisedState<UpdateProtocol, State, Updates...>;

}  // namespace aegis::executor
