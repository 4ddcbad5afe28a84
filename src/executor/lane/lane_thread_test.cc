// SPDX-License-Identifier: Apache-2.0
//
// What only threads can show. Nothing here depends on how fast the machine is.
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/executor/lane.h"

#include "virtual_lane.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

// Executes a segment on the spot, by calling a function of the test.
class CallingDriver final : public LaneDriver {
 public:
  std::function<void(JobId)> body = [](JobId) {};
  std::atomic<int> ran{0};
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
  std::atomic<bool> cancelled{false};

  Status start_segment(JobId job, std::uint32_t, std::uint64_t) noexcept override {
    cancelled = false;  // one that came just before is lost: it has to be repeated
    if (++inside != 1) overlapped = true;
    body(job);
    ++ran;
    --inside;
    return ok();
  }
  Result<SegmentState> poll() noexcept override {
    if (cancelled.exchange(false))
      return fail(Error::transient(ErrorCode::kCancelled, "cancelled"));
    return SegmentState::kDone;
  }
  void cancel() noexcept override { cancelled = true; }
};

LaneConfig threaded_configuration() {
  LaneConfig config = lane_configuration();
  config.fifo_priority = std::nullopt;  // the tests' machine may have one processor only
  config.wait.shallow_idle = false;
  return config;
}

struct ThreadedLane {
  explicit ThreadedLane(LaneConfig config = threaded_configuration()) {
    auto created = Lane::create(std::move(config), driver, clock, &recorder);
    check(created.has_value(), "the test's configuration is sound");
    lane = std::move(*created);
    check(bool(lane->start()), "the lane starts");
  }
  MonotonicClock clock;
  CallingDriver driver;
  trace::Recorder recorder;
  std::unique_ptr<Lane> lane;
};

LaneTask submitted_task(std::uint32_t id) {
  LaneTask task = lane_task({id, {1_ms}, 1_ns, 1_s});
  task.periodic = false;
  task.inbox_capacity = 64;
  task.model.overload = {theory::OverloadRule::kQueue, 64};
  return task;
}

