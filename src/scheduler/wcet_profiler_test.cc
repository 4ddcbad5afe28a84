// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/wcet_profiler.h"

#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

using namespace time_literals;
using executor::SegmentState;

// What is done to the scripted machine right now.
struct Disturbed {
  std::optional<Condition> by;  // co-runners at work
  bool cooled = false;          // since the last job began
  Duration idle;                // before the next job
};

// Runs segments on a time line of its own: each takes what the script says, some lose the
// processor.
class ScriptedDriver final : public executor::LaneDriver {
 public:
  ScriptedDriver(ManualClock& wall, ManualClock& cpu, Disturbed& disturbed)
      : wall_(wall), cpu_(cpu), disturbed_(disturbed) {}

  [[nodiscard]] Status start_segment(JobId job, std::uint32_t segment,
                                     std::uint64_t) noexcept override {
    started[job.task].insert(segment);
    order.push_back(job.task);
    if (job.sequence == failing_job) {
      return fail(Error::permanent(ErrorCode::kBackend, "scripted failure"));
    }
    Duration execution = 100_us * (segment + 1) +
                         Duration::microseconds(static_cast<std::int64_t>(job.sequence % 10));
    if (disturbed_.by == Condition::kCacheAntagonist) execution += 40_us;
    if (disturbed_.by == Condition::kBandwidthAntagonist) execution = execution * 2;
    if (disturbed_.cooled) execution += 60_us;
    if (disturbed_.idle > 1_ms) execution += 20_us;
    disturbed_.cooled = false;
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
  Disturbed& disturbed_;
};

class ScriptedCoRunner final : public CoRunner {
 public:
  ScriptedCoRunner(Disturbed& disturbed, Condition condition, bool lasts)
      : disturbed_(disturbed), lasts_(lasts) {
    disturbed_.by = condition;
  }
  ScriptedCoRunner(const ScriptedCoRunner&) = delete;
  ScriptedCoRunner& operator=(const ScriptedCoRunner&) = delete;
  ~ScriptedCoRunner() override { disturbed_.by.reset(); }
  [[nodiscard]] Status running() const override {
    if (lasts_) return ok();
    return fail(Error::permanent(ErrorCode::kBackend, "scripted end").with_detail("of disk"));
  }

 private:
  Disturbed& disturbed_;
  bool lasts_;
};

class ScriptedSurroundings final : public Surroundings {
 public:
  explicit ScriptedSurroundings(Disturbed& disturbed) : disturbed_(disturbed) {}
  [[nodiscard]] const std::vector<Condition>& conditions() const override { return provoked; }
  [[nodiscard]] const std::string& note() const override { return said; }
  [[nodiscard]] Result<std::unique_ptr<CoRunner>> start(Condition condition) override {
    ++started[condition];
    return std::unique_ptr<CoRunner>(
        std::make_unique<ScriptedCoRunner>(disturbed_, condition, co_runners_last));
  }
  void cool_caches() override { disturbed_.cooled = true; }
  void idle(Duration duration) override {
    disturbed_.idle = duration;
    longest_idle = std::max(longest_idle, duration);
  }

  std::vector<Condition> provoked{Condition::kWarm};
  std::string said;
  std::map<Condition, int> started;
  bool co_runners_last = true;
  Duration longest_idle;

