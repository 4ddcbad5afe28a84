// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latency_stream.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "on_top/one_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr RelativeDeadline kAmple{30_s};

// What the functions of a stream of numbers were called with.
struct Account {
  std::vector<std::uint64_t> processed;
  std::vector<LateItem<std::uint64_t>> late;
  std::function<void(std::uint64_t)> work = [](std::uint64_t) {};

  explicit Account(std::size_t most = 100'000) {
    processed.reserve(most);
    late.reserve(most);
  }
  auto process() {
    return [this](const std::uint64_t& item) noexcept {
      work(item);
      processed.push_back(item);
    };
  }
  auto on_late() {
    return [this](const LateItem<std::uint64_t>& item) noexcept { late.push_back(item); };
  }
  // Each of `items` numbers is processed or dropped, once, except those refused; in order.
  void check(std::uint64_t items, const std::vector<std::uint64_t>& refused) const {
    std::vector<std::uint64_t> met = processed;
    std::vector<std::uint64_t> dropped;
    for (const auto& item : late) {
      if (!item.processed) dropped.push_back(item.item);
    }
    EXPECT_TRUE(std::ranges::is_sorted(met));
    EXPECT_TRUE(std::ranges::is_sorted(dropped));
    met.insert(met.end(), dropped.begin(), dropped.end());
    met.insert(met.end(), refused.begin(), refused.end());
    std::ranges::sort(met);
    ASSERT_EQ(met.size(), items);
    for (std::uint64_t i = 0; i < items; ++i) ASSERT_EQ(met[i], i);
  }
};

void expect_settled(const StreamCounters& counters, const Account& account) {
  EXPECT_EQ(counters.pending, 0U);
  EXPECT_EQ(counters.in_time + counters.processed_late, account.processed.size());
  EXPECT_EQ(counters.processed_late + counters.dropped, account.late.size());
  EXPECT_EQ(counters.pushed,
            counters.in_time + counters.processed_late + counters.dropped + counters.refused);
}

class LatencyStreamTest : public testing::Test {
 protected:
  LatencyStreamTest() : scheduler_(small_scheduler(with_clock())) {}
  NanosecondScheduler& scheduler() { return *scheduler_; }
  SchedulerConfig with_clock() {
    SchedulerConfig config = small_config();
    config.clock = &clock_;
    return config;
  }
  LeapingClock clock_;
  Account account_;

 private:
  std::unique_ptr<NanosecondScheduler> scheduler_;
};
using Stream = LatencyStream<std::uint64_t>;

TEST_F(LatencyStreamTest, processes_all_in_order) {
  Stream stream(scheduler(), {.capacity = 4096}, account_.process(), account_.on_late());
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(stream.push(i, kAmple).has_value());
  EXPECT_TRUE(stream.close(30_s));
  account_.check(1000, {});
  expect_settled(stream.counters(), account_);
  EXPECT_EQ(stream.counters().in_time, 1000U);
}

TEST_F(LatencyStreamTest, an_item_too_late_for_its_turn_is_dropped_and_reported) {
  Stream stream(scheduler(), {}, account_.process(), account_.on_late());
  ASSERT_TRUE(stream.push(0, AbsoluteDeadline{clock_.now() - 1_ms}).has_value());
  EXPECT_TRUE(stream.close(30_s));
  ASSERT_EQ(account_.late.size(), 1U);
  EXPECT_EQ(account_.late[0].why, LateBecause::kItWaited);
  EXPECT_FALSE(account_.late[0].processed);
  EXPECT_GE(account_.late[0].lateness, 1_ms);
  EXPECT_TRUE(account_.processed.empty());
  EXPECT_EQ(stream.counters().dropped, 1U);
}

TEST_F(LatencyStreamTest, or_processed_and_reported) {
  Stream stream(scheduler(), {.late = LatePolicy::kProcess}, account_.process(),
                account_.on_late());
  ASSERT_TRUE(stream.push(0, AbsoluteDeadline{clock_.now() - 1_ms}).has_value());
  EXPECT_TRUE(stream.close(30_s));
  ASSERT_EQ(account_.late.size(), 1U);
  EXPECT_EQ(account_.late[0].why, LateBecause::kItWaited);
  EXPECT_TRUE(account_.late[0].processed);
  EXPECT_EQ(account_.processed.size(), 1U);
  EXPECT_EQ(stream.counters().processed_late, 1U);
}

TEST_F(LatencyStreamTest, an_item_that_took_too_long_is_reported_as_that) {
  account_.work = [this](std::uint64_t) { clock_.leap(31_s); };
  Stream stream(scheduler(), {}, account_.process(), account_.on_late());
  ASSERT_TRUE(stream.push(0, kAmple).has_value());
  EXPECT_TRUE(stream.close(120_s));
  ASSERT_EQ(account_.late.size(), 1U);
  EXPECT_EQ(account_.late[0].why, LateBecause::kProcessingTook);
  EXPECT_TRUE(account_.late[0].processed);
  expect_settled(stream.counters(), account_);
}