template <class Condition>
void wait_for(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

TEST(LaneThread, runs_what_many_submitters_submit_exactly_once_each) {
  ThreadedLane run;
  constexpr std::uint32_t kSubmitters = 4;
  constexpr int kJobs = 200;  // all within the sample log
  std::atomic<int> called{0};
  for (std::uint32_t id = 0; id < kSubmitters; ++id) {
    LaneTask task = submitted_task(id);
    task.on_job_end = [&](const JobReport&) { ++called; };
    ASSERT_TRUE(run.lane->add(task).has_value());
  }
  std::vector<std::thread> submitters;
  for (std::uint32_t id = 0; id < kSubmitters; ++id) {
    submitters.emplace_back([&, id] {
      for (int i = 0; i < kJobs;) {
        if (run.lane->submit(TaskId{id}, static_cast<std::uint64_t>(i)))
          ++i;
        else
          std::this_thread::yield();
      }
    });
  }
  for (auto& submitter : submitters) submitter.join();
  ASSERT_TRUE(run.lane->drain(60_s).has_value());
  std::uint64_t ended = 0;
  std::uint64_t never_ran = 0;
  for (const TaskStatistics& task : run.lane->statistics()) {
    ended += task.completed;
    never_ran += task.refused;
    EXPECT_EQ(task.completed, task.response_ns.size());
    EXPECT_EQ(task.released, task.completed);
  }
  EXPECT_EQ(static_cast<int>(ended), run.driver.ran);
  EXPECT_GE(ended + never_ran,
            std::uint64_t{kSubmitters} * kJobs);  // and those that found an inbox full
  EXPECT_GE(static_cast<std::uint64_t>(called), ended);
  EXPECT_FALSE(run.driver.overlapped);
}

TEST(LaneThread, wakes_for_every_single_submission) {
  ThreadedLane run;
  ASSERT_TRUE(run.lane->add(submitted_task(0)).has_value());
  for (int i = 1; i <= 200; ++i) {
    ASSERT_TRUE(run.lane->submit(TaskId{0}, 0).has_value());
    wait_for([&] { return run.driver.ran == i; });  // for ever, if a wake-up were lost
  }
  EXPECT_TRUE(run.lane->drain(10_s).has_value());
}

TEST(LaneThread, releases_periodic_jobs_and_adds_and_removes_tasks_meanwhile) {
  ThreadedLane run;
  ASSERT_TRUE(run.lane->add(lane_task({0, {1_ms}, 2_ms, 1_s})).has_value());
  for (std::uint32_t id = 1; id < 10; ++id) {
    ASSERT_TRUE(
        run.lane->add_together({lane_task({id, {1_ms}, 1_ms, 1_s}), submitted_task(id + 100)})
            .has_value());
    EXPECT_TRUE(run.lane->submit(TaskId{id + 100}, 7).has_value());
    ASSERT_TRUE(run.lane->remove(TaskId{id}).has_value());
    ASSERT_TRUE(run.lane->remove(TaskId{id + 100}).has_value());
    EXPECT_EQ(run.lane->submit(TaskId{id + 100}, 7).error().code, ErrorCode::kNotFound);
  }
  wait_for([&] { return run.lane->statistics()[0].completed > 3; });
  EXPECT_TRUE(run.lane->drain(10_s).has_value());
  EXPECT_EQ(run.lane->statistics().size(), 19U);
}

TEST(LaneThread, a_task_of_the_same_id_can_come_back) {
  ThreadedLane run;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(run.lane->add(submitted_task(9)).has_value());
    EXPECT_EQ(run.lane->add(submitted_task(9)).error().code, ErrorCode::kAlreadyExists);
    ASSERT_TRUE(run.lane->submit(TaskId{9}, 0).has_value());
    ASSERT_TRUE(run.lane->remove(TaskId{9}).has_value());
  }
}

