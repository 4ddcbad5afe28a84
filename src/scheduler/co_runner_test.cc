// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/co_runner.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/scheduler/surroundings.h"

namespace aegis::scheduler {
namespace {

using namespace time_literals;
using testing::ElementsAre;
using testing::IsEmpty;

int some_allowed_cpu() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (!CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) ++cpu;
  return cpu;
}

int threads_of_this_process() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
  }
  return 0;
}

TEST(CoRunnerCpus, are_all_but_the_lanes) {
  EXPECT_THAT(co_runner_cpus({0, 1, 2, 3}, 2), ElementsAre(0, 1, 3));
  EXPECT_THAT(co_runner_cpus({0, 1, 2, 3}, std::nullopt), ElementsAre(0, 1, 2));
  EXPECT_THAT(co_runner_cpus({0, 1}, 7), ElementsAre(0, 1));
}

TEST(CoRunnerCpus, are_none_where_there_is_one_cpu) {
  EXPECT_THAT(co_runner_cpus({5}, 5), IsEmpty());
  EXPECT_THAT(co_runner_cpus({5}, std::nullopt), IsEmpty());
  EXPECT_THAT(co_runner_cpus({}, std::nullopt), IsEmpty());
}

TEST(CoRunnerCpus, are_bounded) {
  EXPECT_EQ(co_runner_cpus(std::vector<int>(1000, 1), std::nullopt).size(), 64U);
}

class AntagonistTest : public testing::TestWithParam<Pressure> {};

TEST_P(AntagonistTest, works_until_it_is_destroyed) {
  const MonotonicClock clock;
  std::thread([] {}).join();  // with its first thread, a sanitizer starts one of its own
  const int before = threads_of_this_process();
  auto antagonist = start_antagonist(
      {.pressure = GetParam(), .cpus = {some_allowed_cpu()}, .cache_bytes = 1U << 20}, clock);
  ASSERT_TRUE(antagonist) << antagonist.error().message();
  EXPECT_EQ(threads_of_this_process(), before + 1);
  EXPECT_TRUE((*antagonist)->running());
  antagonist->reset();
  EXPECT_EQ(threads_of_this_process(), before);
}

