// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/called_task.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "on_top/one_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr AbsoluteDeadline kNone{TimePoint::max()};
constexpr JobOptions kOptions{.priority = Priority::kHigh};

// Work that callers leave, one count each, and what looks have seen of it.
struct Work {
  static constexpr std::size_t kCallers = 2;
  std::array<std::atomic<std::uint64_t>, kCallers> left{};
  std::array<std::uint64_t, kCallers> seen{};  // the look's: not atomic by intent
  std::atomic<bool> looking{false};
  std::atomic<bool> overlapped{false};
  std::uint64_t looks = 0;
  std::uint64_t more_wanted = 0;

  static Look look(void* owner, const TaskContext&) noexcept {
    Work& work = *static_cast<Work*>(owner);
    if (work.looking.exchange(true)) work.overlapped = true;
    for (std::size_t i = 0; i < kCallers; ++i) work.seen[i] = work.left[i].load();
    // Time for a call to come after the work was looked at: what the protocol is for.
    for (std::uint64_t i = ++work.looks % 64; i > 0; --i) spin_pause();
    work.looking = false;
    if (work.more_wanted == 0) return {};
    --work.more_wanted;
    return {.more = true};
  }
  [[nodiscard]] bool all_seen() const {
    for (std::size_t i = 0; i < kCallers; ++i) {
      if (seen[i] != left[i].load()) return false;
    }
    return true;
  }
};

TEST(CalledTask, looks_once_for_all_calls_before_it_begins) {
  const auto scheduler = small_scheduler();
  Work work;
  CalledTask task(*scheduler, kOptions, &work, &Work::look);
  EXPECT_TRUE(task.is_quiet());
  {
    const BusyWorker busy(*scheduler, Priority::kHigh);
    for (int i = 0; i < 10; ++i) {
      ++work.left[0];
      EXPECT_TRUE(task.call(kNone).has_value());
    }
    EXPECT_FALSE(task.is_quiet());
  }
  EXPECT_TRUE(task.wait_until_quiet(TimePoint::max()));
  EXPECT_TRUE(work.all_seen());
  EXPECT_EQ(work.looks, 1U);
}

TEST(CalledTask, looks_again_while_there_is_more) {
  const auto scheduler = small_scheduler();
  Work work;
  work.more_wanted = 5;
  CalledTask task(*scheduler, kOptions, &work, &Work::look);
  EXPECT_TRUE(task.call(kNone).has_value());
  EXPECT_TRUE(task.wait_until_quiet(TimePoint::max()));
  EXPECT_EQ(work.looks, 6U);
}

TEST(CalledTask, a_call_that_finds_no_place_is_without_effect_and_the_next_is_not) {
  SchedulerConfig config = small_config();
  config.queue_capacity = 4;
  const auto scheduler = small_scheduler(config);
  Work work;
  CalledTask task(*scheduler, kOptions, &work, &Work::look);
  {
    const BusyWorker busy(*scheduler, Priority::kHigh);
    while (scheduler->schedule([] {}, Priority::kHigh)) {  // until every place is taken
    }
    const Status called = task.call(kNone);
    ASSERT_FALSE(called.has_value());
    EXPECT_EQ(called.error().category, ErrorCategory::kTransient);
    EXPECT_TRUE(task.is_quiet());
  }
  EXPECT_TRUE(scheduler->run_until_idle().has_value());
  EXPECT_TRUE(task.call(kNone).has_value());
  EXPECT_TRUE(task.wait_until_quiet(TimePoint::max()));
  EXPECT_EQ(work.looks, 1U);
}

TEST(CalledTask, looks_no_more_after_stop) {
  const auto scheduler = small_scheduler();
  Work work;
  CalledTask task(*scheduler, kOptions, &work, &Work::look);
  task.stop();
  EXPECT_TRUE(task.call(kNone).has_value());
  EXPECT_TRUE(scheduler->run_until_idle().has_value());
  EXPECT_EQ(work.looks, 0U);
  EXPECT_TRUE(task.is_quiet());
}

TEST(CalledTask, ends_with_a_scheduler_that_shuts_down) {
  const auto scheduler = small_scheduler();
  Work work;
  CalledTask task(*scheduler, kOptions, &work, &Work::look);
  EXPECT_TRUE(scheduler->shutdown(1_s).has_value());
  EXPECT_EQ(task.call(kNone).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(task.is_quiet());
}

// Callers leave work and call, wherever the task stands, from a group of two workers. Property:
// once it is quiet, all work has been seen, and looks never overlapped.
template <class Protocol>
bool leaves_work_or_overlaps(int rounds) {
  SchedulerConfig config = small_config();
  config.group(Priority::kHigh).workers = 2;
  const auto scheduler = small_scheduler(config);
  Work work;
  BasicCalledTask<Protocol> task(*scheduler, kOptions, &work, &Work::look);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::thread> callers;
    for (std::size_t caller = 0; caller < Work::kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (std::uint64_t i = 0; i < 200; ++i) {
          ++work.left[caller];
          if (!task.call(kNone)) ADD_FAILURE() << "a call found no place";
          for (std::uint64_t pause = i * 7 % 128; pause > 0; --pause) spin_pause();
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    if (!task.wait_until_quiet(TimePoint::max()) || !work.all_seen() || work.overlapped)
      return true;
  }
  return false;
}

TEST(CalledTaskStress, all_work_is_seen_and_looks_never_overlap) {
  EXPECT_FALSE(leaves_work_or_overlaps<CalledTaskProtocol>(100));
}

struct GoesIdleBlindly : CalledTaskProtocol {
  static constexpr bool kLooksAgain = false;
};
TEST(CalledTaskStress, catches_a_twin_that_goes_idle_over_a_call) {
  EXPECT_TRUE(leaves_work_or_overlaps<GoesIdleBlindly>(20'000));
}

}  // namespace
}  // namespace aegis::executor
