// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "aegis/trace/trace.h"

namespace aegis::trace {

// A set of event types; every type when default-constructed.
class EventTypes {
 public:
  constexpr EventTypes() = default;
  // Just these types, and whether one is among them. Constant time.
  constexpr EventTypes(std::initializer_list<EventType> types) : bits_(0) {
    for (const EventType type : types) bits_ |= 1ULL << static_cast<unsigned>(type);
  }
  [[nodiscard]] constexpr bool contains(EventType type) const {
    // A file may hold types of a newer writer: none has a bit, and all belong to every type.
    if (static_cast<unsigned>(type) >= 64) return bits_ == kEvery;
    return (bits_ >> static_cast<unsigned>(type) & 1U) != 0;
  }

 private:
  static constexpr std::uint64_t kEvery = ~0ULL;
  std::uint64_t bits_ = kEvery;
};

// Which events are wanted: all conditions that are given hold. `{.types = {EventType::kMissed},
// .task = detector}`.
struct Filter {
  std::optional<TimePoint> from{};   // inclusive
  std::optional<TimePoint> until{};  // exclusive
  EventTypes types{};
  std::optional<LaneId> lane{};  // an event without a lane counts to its task's
  std::optional<TaskId> task{};
  std::optional<std::uint64_t> job{};  // JobId::sequence
};

// Answers questions about a trace, which it borrows. Not thread-safe: the index by job is built at
// its first use.
//
//   Query query(trace);
//   query.for_each({.types = {EventType::kMissed}}, [](std::size_t, const Event& e) { ... });
//
// Costs for n events: a time window O(log n + hits), a job O(log n + hits) after O(n log n) once (4
// bytes an event), everything else one pass.
class Query {
 public:
  // `trace` outlives it.
  explicit Query(const Trace& trace);

  // In the trace's order, with the event's index in Trace::events.
  void for_each(const Filter& filter,
                const std::function<void(std::size_t, const Event&)>& visit) const;
  [[nodiscard]] std::vector<Event> events(const Filter& filter) const;
  [[nodiscard]] std::size_t count(const Filter& filter) const;

  // Indices of the events of one job, in order. Valid as long as the query.
  [[nodiscard]] std::span<const std::uint32_t> events_of(JobId job) const;

 private:
  [[nodiscard]] bool matches(const Filter& filter, const Event& event) const;
  void build_job_index() const;

  const Trace& trace_;
  bool in_time_order_;
  mutable std::vector<std::uint32_t>
      by_job_;  // indices of events with a job, by (task, job, index)
  mutable bool indexed_ = false;
};

}  // namespace aegis::trace