 private:
  Disturbed& disturbed_;
};

class WcetProfiler : public testing::Test {
 protected:
  Result<Measurement> measure(std::uint32_t jobs) {
    ProfilerOptions options = options_;
    options.jobs = jobs;
    return measure_wcets(driver, {{TaskId{0}, 1}, {TaskId{1}, 3}},
                         {.wall = wall, .cpu = cpu, .surroundings = surroundings}, options);
  }
  void provoke(std::vector<Condition> conditions) { surroundings.provoked = std::move(conditions); }
  void provoke_contention() {
    provoke({Condition::kWarm, Condition::kCold, Condition::kAfterIdle, Condition::kAmongModels,
             Condition::kCacheAntagonist, Condition::kBandwidthAntagonist});
  }
  ManualClock wall, cpu;
  Disturbed disturbed;
  ScriptedDriver driver{wall, cpu, disturbed};
  ScriptedSurroundings surroundings{disturbed};
  ProfilerOptions options_{.cpu = std::nullopt,
                           .fifo_priority = std::nullopt,
                           .warm_up = 5,
                           .idle_gap = Duration::zero(),
                           .margin = 1.5};
};

// The only condition of the only segment of the first task.
const ConditionProfile& first(const Result<Measurement>& measured) {
  return measured->tasks[0].segments[0].conditions.at(0);
}

TEST_F(WcetProfiler, measures_every_segment_of_every_task) {
  const auto measured = measure(150);
  ASSERT_TRUE(measured);
  ASSERT_EQ(measured->tasks.size(), 2U);
  ASSERT_EQ(measured->tasks[1].segments.size(), 3U);
  const SegmentProfile& last = measured->tasks[1].segments[2];
  ASSERT_EQ(last.conditions.size(), 1U);
  EXPECT_EQ(last.conditions[0].samples, 50U) << "a third of the jobs";
  EXPECT_EQ(last.conditions[0].raw.size(), 50U);
  EXPECT_EQ(last.conditions[0].min, 300_us);
  EXPECT_EQ(last.conditions[0].max, 309_us);
  EXPECT_EQ(last.wcet, 464_us) << "309 us x 1.5, rounded up";
  EXPECT_FALSE(measured->real_time);
}

TEST_F(WcetProfiler, each_condition_is_provoked_and_summed_up_by_itself) {
  provoke_contention();
  const auto measured = measure(90);
  ASSERT_TRUE(measured);
  const SegmentProfile& segment = measured->tasks[0].segments[0];
  ASSERT_EQ(segment.conditions.size(), 6U);
  EXPECT_EQ(segment.under(Condition::kWarm)->max, 109_us);
  EXPECT_EQ(segment.under(Condition::kCold)->max, 169_us);
  EXPECT_EQ(segment.under(Condition::kAfterIdle)->max, 129_us);
  EXPECT_EQ(segment.under(Condition::kAmongModels)->max, 109_us);
  EXPECT_EQ(segment.under(Condition::kCacheAntagonist)->max, 149_us);
  EXPECT_EQ(segment.under(Condition::kBandwidthAntagonist)->max, 218_us);
  EXPECT_EQ(segment.under(Condition::kSiblingLanes), nullptr) << "there is one lane";
  EXPECT_EQ(segment.under(Condition::kAmongModels)->samples, 90U);
  EXPECT_EQ(segment.under(Condition::kCold)->samples, 30U);
  EXPECT_DOUBLE_EQ(contention_factor({&segment, 1}).value_or(0), 2.0);
  EXPECT_DOUBLE_EQ(cold_factor({&segment, 1}).value_or(0), 164.0 / 104.0);
}

TEST_F(WcetProfiler, the_wcet_stands_on_what_may_run_beside_the_lane) {
  provoke_contention();
  EXPECT_EQ(measure(90)->tasks[0].segments[0].wcet, 327_us) << "under bandwidth antagonists";
  options_.co_runners = CoRunners::kLane;
  EXPECT_EQ(measure(90)->tasks[0].segments[0].wcet, 254_us) << "cold, nothing beside it";
}

TEST_F(WcetProfiler, conditions_take_turns_and_co_runners_work_only_in_theirs) {
  provoke({Condition::kAmongModels, Condition::kCacheAntagonist});
  ASSERT_TRUE(measure(90));
  EXPECT_EQ(surroundings.started[Condition::kCacheAntagonist], 3);
  ASSERT_TRUE(measure(3000));
  EXPECT_EQ(surroundings.started[Condition::kCacheAntagonist], 3 + 10);
  EXPECT_FALSE(disturbed.by);
}

TEST_F(WcetProfiler, goes_on_in_further_rounds_for_the_time_asked) {
  options_.least_time = 100_ms;  // a job of both models takes about 0.7 ms
  const auto measured = measure(60);
  EXPECT_GT(first(measured).samples, 100U);
  EXPECT_LT(first(measured).samples, 200U);
}

TEST_F(WcetProfiler, ends_though_time_hardly_passes) {
  options_.least_time = Duration::seconds(3600);
  EXPECT_EQ(first(measure(60)).samples, 20U * 50);
}

TEST_F(WcetProfiler, further_rounds_end_before_the_limit_of_samples) {
  options_.least_time = Duration::seconds(3600);
  options_.most_samples = 20 * 7 + 19;
  EXPECT_EQ(first(measure(60)).samples, 20U * 7);
  options_.most_samples = 1;
  EXPECT_EQ(first(measure(60)).samples, 20U) << "what was asked for is measured all the same";
}

TEST_F(WcetProfiler, tells_each_round_and_condition_before_it_is_measured) {
  provoke({Condition::kWarm, Condition::kCacheAntagonist});
  options_.lane = "arm";
  std::vector<std::string> told;
  options_.on_progress = [&](const ProfilerProgress& progress) {
    EXPECT_FALSE(disturbed.by) << "no co-runner is at work";
    told.push_back(std::string(progress.lane) + " " + std::to_string(progress.round) + " " +
                   std::string(to_string(progress.condition)));
  };
  ASSERT_TRUE(measure(60));
  EXPECT_THAT(
      told, testing::ElementsAre("arm 1 warm", "arm 1 cache_antagonist", "arm 2 warm",
                                 "arm 2 cache_antagonist", "arm 3 warm", "arm 3 cache_antagonist"));
}

TEST_F(WcetProfiler, ends_within_a_job_of_being_told_to_stop) {
  provoke({Condition::kWarm, Condition::kCacheAntagonist});
  std::atomic<bool> stop{false};
  options_.stop = &stop;
  std::size_t segments_before = 0;
  options_.on_progress = [&](const ProfilerProgress& progress) {
    if (progress.round != 2) return;
    stop = true;
    segments_before = driver.order.size();
  };
  const auto measured = measure(60);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(measured.error().category, ErrorCategory::kTransient);
  EXPECT_EQ(driver.order.size(), segments_before);
}

TEST_F(WcetProfiler, idle_gaps_are_random_up_to_the_longest) {
  options_.longest_idle = 3_ms;
  provoke({Condition::kAfterIdle});
  ASSERT_TRUE(measure(300));
  EXPECT_LE(surroundings.longest_idle, 3_ms);
  EXPECT_GT(surroundings.longest_idle, 2_ms);
}

TEST_F(WcetProfiler, co_runners_that_ended_early_are_an_error_not_a_figure) {
  provoke({Condition::kWarm, Condition::kCacheAntagonist});
  surroundings.co_runners_last = false;
  const auto measured = measure(60);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::kBackend) << "the co-runner's own reason";
  EXPECT_THAT(measured.error().message(), testing::HasSubstr("scripted end"));
  EXPECT_THAT(measured.error().message(), testing::HasSubstr("cache_antagonist: of disk"));
}

