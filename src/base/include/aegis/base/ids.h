// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace aegis {

// A small dense number that means one kind of thing only. `Id<A>` and `Id<B>` do not convert into
// each other.
template <class Tag>
struct Id {
  std::uint32_t value = kNone;

  static constexpr std::uint32_t kNone = 0xffffffff;
  [[nodiscard]] constexpr bool valid() const { return value != kNone; }
  constexpr auto operator<=>(const Id&) const = default;
};

using TaskId = Id<struct TaskTag>;        // a recurrent source; its model has the same number
using LaneId = Id<struct LaneTag>;        // a serially used execution resource
using ContextId = Id<struct ContextTag>;  // one loaded model with its budget
using StreamId = Id<struct StreamTag>;    // a queue of work on a device
using ThreadId = Id<struct ThreadTag>;    // a traced thread: index of its ring

// One activation of a task: the n-th since the task was added, from 0.
struct JobId {
  TaskId task;
  std::uint64_t sequence = 0;
  constexpr auto operator<=>(const JobId&) const = default;
};

}  // namespace aegis

template <class Tag>
struct std::hash<aegis::Id<Tag>> {
  std::size_t operator()(aegis::Id<Tag> id) const noexcept {
    return std::hash<std::uint32_t>{}(id.value);
  }
};
template <>
struct std::hash<aegis::JobId> {
  std::size_t operator()(aegis::JobId id) const noexcept {
    return std::hash<std::uint64_t>{}(id.sequence * 0x9e3779b97f4a7c15ULL ^ id.task.value);
  }
};