TEST_F(LatencyStreamTest, a_full_stream_refuses_and_counts) {
  std::vector<std::uint64_t> refused;
  Stream stream(scheduler(), {.capacity = 4}, account_.process(), account_.on_late());
  {
    const BusyWorker busy(scheduler(), Priority::kHigh);
    for (std::uint64_t i = 0; i < 10; ++i) {
      const Status pushed = stream.push(i, kAmple);
      if (pushed) continue;
      EXPECT_EQ(pushed.error().category, ErrorCategory::kTransient);
      refused.push_back(i);
    }
    EXPECT_EQ(stream.counters().pending, 4U);
    EXPECT_EQ(stream.counters().refused, 6U);
  }
  EXPECT_TRUE(stream.close(30_s));
  account_.check(10, refused);
  expect_settled(stream.counters(), account_);
}

TEST_F(LatencyStreamTest, an_item_without_deadline_is_never_late) {
  Stream stream(scheduler(), {}, account_.process(), account_.on_late());
  ASSERT_TRUE(stream.push(0, RelativeDeadline{Duration::max()}).has_value());
  EXPECT_TRUE(stream.close(Duration::max()));
  EXPECT_EQ(stream.counters().in_time, 1U);
}

TEST_F(LatencyStreamTest, a_closed_stream_refuses) {
  Stream stream(scheduler(), {}, account_.process(), account_.on_late());
  EXPECT_TRUE(stream.close(Duration::zero()));
  EXPECT_TRUE(stream.close(Duration::zero()));
  EXPECT_EQ(stream.push(0, kAmple).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(stream.counters().refused, 1U);
  expect_settled(stream.counters(), account_);
}

TEST_F(LatencyStreamTest, what_a_shut_down_scheduler_leaves_is_dropped_at_close) {
  Stream stream(scheduler(), {}, account_.process(), account_.on_late());
  EXPECT_TRUE(scheduler().shutdown(30_s).has_value());
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stream.push(i, kAmple).error().code, ErrorCode::kFailedPrecondition);
  }
  EXPECT_EQ(stream.counters().pending, 3U);
  EXPECT_FALSE(stream.close(1_ms));
  ASSERT_EQ(account_.late.size(), 3U);
  EXPECT_EQ(account_.late[0].why, LateBecause::kClosed);
  EXPECT_LT(account_.late[0].lateness, Duration::zero());
  account_.check(3, {});
  expect_settled(stream.counters(), account_);
}

TEST_F(LatencyStreamTest, a_push_that_could_not_call_is_made_good_by_the_next) {
  SchedulerConfig config = small_config();
  config.queue_capacity = 4;
  const auto narrow = small_scheduler(config);
  Stream stream(*narrow, {}, account_.process(), account_.on_late());
  {
    const BusyWorker busy(*narrow, Priority::kHigh);
    while (narrow->schedule([] {}, Priority::kHigh)) {  // until every place is taken
    }
    EXPECT_FALSE(stream.push(0, kAmple).has_value());
    EXPECT_EQ(stream.counters().pending, 1U);
  }
  EXPECT_TRUE(narrow->run_until_idle().has_value());
  EXPECT_TRUE(stream.push(1, kAmple).has_value());
  EXPECT_TRUE(stream.close(30_s));
  account_.check(2, {});
  EXPECT_EQ(stream.counters().in_time, 2U);
}

// More than can be processed, with deadlines that cannot all be kept, closed in the middle of it;
// another thread reads the counters meanwhile. Property: no item is lost or met twice, and every
// reading adds up.
void overload(NanosecondScheduler& scheduler, LatePolicy policy, Duration within) {
  constexpr std::uint64_t kItems = 5000;
  Account account(kItems);
  account.work = [](std::uint64_t item) {
    for (std::uint64_t i = item % 128; i > 0; --i) spin_pause();
  };
  std::vector<std::uint64_t> refused;
  {
    Stream stream(scheduler, {.capacity = 64, .late = policy, .items_a_job = 3}, account.process(),
                  account.on_late());
    std::atomic<bool> done{false};
    std::thread reader([&] {
      while (!done) {
        const StreamCounters now = stream.counters();
        EXPECT_LE(now.pending, 64U + 2U);  // one being processed, one whose push has just begun
        EXPECT_LE(now.in_time + now.processed_late + now.dropped + now.refused, now.pushed);
        std::this_thread::yield();
      }
    });
    for (std::uint64_t i = 0; i < kItems; ++i) {
      const RelativeDeadline deadline{Duration::microseconds(static_cast<std::int64_t>(i % 100))};
      const Status pushed = stream.push(i, deadline);
      if (pushed) continue;
      refused.push_back(i);
      std::this_thread::yield();
    }
    static_cast<void>(stream.close(within));
    done = true;
    reader.join();
    expect_settled(stream.counters(), account);
    EXPECT_EQ(stream.counters().refused, refused.size());
  }
  account.check(kItems, refused);
}

TEST_F(LatencyStreamTest, none_is_lost_under_overload) {
  overload(scheduler(), LatePolicy::kDrop, 30_s);
  overload(scheduler(), LatePolicy::kProcess, 30_s);
}
TEST_F(LatencyStreamTest, none_is_lost_when_closed_under_overload) {
  for (int i = 0; i < 5; ++i) overload(scheduler(), LatePolicy::kProcess, Duration::zero());
}

}  // namespace
}  // namespace aegis::executor
