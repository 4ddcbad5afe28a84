// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/inbox.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

Submission at(std::int64_t ns, std::uint64_t token = 0) {
  return {TimePoint::from_ns(ns), token};
}

TEST(Inbox, hands_over_in_order) {
  Inbox inbox(4, 1_ns);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(inbox.submit(at(std::int64_t(i) * 10, i)));
  EXPECT_EQ(inbox.depth(), 4U);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(inbox.take()->token, i);
  EXPECT_FALSE(inbox.take().has_value());
  EXPECT_TRUE(inbox.empty());
}

TEST(Inbox, refuses_when_full_and_tells_early_from_punctual_submitters) {
  Inbox inbox(2, 100_ns);
  EXPECT_TRUE(inbox.submit(at(0)));
  EXPECT_TRUE(inbox.submit(at(100)));
  EXPECT_FALSE(inbox.submit(at(200)));  // on time
  EXPECT_FALSE(inbox.submit(at(250)));  // early
  EXPECT_FALSE(inbox.submit(at(260)));  // early: counted from the last attempt
  const RefusedSubmissions refused = inbox.take_refused();
  EXPECT_EQ(refused.on_time, 1U);
  EXPECT_EQ(refused.early, 2U);
  EXPECT_EQ(inbox.take_refused().total(), 0U);
  EXPECT_TRUE(inbox.take().has_value());
  EXPECT_TRUE(inbox.submit(at(400)));
}

// One submitter, one lane, as fast as they can. Counts what breaks the property: every accepted
// submission comes out once, whole (arrival and token belong together) and in order, and accepted +
// refused = attempted.
template <class AnyInbox>
std::uint64_t count_broken_hand_overs(std::uint64_t submissions) {
  AnyInbox inbox(8, Duration::nanoseconds(1));
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<bool> submitter_done{false};
  std::thread submitter([&] {
    for (std::uint64_t token = 1; token <= submissions;) {
      if (inbox.submit(at(static_cast<std::int64_t>(3 * token), token)))
        ++token;
      else
        std::this_thread::yield();
    }
    accepted = submissions;
    submitter_done = true;
  });
  std::uint64_t broken = 0;
  std::uint64_t taken = 0;
  while (!submitter_done || !inbox.empty()) {
    const auto submission = inbox.take();
    if (!submission) {
      std::this_thread::yield();
      continue;
    }
    ++taken;
    const bool whole = submission->arrival.ns() == static_cast<std::int64_t>(3 * submission->token);
    if (!whole || submission->token != taken) ++broken;
  }
  submitter.join();
  return broken + (taken == accepted ? 0 : 1);
}

TEST(InboxStress, loses_tears_and_reorders_nothing) {
  EXPECT_EQ(count_broken_hand_overs<Inbox>(20'000), 0U);
}

// The wrong twin publishes a slot before it is written. Its memory dawdles between the two, and its
// slots are atomic, so that the property fails in every run and not only under a race detector.
struct PublishBeforeWrite : trace::PublishThenFree {
  static constexpr bool kWriteBeforePublish = false;
};
struct DawdlingMemory {
  template <class T>
  using Atomic = std::atomic<T>;

  template <class T>
  class Slots {
   public:
    explicit Slots(std::size_t count) : values_(count) {}
    void write(std::size_t index, const T& value) noexcept {
      std::this_thread::yield();
      values_[index].arrival_ns.store(value.arrival.ns(), std::memory_order_relaxed);
      std::this_thread::yield();
      values_[index].token.store(value.token, std::memory_order_relaxed);
    }
    [[nodiscard]] T read(std::size_t index) const noexcept {
      return {TimePoint::from_ns(values_[index].arrival_ns.load(std::memory_order_relaxed)),
              values_[index].token.load(std::memory_order_relaxed)};
    }

   private:
    struct Slot {
      std::atomic<std::int64_t> arrival_ns{0};
      std::atomic<std::uint64_t> token{0};
    };
    std::vector<Slot> values_;
  };
};
using HastyRing = trace::SpscRing<Submission, DawdlingMemory, PublishBeforeWrite>;
using DawdlingRing = trace::SpscRing<Submission, DawdlingMemory>;

TEST(InboxStress, catches_a_twin_that_publishes_before_it_writes) {
  EXPECT_GT(count_broken_hand_overs<BasicInbox<HastyRing>>(500), 0U);
  EXPECT_EQ(count_broken_hand_overs<BasicInbox<DawdlingRing>>(500),
            0U);  // dawdling alone is harmless
}

}  // namespace
}  // namespace aegis::executor