TEST_P(AntagonistTest, ends_by_itself_and_says_so) {
  ManualClock clock;
  auto antagonist = start_antagonist({.pressure = GetParam(),
                                      .cpus = {some_allowed_cpu()},
                                      .cache_bytes = 1U << 20,
                                      .longest = 10_s},
                                     clock);
  ASSERT_TRUE(antagonist) << antagonist.error().message();
  EXPECT_TRUE((*antagonist)->running());
  clock.advance(11_s);
  for (int i = 0; i < 10'000 && (*antagonist)->running(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE((*antagonist)->running());
}

INSTANTIATE_TEST_SUITE_P(Pressures, AntagonistTest,
                         testing::Values(Pressure::kCache, Pressure::kBandwidth));

TEST(Antagonist, needs_a_cpu_that_it_may_use) {
  const MonotonicClock clock;
  EXPECT_FALSE(start_antagonist({.cpus = {}, .cache_bytes = 1U << 20}, clock));
  const auto refused = start_antagonist({.cpus = {1023}, .cache_bytes = 1U << 20}, clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
}

TEST(Buffer, is_given_or_refused) {
  const auto buffer = Buffer::take(1U << 16);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(buffer->words().size(), (1U << 16) / sizeof(std::uint64_t));
  EXPECT_EQ(buffer->words()[0], 1U) << "each line was written";
  const auto refused = Buffer::take(std::size_t{1} << 60);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

// Counts what it is given to run; fails on demand.
class CountingDriver final : public executor::LaneDriver {
 public:
  [[nodiscard]] Status start_segment(JobId, std::uint32_t, std::uint64_t) noexcept override {
    if (fails) return fail(Error::permanent(ErrorCode::kBackend, "scripted failure"));
    std::this_thread::sleep_for(takes);
    ++segments;
    return ok();
  }
  [[nodiscard]] Result<executor::SegmentState> poll() noexcept override {
    return executor::SegmentState::kDone;
  }
  void cancel() noexcept override {}
  std::atomic<int> segments{0};
  std::atomic<bool> fails = false;
  std::chrono::milliseconds takes{0};
};

// What the sibling's thread asks for.
struct Asked {
  std::optional<int> cpu = std::nullopt;
  std::optional<int> fifo_priority = std::nullopt;
};

Result<std::unique_ptr<Surroundings>> beside(CountingDriver& driver, const Clock& clock,
                                             Asked asked = {}) {
  return surroundings_of_machine({.lane_cpu = std::nullopt,
                                  .siblings = {{.driver = &driver,
                                                .tasks = {{TaskId{3}, 2}},
                                                .cpu = asked.cpu,
                                                .fifo_priority = asked.fifo_priority}}},
                                 clock);
}

TEST(SurroundingsOfMachine, siblings_are_a_condition_only_where_there_are_some) {
  const MonotonicClock clock;
  CountingDriver driver;
  const auto with = beside(driver, clock);
  ASSERT_TRUE(with) << with.error().message();
  EXPECT_THAT((*with)->conditions(), testing::Contains(Condition::kSiblingLanes));
  const auto without = surroundings_of_machine({}, clock);
  ASSERT_TRUE(without);
  EXPECT_THAT((*without)->conditions(), testing::Not(testing::Contains(Condition::kSiblingLanes)));
}

TEST(SurroundingsOfMachine, siblings_run_their_models_until_stopped) {
  const MonotonicClock clock;
  CountingDriver driver;
  const auto surroundings = beside(driver, clock);
  ASSERT_TRUE(surroundings);
  auto siblings = (*surroundings)->start(Condition::kSiblingLanes);
  ASSERT_TRUE(siblings);
  while (driver.segments < 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE((*siblings)->running());
  siblings->reset();
  const int at_the_end = driver.segments;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(driver.segments, at_the_end);
}

TEST(SurroundingsOfMachine, siblings_are_at_work_once_they_are_started) {
  const MonotonicClock clock;
  CountingDriver driver;
  driver.takes = std::chrono::milliseconds(20);  // longer than it takes to start a thread
  const auto surroundings = beside(driver, clock);
  ASSERT_TRUE(surroundings);
  const auto siblings = (*surroundings)->start(Condition::kSiblingLanes);
  ASSERT_TRUE(siblings);
  EXPECT_GE(driver.segments, 2) << "a whole job";
}

TEST(SurroundingsOfMachine, a_sibling_that_cannot_begin_is_an_error_of_its_own) {
  const MonotonicClock clock;
  CountingDriver driver;
  driver.fails = true;
  const auto surroundings = beside(driver, clock);
  ASSERT_TRUE(surroundings);
  const auto siblings = (*surroundings)->start(Condition::kSiblingLanes);
  ASSERT_FALSE(siblings);
  EXPECT_STREQ(siblings.error().text, "scripted failure");
}

TEST(SurroundingsOfMachine, a_sibling_that_fails_later_is_noticed_with_its_reason) {
  const MonotonicClock clock;
  CountingDriver driver;
  const auto surroundings = beside(driver, clock);
  ASSERT_TRUE(surroundings);
  const auto siblings = (*surroundings)->start(Condition::kSiblingLanes);
  ASSERT_TRUE(siblings);
  driver.fails = true;
  for (int i = 0; i < 10'000 && (*siblings)->running(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const Status ended = (*siblings)->running();
  ASSERT_FALSE(ended);
  EXPECT_STREQ(ended.error().text, "scripted failure");
}

TEST(SurroundingsOfMachine, a_sibling_that_is_not_pinned_is_no_sibling) {
  const MonotonicClock clock;
  CountingDriver driver;
  const auto surroundings = beside(driver, clock, {.cpu = 1023});
  ASSERT_TRUE(surroundings);
  const auto siblings = (*surroundings)->start(Condition::kSiblingLanes);
  ASSERT_FALSE(siblings);
  EXPECT_EQ(siblings.error().code, ErrorCode::kPermissionDenied);
}

constexpr int kNoPriority = 1000;  // that no system grants

TEST(SurroundingsOfMachine, a_sibling_of_the_normal_class_is_noted_once) {
  const MonotonicClock clock;
  CountingDriver driver;
  const auto surroundings = beside(driver, clock, {.fifo_priority = kNoPriority});
  ASSERT_TRUE(surroundings);
  ASSERT_TRUE((*surroundings)->start(Condition::kSiblingLanes));
  const std::string noted = (*surroundings)->note();
  EXPECT_THAT(noted, testing::HasSubstr("beside sibling lanes: SCHED_FIFO 1000 refused"));
  ASSERT_TRUE((*surroundings)->start(Condition::kSiblingLanes));
  EXPECT_EQ((*surroundings)->note(), noted);
}

TEST(SurroundingsOfMachine, a_sibling_of_the_normal_class_is_no_sibling_of_a_real_time_lane) {
  const MonotonicClock clock;
  CountingDriver driver;
  const auto surroundings = beside(driver, clock, {.fifo_priority = kNoPriority});
  ASSERT_TRUE(surroundings);
  std::optional<Error> refused;
  auto lane = executor::RealTimeThread::start(
      {.name = "lane", .fifo_priority = 1}, [&](const executor::ThreadGrant&) {
        const auto siblings = (*surroundings)->start(Condition::kSiblingLanes);
        if (!siblings) refused = siblings.error();
      });
  ASSERT_TRUE(lane);
  lane->join();
  if (!lane->grant().real_time) GTEST_SKIP() << "no real-time class on this machine";
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(refused->message(), testing::HasSubstr("real-time class"));
}

}  // namespace
}  // namespace aegis::scheduler