TEST(LaneThread, refuses_what_it_cannot_do) {
  ThreadedLane run;
  EXPECT_EQ(run.lane->submit(TaskId{5}, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(run.lane->remove(TaskId{5}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(run.lane->add(lane_task({0, {}, 1_ms, 1_ms})).error().code,
            ErrorCode::kInvalidArgument);
  ASSERT_TRUE(run.lane->add(lane_task({0, {1_ms}, 1_s, 1_s})).has_value());
  EXPECT_EQ(run.lane->submit(TaskId{0}, 0).error().code, ErrorCode::kNotFound);  // it is periodic
  EXPECT_TRUE(run.lane->drain(1_s).has_value());
  EXPECT_EQ(run.lane->add(submitted_task(1)).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(run.lane->drain(1_s).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(run.lane->start().error().code, ErrorCode::kFailedPrecondition);
}

TEST(LaneThread, a_full_inbox_is_a_transient_error_and_is_counted) {
  ThreadedLane run;
  std::atomic<bool> hold{true};
  std::atomic<bool> started{false};
  run.driver.body = [&](JobId) {
    started = true;
    while (hold) std::this_thread::yield();
  };
  LaneTask task = submitted_task(0);
  task.inbox_capacity = 2;
  task.model.segments[0].wcet = 60_s;
  ASSERT_TRUE(run.lane->add(task).has_value());
  ASSERT_TRUE(run.lane->submit(TaskId{0}, 0).has_value());
  wait_for([&] { return started.load(); });
  EXPECT_TRUE(run.lane->submit(TaskId{0}, 1).has_value());
  EXPECT_TRUE(run.lane->submit(TaskId{0}, 2).has_value());
  const Status full = run.lane->submit(TaskId{0}, 3);
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(full.error().category, ErrorCategory::kTransient);
  hold = false;
  ASSERT_TRUE(run.lane->drain(60_s).has_value());
  EXPECT_EQ(run.lane->statistics()[0].refused, 1U);
  EXPECT_EQ(run.lane->statistics()[0].completed, 3U);
}

TEST(LaneThread, abort_cancels_a_segment_that_would_never_end) {
  ThreadedLane run;
  std::atomic<bool> started{false};
  run.driver.body = [&](JobId) {
    started = true;
    while (!run.driver.cancelled) std::this_thread::yield();
  };
  LaneTask task = lane_task({0, {60_s}, 100_s, 100_s});
  ASSERT_TRUE(run.lane->add(task).has_value());
  wait_for([&] { return started.load(); });
  EXPECT_TRUE(run.lane->abort().has_value());
  EXPECT_EQ(run.lane->statistics()[0].cancelled, 1U);
}

TEST(LaneThread, drain_cancels_a_segment_that_outlasts_its_limit) {
  ThreadedLane run;
  std::atomic<bool> started{false};
  run.driver.body = [&](JobId) {
    started = true;
    while (!run.driver.cancelled) std::this_thread::yield();
  };
  LaneTask task = lane_task({0, {60_s}, 100_s, 100_s});  // hung after 20 minutes only
  ASSERT_TRUE(run.lane->add(task).has_value());
  wait_for([&] { return started.load(); });
  EXPECT_TRUE(run.lane->drain(1_ms).has_value());
  EXPECT_EQ(run.lane->statistics()[0].cancelled, 1U);
  EXPECT_EQ(run.recorder.violations(trace::Assumption::kFault), 0U);
}

TEST(LaneThread, the_watchdog_cancels_a_hang_and_the_others_go_on) {
  ThreadedLane run;
  run.driver.body = [&](JobId job) {
    while (job.task == TaskId{0} && !run.driver.cancelled) std::this_thread::yield();
  };
  ASSERT_TRUE(
      run.lane->add_together({lane_task({0, {1_ms}, 1_s, 1_s}), lane_task({1, {1_ms}, 5_ms, 1_s})})
          .has_value());
  wait_for([&] { return run.lane->statistics()[1].completed >= 3; });
  ASSERT_TRUE(run.lane->drain(10_s).has_value());
  EXPECT_EQ(run.lane->statistics()[0].failed, 1U);
  EXPECT_EQ(run.recorder.violations(trace::Assumption::kFault), 1U);
}

TEST(LaneThread, is_aborted_when_it_is_destroyed) {
  ThreadedLane run;
  ASSERT_TRUE(run.lane->add(lane_task({0, {1_ms}, 1_ms, 1_ms})).has_value());
  run.lane.reset();
}

TEST(LaneThread, time_is_a_partition_up_to_the_end) {
  ThreadedLane run;
  const TimePoint before = run.clock.now();
  ASSERT_TRUE(run.lane->add(lane_task({0, {1_ms}, 1_ms, 1_ms})).has_value());
  wait_for([&] { return run.driver.ran > 5; });
  ASSERT_TRUE(run.lane->drain(10_s).has_value());
  const LaneTime time = run.lane->time();
  const Duration sum = time.idle + time.dispatch + time.execute + time.complete + time.lost;
  EXPECT_GT(sum, Duration::zero());
  EXPECT_LE(sum, run.clock.now() - before + 1_s);
}

TEST(LaneThread, says_what_the_machine_refused) {
  LaneConfig config = lane_configuration();
  config.cpu = 1000;
  ThreadedLane run(config);
  EXPECT_NE(run.lane->real_time_note().find("pinning to CPU 1000 refused"), std::string::npos);
  EXPECT_EQ(run.lane->real_time(),
            run.lane->real_time_note().find("SCHED_FIFO") == std::string::npos);
}

TEST(LaneThread, create_names_a_senseless_configuration) {
  MonotonicClock clock;
  CallingDriver driver;
  LaneConfig config = lane_configuration();
  config.fifo_priority = 99;
  EXPECT_EQ(Lane::create(config, driver, clock, nullptr).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace aegis::executor
