// SPDX-License-Identifier: Apache-2.0
#include "segment_watch.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

TimePoint at(std::int64_t ns) {
  return TimePoint::from_ns(ns);
}

class CountingDriver final : public LaneDriver {
 public:
  std::function<void()> during_cancel = [] {};
  std::atomic<int> cancelled{0};

  Status start_segment(JobId, std::uint32_t, std::uint64_t) noexcept override { return ok(); }
  Result<SegmentState> poll() noexcept override { return SegmentState::kDone; }
  void cancel() noexcept override {
    during_cancel();
    ++cancelled;
  }
};

TEST(SegmentWatch, cancels_only_what_runs_beyond_its_limit) {
  CountingDriver driver;
  SegmentWatch watch;
  EXPECT_FALSE(watch.cancel_if_overdue(at(1000), driver));
  watch.arm(at(500));
  EXPECT_FALSE(watch.cancel_if_overdue(at(500), driver));
  EXPECT_TRUE(watch.cancel_if_overdue(at(501), driver));
  EXPECT_FALSE(watch.cancel_if_overdue(at(502), driver));  // again, of the same segment
  EXPECT_EQ(driver.cancelled, 2);
  EXPECT_EQ(watch.disarm(), Cancellation::kHang);
  EXPECT_FALSE(watch.cancel_if_overdue(at(503), driver));
  EXPECT_FALSE(watch.cancel_any(driver));
  EXPECT_EQ(driver.cancelled, 2);
}

TEST(SegmentWatch, repeats_a_cancel_that_came_before_the_start) {
  for (const bool hung : {true, false}) {
    CountingDriver driver;
    SegmentWatch watch;
    const auto cancel = [&] {
      return hung ? watch.cancel_if_overdue(at(501), driver) : watch.cancel_any(driver);
    };
    watch.arm(at(500));
    EXPECT_TRUE(cancel());
    driver.cancelled = 0;  // nothing ran: it had no effect
    EXPECT_FALSE(cancel());
    EXPECT_EQ(driver.cancelled, 1);
    EXPECT_EQ(watch.disarm(), hung ? Cancellation::kHang : Cancellation::kAbort);
  }
}

TEST(SegmentWatch, keeps_the_first_reason) {
  CountingDriver driver;
  SegmentWatch watch;
  watch.arm(at(500));
  EXPECT_TRUE(watch.cancel_if_overdue(at(501), driver));
  EXPECT_FALSE(watch.cancel_any(driver));
  EXPECT_EQ(watch.disarm(), Cancellation::kHang);
  watch.arm(at(600));
  EXPECT_TRUE(watch.cancel_any(driver));
  EXPECT_FALSE(watch.cancel_if_overdue(at(601), driver));
  EXPECT_EQ(watch.disarm(), Cancellation::kAbort);
}

TEST(SegmentWatch, tells_an_abort_from_a_hang) {
  CountingDriver driver;
  SegmentWatch watch;
  watch.arm(at(500));
  EXPECT_TRUE(watch.cancel_any(driver));
  EXPECT_EQ(watch.disarm(), Cancellation::kAbort);
  watch.arm(at(900));
  EXPECT_EQ(watch.disarm(), Cancellation::kNone);
}

// Whether a lane can end its segment, and so begin the next, while somebody is still inside
// cancel() on account of the first: that cancel could then hit the next. Waits so long for it to
// happen.
template <class Watch>
bool lane_leaves_during_cancel(std::chrono::milliseconds patience) {
  CountingDriver driver;
  Watch watch;
  std::atomic<bool> cancelling{false};
  std::atomic<bool> left{false};
  bool left_during_cancel = false;
  driver.during_cancel = [&] {
    cancelling = true;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!left && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    left_during_cancel = left;
  };
  watch.arm(at(1));
  std::thread lane([&] {
    while (!cancelling) std::this_thread::yield();
    watch.disarm();
    left = true;
  });
  watch.cancel_any(driver);
  lane.join();
  return left_during_cancel;
}

TEST(SegmentWatchProtocol, holds_the_lane_until_a_cancel_is_over) {
  EXPECT_FALSE(lane_leaves_during_cancel<SegmentWatch>(std::chrono::milliseconds(5)));
}

// The wrong twin looks and then cancels, without winning the word in between.
class LookThenCancel {
 public:
  void arm(TimePoint limit) noexcept { limit_ns_ = limit.ns(); }
  void disarm() noexcept { limit_ns_ = 0; }
  bool cancel_any(LaneDriver& driver) noexcept {
    if (limit_ns_ == 0) return false;
    driver.cancel();
    return true;
  }

 private:
  std::atomic<std::int64_t> limit_ns_{0};
};

TEST(SegmentWatchProtocol, catches_a_twin_that_looks_and_then_cancels) {
  EXPECT_TRUE(lane_leaves_during_cancel<LookThenCancel>(std::chrono::seconds(20)));
}

// Every first cancellation is seen by exactly one end of a segment, whoever is faster.
TEST(SegmentWatchStress, each_cancellation_belongs_to_one_segment) {
  CountingDriver driver;
  SegmentWatch watch;
  std::atomic<bool> done{false};
  int claimed = 0;
  std::thread watcher([&] {
    while (!done) {
      if (watch.cancel_any(driver)) ++claimed;
      std::this_thread::yield();
    }
  });
  int seen = 0;
  for (int i = 1; i <= 2'000; ++i) {
    watch.arm(at(i));
    if (i % 16 == 0) std::this_thread::yield();
    if (watch.disarm() == Cancellation::kAbort) ++seen;
  }
  done = true;
  watcher.join();
  EXPECT_EQ(seen, claimed);
  EXPECT_LE(seen, driver.cancelled);
}

}  // namespace
}  // namespace aegis::executor
