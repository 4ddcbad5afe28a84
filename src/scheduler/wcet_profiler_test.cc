// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/wcet_profiler.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

using namespace time_literals;
using executor::SegmentState;

// Runs segments on a time line of its own: each takes what the script says, some lose the
// processor.
class ScriptedDriver final : public executor::LaneDriver {
 public:
  ScriptedDriver(ManualClock& wall, ManualClock& cpu) : wall_(wall), cpu_(cpu) {}

  [[nodiscard]] Status start_segment(JobId job, std::uint32_t segment,
                                     std::uint64_t) noexcept override {
    started[job.task].insert(segment);
    order.push_back(job.task);
    if (job.sequence == failing_job) {
      return fail(Error::permanent(ErrorCode::kBackend, "scripted failure"));
    }
    const Duration execution = 100_us * (segment + 1) +
                               Duration::microseconds(static_cast<std::int64_t>(job.sequence % 10));
    const bool loses = lost_every != 0 && job.sequence % lost_every == 0;
    const bool slow = slow_every != 0 && job.sequence % slow_every == 0;
    const bool stands_still = job.sequence == still_at_job;
    cpu_.advance(execution + (slow || stands_still ? 5_ms : 0_ms));
    wall_.advance(execution + (loses || slow || stands_still ? 5_ms : 0_ms));
    return ok();
  }
  [[nodiscard]] Result<SegmentState> poll() noexcept override { return SegmentState::kDone; }
  void cancel() noexcept override {}

  std::map<TaskId, std::set<std::uint32_t>> started;
  std::vector<TaskId> order;
  std::uint64_t lost_every = 0;        // wall time without processor time
  std::uint64_t slow_every = 0;        // processor time too: the model's own
  std::uint64_t still_at_job = ~0ULL;  // once, in both clocks
  std::uint64_t failing_job = ~0ULL;

 private:
  ManualClock& wall_;
  ManualClock& cpu_;
};

class WcetProfiler : public testing::Test {
 protected:
  Result<Measurement> measure(std::uint32_t jobs) {
    return measure_wcets(driver, {{TaskId{0}, 1}, {TaskId{1}, 3}}, {.wall = wall, .cpu = cpu},
                         {.cpu = std::nullopt,
                          .fifo_priority = std::nullopt,
                          .warm_up = 5,
                          .jobs = jobs,
                          .idle_gap = Duration::zero(),
                          .margin = 1.5});
  }
  ManualClock wall, cpu;
  ScriptedDriver driver{wall, cpu};
};

TEST_F(WcetProfiler, measures_every_segment_of_every_task) {
  const auto measured = measure(50);
  ASSERT_TRUE(measured);
  ASSERT_EQ(measured->tasks.size(), 2U);
  ASSERT_EQ(measured->tasks[1].segments.size(), 3U);
  const SegmentProfile& last = measured->tasks[1].segments[2];
  EXPECT_EQ(last.samples, 50U);
  EXPECT_EQ(last.min, 300_us);
  EXPECT_EQ(last.max, 309_us);
  EXPECT_EQ(last.wcet, 464_us) << "309 us x 1.5, rounded up";
  EXPECT_FALSE(measured->real_time);
}

TEST_F(WcetProfiler, time_without_the_processor_is_counted_and_left_out) {
  driver.lost_every = 10;
  const auto measured = measure(100);
  ASSERT_TRUE(measured);
  for (const MeasuredTask& task : measured->tasks) {
    for (const SegmentProfile& segment : task.segments) {
      EXPECT_EQ(segment.excluded, 10U);
      EXPECT_EQ(segment.samples, 90U);
      EXPECT_LT(segment.max, 1_ms);
    }
  }
}

TEST_F(WcetProfiler, a_machine_that_stood_still_without_telling_is_left_out) {
  driver.still_at_job = 100;
  const auto measured = measure(300);
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->tasks[0].segments[0].excluded, 1U);
  EXPECT_EQ(measured->tasks[0].segments[0].max, 109_us);
}

TEST_F(WcetProfiler, variation_of_the_model_itself_is_kept) {
  driver.slow_every = 50;
  const auto measured = measure(300);
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->tasks[0].segments[0].excluded, 0U);
  EXPECT_GE(measured->tasks[0].segments[0].max, 5_ms);
}

TEST_F(WcetProfiler, refuses_to_guess_when_no_sample_is_quiet) {
  driver.lost_every = 1;
  const auto measured = measure(20);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().category, ErrorCategory::kTransient);
}

TEST_F(WcetProfiler, models_alternate_in_an_order_that_varies) {
  ASSERT_TRUE(measure(200));
  int zero_first = 0;
  int rounds = 0;
  for (std::size_t i = 0; i + 3 < driver.order.size(); i += 4, ++rounds) {
    if (driver.order[i] == TaskId{0}) ++zero_first;
  }
  EXPECT_GT(zero_first, rounds / 4);
  EXPECT_LT(zero_first, rounds * 3 / 4);
}

TEST_F(WcetProfiler, a_failing_job_ends_the_measurement_with_its_reason) {
  driver.failing_job = 7;
  const auto measured = measure(20);
  ASSERT_FALSE(measured);
  EXPECT_STREQ(measured.error().text, "scripted failure");
}

TEST_F(WcetProfiler, refuses_a_margin_below_one) {
  const auto measured =
      measure_wcets(driver, {{TaskId{0}, 1}}, {.wall = wall, .cpu = cpu}, {.margin = 0.9});
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace aegis::scheduler