TEST_F(WcetProfiler, what_cannot_be_provoked_is_said) {
  surroundings.said = "one CPU only";
  EXPECT_EQ(measure(60)->note, "one CPU only");
}

TEST_F(WcetProfiler, time_without_the_processor_is_counted_and_left_out) {
  provoke({Condition::kAmongModels});
  driver.lost_every = 10;
  const auto measured = measure(100);
  ASSERT_TRUE(measured);
  for (const MeasuredTask& task : measured->tasks) {
    for (const SegmentProfile& segment : task.segments) {
      const ConditionProfile& among = segment.conditions[0];
      EXPECT_EQ(among.samples + among.excluded, 100U);
      EXPECT_NEAR(static_cast<double>(among.excluded), 10, 1);
      EXPECT_EQ(among.raw.size(), 100U) << "what is left out stays on record";
      EXPECT_LT(among.max, 1_ms);
    }
  }
}

TEST_F(WcetProfiler, a_machine_that_stood_still_without_telling_is_left_out) {
  driver.still_at_job = 20;
  const auto measured = measure(300);
  ASSERT_TRUE(measured);
  EXPECT_EQ(first(measured).excluded, 1U) << "of 100";
  EXPECT_EQ(first(measured).max, 109_us);
  EXPECT_EQ(longest_excluded(first(measured)), 5_ms + 100_us);
}

TEST_F(WcetProfiler, nothing_is_left_out_of_fewer_than_a_hundred) {
  driver.still_at_job = 20;
  const auto measured = measure(297);
  EXPECT_EQ(first(measured).samples, 99U);
  EXPECT_EQ(first(measured).max, 5_ms + 100_us);
  EXPECT_EQ(longest_excluded(first(measured)), std::nullopt);
}

TEST_F(WcetProfiler, variation_of_the_model_itself_is_kept) {
  driver.slow_every = 50;
  const auto measured = measure(900);
  ASSERT_TRUE(measured);
  EXPECT_EQ(first(measured).excluded, 0U) << "more than one in two hundred";
  EXPECT_GE(first(measured).max, 5_ms);
}

TEST_F(WcetProfiler, refuses_to_guess_when_no_sample_is_quiet) {
  driver.lost_every = 1;
  const auto measured = measure(20);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().category, ErrorCategory::kTransient);
}

TEST_F(WcetProfiler, models_alternate_in_an_order_that_varies) {
  provoke({Condition::kAmongModels});
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

TEST_F(WcetProfiler, refuses_a_margin_that_is_none) {
  for (const double margin : {0.9, std::nan(""), HUGE_VAL}) {
    options_.margin = margin;
    const auto measured = measure(20);
    ASSERT_FALSE(measured) << margin;
    EXPECT_EQ(measured.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace aegis::scheduler
