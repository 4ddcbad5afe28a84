// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include "aegis/base/time.h"

namespace aegis::executor {

// What a worker's policy may look at when a task becomes ready.
struct Urgency {
  TimePoint arrival;
  AbsoluteDeadline deadline{TimePoint::max()};  // max(): none
  Duration wcet;                                // zero: undeclared
  Duration period = Duration::max();            // max(): none
  std::uint8_t level = 0;                       // 0 first, 63 last
};

// Bits of ReadyTask::flags.
inline constexpr std::uint32_t kMovable = 1U << 0U;  // a sibling worker may take it

// A task that may start: its place in its policy's order and where the worker keeps the rest.
// 24 bytes, so that the four children of a heap's node lie in two cache lines.
struct ReadyTask {
  std::int64_t key = 0;        // the policy's; the smaller runs first
  std::uint64_t sequence = 0;  // in which order the worker took it: FIFO among equal keys
  std::uint32_t slot = 0;      // index into the worker's task pool
  std::uint32_t flags = 0;

  [[nodiscard]] constexpr bool movable() const noexcept { return (flags & kMovable) != 0; }
};
static_assert(sizeof(ReadyTask) == 24 && std::is_trivially_copyable_v<ReadyTask>);

// The key of a task to which the policy's criterion does not apply: after all to which it does.
inline constexpr std::int64_t kLastKey = std::numeric_limits<std::int64_t>::max();

// What a ready queue of a worker does, whichever its order. A policy says what `key` is and keeps
// the tasks so that pop() returns the smallest (key, sequence).
//
//   Q(capacity)       room for that many, allocated and touched now
//   push(task)        whether there was room. Tasks come in ascending sequence; ReadySet sees to it
//   top(), pop()      the most urgent; abort when there is none
//   take_best(takes)  removes and returns the most urgent task for which takes(task) is true. O(n):
//                     for balancing between workers, not for the common path
//   remove_if(leaves) removes every task for which leaves(task) is true, keeps the others' order
//   and
//                     returns how many left. O(n)
//   key(urgency)      what the policy orders by; defined for every Urgency, however absurd
//
// Real-time: only the constructor allocates, nothing locks or enters the kernel, nothing throws
// (what a predicate throws ends the process). One thread.
template <class Q>
concept ReadyQueueConcept = std::constructible_from<Q, std::size_t> && std::movable<Q> &&
                            requires(Q queue, const Q& constant, const ReadyTask& task,
                                     const Urgency& urgency, bool (*predicate)(const ReadyTask&)) {
                              { queue.push(task) } noexcept -> std::same_as<bool>;
                              { constant.top() } noexcept -> std::same_as<const ReadyTask&>;
                              { queue.pop() } noexcept -> std::same_as<ReadyTask>;
                              { constant.empty() } noexcept -> std::same_as<bool>;
                              { constant.size() } noexcept -> std::same_as<std::size_t>;
                              { constant.capacity() } noexcept -> std::same_as<std::size_t>;
                              {
                                queue.take_best(predicate)
                              } noexcept -> std::same_as<std::optional<ReadyTask>>;
                              { queue.remove_if(predicate) } noexcept -> std::same_as<std::size_t>;
                              { Q::key(urgency) } noexcept -> std::same_as<std::int64_t>;
                            };

}  // namespace aegis::executor
