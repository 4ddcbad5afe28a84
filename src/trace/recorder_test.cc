// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/recorder.h"

#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/trace/ring.h"

namespace aegis::trace {
namespace {

// Everything a recorder handed over, in order.
struct Collected final : Recorder::Sink {
  void on_thread(ThreadId thread, const std::string& name) override {
    EXPECT_TRUE(names.emplace(thread.value, name).second) << "a thread is announced once";
  }
  void on_declaration(const Declaration& declaration) override {
    declarations.push_back(declaration);
    if (const auto* task = std::get_if<TaskDeclaration>(&declaration))
      known.insert({task->id.value, true});
  }
  void on_events(ThreadId thread, std::span<const Event> batch, std::uint64_t lost) override {
    EXPECT_TRUE(names.contains(thread.value)) << "announced before its first event";
    for (const Event& event : batch) {
      events[thread.value].push_back(event);
      undeclared += event.task != TaskId::kNone && !known.contains(event.task) ? 1U : 0U;
    }
    dropped[thread.value] = lost;
  }
  std::map<std::uint32_t, std::string> names;
  std::vector<Declaration> declarations;
  std::map<std::uint32_t, bool> known;
  std::map<std::uint32_t, std::vector<Event>> events;
  std::map<std::uint32_t, std::uint64_t> dropped;
  std::size_t undeclared = 0;
};

Event numbered(std::uint64_t n) {
  // A torn or stale event cannot satisfy is_whole: its words come from one number.
  const auto word = static_cast<std::int64_t>(n * 0x9e3779b97f4a7c15ULL);
  return {.time_ns = static_cast<std::int64_t>(n),
          .job = n,
          .payload = {word, ~word, word, ~word, word}};
}
bool is_whole(const Event& event) {
  return event.payload == numbered(event.job).payload;
}

TEST(Recorder, hands_over_names_declarations_and_events_once_and_in_order) {
  Recorder recorder;
  Writer lane = recorder.add_thread("lane0");
  recorder.declare(SessionDeclaration{.program = "test"});
  for (std::uint64_t i = 0; i < 10'000; ++i) EXPECT_TRUE(lane.record(numbered(i)));

  Collected collected;
  recorder.drain(collected);
  EXPECT_EQ(collected.names.at(0), "lane0");
  EXPECT_EQ(collected.declarations.size(), 1U);
  ASSERT_EQ(collected.events[0].size(), 10'000U);
  for (std::uint64_t i = 0; i < 10'000; ++i) ASSERT_EQ(collected.events[0][i].job, i);

  recorder.drain(collected);
  EXPECT_EQ(collected.events[0].size(), 10'000U);
}

TEST(Recorder, a_full_ring_drops_and_counts_and_keeps_the_oldest) {
  Recorder recorder({.events_per_ring = 8});
  Writer lane = recorder.add_thread("lane0");
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(lane.record(numbered(i)), i < 8);
  EXPECT_EQ(recorder.dropped(), 12U);
  Collected collected;
  recorder.drain(collected);
  EXPECT_EQ(collected.events[0].size(), 8U);
  EXPECT_EQ(collected.events[0].back().job, 7U);
  EXPECT_EQ(collected.dropped[0], 12U);
}

TEST(Recorder, a_writer_without_a_recorder_records_nothing) {
  Writer off;
  EXPECT_FALSE(off.enabled());
  EXPECT_FALSE(off.record({}));
}

TEST(Recorder, violations_are_counted_whatever_the_rings_drop) {
  Recorder recorder({.events_per_ring = 2});
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&recorder] {
      for (int i = 0; i < 10'000; ++i) recorder.count_violation(Assumption::kWcet);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorder.violations(Assumption::kWcet), 20'000U);
  EXPECT_EQ(recorder.violations(Assumption::kFault), 0U);
}

// The property under load: whatever the timing, each thread's events arrive whole and in order, and
// those that arrived and those that were dropped make up all that was attempted. The ring is small,
// so that it is often full.
TEST(RecorderStress, every_attempt_is_delivered_whole_and_in_order_or_counted) {
  constexpr std::uint64_t kAttempts = 100'000;
  constexpr std::uint32_t kThreads = 2;
  Recorder recorder({.events_per_ring = 256});
  std::atomic<std::uint32_t> finished{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&finished, writer = recorder.add_thread("t")]() mutable {
      for (std::uint64_t i = 0; i < kAttempts; ++i) writer.record(numbered(i));
      ++finished;
    });
  }
  Collected collected;
  while (finished < kThreads) recorder.drain(collected);
  for (std::thread& thread : threads) thread.join();
  recorder.drain(collected);

  for (std::uint32_t t = 0; t < kThreads; ++t) {
    const std::vector<Event>& events = collected.events[t];
    EXPECT_EQ(events.size() + collected.dropped[t], kAttempts);
    for (std::size_t i = 0; i < events.size(); ++i) {
      ASSERT_TRUE(is_whole(events[i]));
      ASSERT_TRUE(i == 0 || events[i - 1].job < events[i].job);
    }
  }
}

// Invariant: whoever declares before it records finds the declaration handed over before the event.
TEST(RecorderStress, a_declaration_stands_before_the_first_event_that_refers_to_it) {
  Recorder recorder;
  std::thread lane([&recorder, writer = recorder.add_thread("lane0")]() mutable {
    for (std::uint32_t task = 0; task < 2'000; ++task) {
      recorder.declare(TaskDeclaration{.id = TaskId{task}});
      writer.record({.task = task, .type = EventType::kTaskAdded});
    }
  });
  Collected collected;
  while (collected.events[0].size() < 2'000) recorder.drain(collected);
  lane.join();
  EXPECT_EQ(collected.undeclared, 0U);
}

}  // namespace
}  // namespace aegis::trace
