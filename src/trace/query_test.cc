// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/query.h"

#include <gtest/gtest.h>

#include "synthetic_lane.h"

namespace aegis::trace {
namespace {

Trace example() {
  return synthetic_trace({.tasks = running_example()});
}

TEST(Query, without_conditions_gives_every_event_in_order) {
  const Trace trace = example();
  std::size_t next = 0;
  Query(trace).for_each({}, [&](std::size_t index, const Event&) { EXPECT_EQ(index, next++); });
  EXPECT_EQ(next, trace.events.size());
}

TEST(Query, without_conditions_gives_events_of_types_that_it_does_not_know) {
  Trace trace = example();
  trace.events[1].type = static_cast<EventType>(64);
  trace.events[2].type = static_cast<EventType>(255);
  const Query query(trace);
  EXPECT_EQ(query.count({}), trace.events.size());
  EXPECT_EQ(query.count({.types = {EventType::kCompleted}}),
            Query(example()).count({.types = {EventType::kCompleted}}));
}

// The fast answers (binary search, index by job) equal the naive one for every condition.
TEST(Query, agrees_with_a_naive_scan) {
  const Trace trace = example();
  const Query query(trace);
  const auto naive = [&](auto&& wanted) {
    return static_cast<std::size_t>(
        std::count_if(trace.events.begin(), trace.events.end(), wanted));
  };
  const TimePoint from = TimePoint::from_ns(100'000'000);
  const TimePoint until = TimePoint::from_ns(300'000'000);
  EXPECT_EQ(query.count({.from = from, .until = until}),
            naive([&](const Event& e) { return e.time() >= from && e.time() < until; }));
  EXPECT_EQ(query.count({.types = {EventType::kCompleted}}),
            naive([](const Event& e) { return e.type == EventType::kCompleted; }));
  EXPECT_EQ(query.count({.task = TaskId{2}}), naive([](const Event& e) { return e.task == 2; }));
  EXPECT_EQ(query.count({.task = TaskId{1}, .job = 3}),
            naive([](const Event& e) { return e.task == 1 && e.job == 3; }));
  EXPECT_EQ(query.count({.lane = LaneId{0}}), trace.events.size());
  EXPECT_EQ(query.count({.lane = LaneId{1}}), 0U);
}

TEST(Query, events_of_a_job_tell_its_life_in_order) {
  const Trace trace = example();
  const Query query(trace);
  const auto indices = query.events_of({TaskId{0}, 0});
  ASSERT_GE(indices.size(), 6U);
  EXPECT_EQ(trace.events[indices.front()].type, EventType::kSubmitted);
  EXPECT_EQ(trace.events[indices.back()].type, EventType::kCompleted);
  EXPECT_TRUE(query.events_of({TaskId{0}, 1'000'000}).empty());
}

TEST(Query, a_time_window_is_right_also_when_a_thread_stamped_out_of_order) {
  Trace trace = example();
  std::swap(trace.events[5].time_ns, trace.events[trace.events.size() - 5].time_ns);
  const TimePoint until = TimePoint::from_ns(trace.events.size() > 10 ? 50'000'000 : 0);
  const auto expected = std::count_if(trace.events.begin(), trace.events.end(),
                                      [&](const Event& e) { return e.time() < until; });
  EXPECT_EQ(Query(trace).count({.until = until}), static_cast<std::size_t>(expected));
}

}  // namespace
}  // namespace aegis::trace
