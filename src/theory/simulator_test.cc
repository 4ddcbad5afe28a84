// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/simulator.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;

TimePoint at(Duration since_zero) {
  return TimePoint{} + since_zero;
}

// One word an event: "B0+15" is the end of B's first job at 15 ms.
class Transcript : public ScheduleObserver {
 public:
  explicit Transcript(const TaskSet& tasks) : tasks_(tasks) {}
  void on_release(JobId job, TimePoint t, bool dropped) override {
    add(dropped ? "drop" : "release", job, t);
  }
  void on_select(JobId chosen, std::span<const JobId> candidates, TimePoint t) override {
    add("of" + std::to_string(candidates.size()), chosen, t);
  }
  void on_start(JobId job, std::uint32_t, TimePoint t) override { add("start", job, t); }
  void on_end(JobId job, std::uint32_t, TimePoint t) override { add("end", job, t); }
  void on_miss(JobId job, TimePoint t) override { add("miss", job, t); }
  void on_outage(TimePoint begin, TimePoint end) override {
    text_ += "lost:" + milliseconds(begin) + ".." + milliseconds(end) + " ";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add(const std::string& what, JobId job, TimePoint t) {
    text_ += what + ":" + tasks_[job.task.value].name + std::to_string(job.sequence) + "@" +
             milliseconds(t) + " ";
  }
  static std::string milliseconds(TimePoint t) { return std::to_string(t.ns() / 1'000'000); }
  const TaskSet& tasks_;
  std::string text_;
};

std::string transcript(const TaskSet& tasks, std::vector<PlannedJob> jobs,
                       const SimulationOptions& options) {
  Transcript observer(tasks);
  const auto schedule = simulate(tasks, std::move(jobs), options, &observer);
  return schedule ? observer.text() : schedule.error().message();
}

TEST(Simulator, runs_the_running_example_released_together) {
  const TaskSet tasks = example::running_example();
  EXPECT_EQ(transcript(tasks, synchronous_arrivals(tasks, 80_ms), {}),
            "release:A0@0 release:B0@0 release:C0@0 "
            "of3:B0@0 start:B0@0 end:B0@15 of2:A0@15 start:A0@15 end:A0@35 "
            "of1:C0@35 start:C0@35 end:C0@65 ");
}

//     C |=============================|
//     B  ^                            |##############| due at 40
//     A  ^                                           |###################| due at 50
//       -1                           29             44                  64
TEST(Simulator, misses_when_c_began_just_before) {
  const TaskSet tasks = example::running_example();
  const std::vector<PlannedJob> jobs = {{TaskId{2}, at(0_ms), at(0_ms)},
                                        {TaskId{0}, at(1_ms), at(1_ms)},
                                        {TaskId{1}, at(1_ms), at(1_ms)}};
  const Schedule schedule = *simulate(tasks, jobs, {});
  EXPECT_TRUE(schedule.has_miss());
  EXPECT_EQ(schedule.longest_responses().at(TaskId{1}), 44_ms);
  EXPECT_EQ(schedule.longest_responses().at(TaskId{0}), 64_ms);
  EXPECT_EQ(schedule.longest_responses().at(TaskId{2}), 30_ms);
}

TEST(Simulator, preempts_between_segments_only_unless_told_otherwise) {
  const TaskSet tasks = example::running_example_with_c_in(2);
  const std::vector<PlannedJob> jobs = {{TaskId{2}, at(0_ms), at(0_ms)},
                                        {TaskId{1}, at(1_ms), at(1_ms)}};
  EXPECT_EQ(transcript(tasks, jobs, {}),
            "release:C0@0 of1:C0@0 start:C0@0 release:B0@1 end:C0@15 "
            "of2:B0@15 start:B0@15 end:B0@30 of1:C0@30 start:C0@30 end:C0@45 ");
  EXPECT_EQ(transcript(tasks, jobs, {.preemption = Preemption::kPreemptive}),
            "release:C0@0 of1:C0@0 start:C0@0 end:C0@1 release:B0@1 "
            "of2:B0@1 start:B0@1 end:B0@16 of1:C0@16 start:C0@16 end:C0@30 "
            "of1:C0@30 start:C0@30 end:C0@45 ");
}

TEST(Simulator, drops_by_the_overload_rule_and_counts_it_as_a_miss) {
  TaskSet tasks = {example::task(0, {15, 10, 40}, 1_ms)};
  const auto jobs = synchronous_arrivals(tasks, 50_ms);
  tasks[0].overload = {OverloadRule::kSkip, 0};
  EXPECT_EQ(transcript(tasks, jobs, {}),
            "release:A0@0 of1:A0@0 start:A0@0 drop:A1@10 miss:A1@10 end:A0@15 "
            "release:A2@20 of1:A2@20 start:A2@20 drop:A3@30 miss:A3@30 end:A2@35 "
            "release:A4@40 of1:A4@40 start:A4@40 end:A4@55 ");
  tasks[0].overload = {OverloadRule::kQueue, 1};
  const Schedule queued = *simulate(tasks, jobs, {});
  EXPECT_FALSE(queued.jobs[1].dropped());
  EXPECT_TRUE(queued.jobs[3].dropped() || queued.jobs[4].dropped());
  EXPECT_FALSE(simulate(tasks, jobs, {.overload_rules = false})->jobs[4].dropped());
}

TEST(Simulator, a_release_at_the_instant_of_completion_finds_the_job_done) {
  TaskSet tasks = {example::task(0, {10, 10, 10}, 1_ms)};
  tasks[0].overload = {OverloadRule::kSkip, 0};
  EXPECT_FALSE(simulate(tasks, synchronous_arrivals(tasks, 100_ms), {})->has_miss());
}

TEST(Simulator, charges_overheads_to_every_segment) {
  const TaskSet tasks = {example::in_segments(example::task(0, {20, 100, 50}, 1_ms), 2)};
  const SimulationOptions options{
      .overheads = {.release = 1_ms, .dispatch = 2_ms, .completion = 3_ms, .clock_error = 9_ms}};
  const Schedule schedule = *simulate(tasks, synchronous_arrivals(tasks, 1_ms), options);
  EXPECT_EQ(schedule.longest_responses().at(TaskId{0}), 20_ms + 1_ms + 2 * (2_ms + 3_ms));
}

std::vector<Outage> outages(std::initializer_list<std::pair<Duration, Duration>> lost) {
  std::vector<Outage> list;
  for (const auto& [begin, end] : lost) list.push_back({at(begin), end - begin});
  return list;
}

//     B |##############|                             due at 40
//     A                 xxxx|###################|    due at 50
//     C                                         |=========xxxx===================|
//       0             15   20                  40        50  55                 75
TEST(Simulator, stretches_segments_and_delays_choices_over_outages) {
  const TaskSet tasks = example::running_example();
  EXPECT_EQ(transcript(tasks, synchronous_arrivals(tasks, 80_ms),
                       {.outages = outages({{15_ms, 20_ms}, {50_ms, 55_ms}, {90_ms, 91_ms}})}),
            "release:A0@0 release:B0@0 release:C0@0 "
            "of3:B0@0 start:B0@0 end:B0@15 lost:15..20 of2:A0@20 start:A0@20 end:A0@40 "
            "of1:C0@40 start:C0@40 lost:50..55 end:C0@75 ");
}

//     C  xxxxxx                          released at 0, the outage began then
//     B  ..^xxx|##############|          released at 3, in it: chosen at its end, at 5
//        0 3   5             20
TEST(Simulator, an_outage_comes_before_a_choice_due_when_it_begins) {
  const TaskSet tasks = example::running_example();
  const std::vector<PlannedJob> jobs = {{TaskId{2}, at(0_ms), at(0_ms)},
                                        {TaskId{1}, at(3_ms), at(3_ms)}};
  EXPECT_EQ(transcript(tasks, jobs, {.outages = outages({{0_ms, 5_ms}})}),
            "lost:0..5 release:C0@0 release:B0@3 of2:B0@5 start:B0@5 end:B0@20 "
            "of1:C0@20 start:C0@20 end:C0@50 ");
  EXPECT_EQ(transcript(tasks, {jobs[1]}, {.outages = outages({{0_ms, 1_ms}, {2_ms, 3_ms}})}),
            "lost:0..1 lost:2..3 release:B0@3 of1:B0@3 start:B0@3 end:B0@18 ");
}

//     C |====xxxxxx                      |==========================|
//     B       ^    |##############|xx                                   released at 5, in the
//     outage
//       0    4    10             25  27                            53
TEST(Simulator, preempts_at_the_end_of_the_outage_a_release_falls_into) {
  const TaskSet tasks = example::running_example();
  const std::vector<PlannedJob> jobs = {{TaskId{2}, at(0_ms), at(0_ms)},
                                        {TaskId{1}, at(5_ms), at(5_ms)}};
  EXPECT_EQ(transcript(tasks, jobs,
                       {.preemption = Preemption::kPreemptive,
                        .outages = outages({{4_ms, 10_ms}, {25_ms, 27_ms}})}),
            "release:C0@0 of1:C0@0 start:C0@0 lost:4..10 release:B0@5 end:C0@10 "
            "of2:B0@10 start:B0@10 end:B0@25 lost:25..27 of1:C0@27 start:C0@27 end:C0@53 ");
}

TEST(Simulator, refuses_outages_that_are_not_a_list_of_gaps) {
  const TaskSet tasks = example::running_example();
  const auto refusal = [&](std::initializer_list<std::pair<Duration, Duration>> lost) {
    return transcript(tasks, synchronous_arrivals(tasks, 1_ms), {.outages = outages(lost)});
  };
  EXPECT_THAT(refusal({{1_ms, 1_ms}}), testing::HasSubstr("longer than nothing"));
  EXPECT_THAT(refusal({{-1_ms, 1_ms}}), testing::HasSubstr("before 0"));
  EXPECT_THAT(refusal({{1_ms, 2_ms}, {2_ms, 3_ms}}), testing::HasSubstr("end of the one before"));
  EXPECT_THAT(refusal({{4_ms, 5_ms}, {1_ms, 2_ms}}), testing::HasSubstr("end of the one before"));
  EXPECT_THAT(refusal({{1_ms, kLargestSum + 1_ns}}), testing::HasSubstr("36 years"));
  EXPECT_THAT(refusal({{1_ms, kLargestSum}}), testing::HasSubstr("out of range"));
}

// When all is done, and, where no segment can stand in a later choice's way, each single job.
TEST(Simulator, is_never_faster_for_losing_time) {
  example::RandomSets sets(5);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const TaskSet tasks = sets.next({.largest_jitter = 4, .segments = true});
    const auto jobs = random_arrivals(tasks, 150_ns, {.seed = seed});
    const auto lost = random_outages({3_ns, 10_ns}, 400_ns, seed);
    for (const auto policy : {policy::Policy::kEdf, policy::Policy::kStaticPriority}) {
      for (const Preemption preemption : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
        SimulationOptions options{
            .policy = policy, .preemption = preemption, .overload_rules = false};
        const Schedule without = *simulate(tasks, jobs, options);
        options.outages = lost;
        const Schedule with = *simulate(tasks, jobs, options);
        TimePoint end_without, end_with;
        for (std::size_t i = 0; i < with.jobs.size(); ++i) {
          end_without = std::max(end_without, *without.jobs[i].completion);
          end_with = std::max(end_with, *with.jobs[i].completion);
          if (preemption == Preemption::kNonPreemptive) continue;
          EXPECT_GE(*with.jobs[i].completion, *without.jobs[i].completion) << seed;
        }
        EXPECT_GE(end_with, end_without) << seed;
      }
    }
  }
}

TEST(Simulator, is_the_same_for_the_same_seed_and_with_or_without_an_observer) {
  example::RandomSets sets(3);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const TaskSet tasks = sets.next({.largest_jitter = 4, .segments = true});
    const auto draw = [&](std::uint64_t s) { return random_arrivals(tasks, 200_ns, {.seed = s}); };
    for (const Preemption preemption : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
      const SimulationOptions options{.preemption = preemption,
                                      .outages = random_outages({2_ns, 9_ns}, 300_ns, seed)};
      Transcript observer(tasks);
      const Schedule watched = *simulate(tasks, draw(seed), options, &observer);
      const Schedule alone = *simulate(tasks, draw(seed), options);
      ASSERT_EQ(watched.jobs.size(), alone.jobs.size());
      for (std::size_t i = 0; i < alone.jobs.size(); ++i) {
        EXPECT_EQ(watched.jobs[i].id, alone.jobs[i].id);
        EXPECT_EQ(watched.jobs[i].completion, alone.jobs[i].completion);
      }
    }
  }
}

TEST(Simulator, random_behaviours_are_ones_the_task_model_allows) {
  example::RandomSets sets(4);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    TaskSet tasks = sets.next({.largest_jitter = 30, .segments = true});
    for (Task& task : tasks) task.segments[0].bcet = Duration::zero();
    EXPECT_TRUE(allowed_by(tasks, random_arrivals(tasks, 300_ns, {.seed = seed})));
    EXPECT_TRUE(
        allowed_by(tasks, synchronous_releases_after_full_jitter(tasks, at(1'000_ns), 300_ns)));
    tasks[0].offset = 5_ns;
    EXPECT_TRUE(allowed_by(tasks, random_arrivals(tasks, 300_ns, {.seed = seed})));
    EXPECT_TRUE(allowed_by(tasks, synchronous_arrivals(tasks, 300_ns)));
  }
}

TEST(Simulator, refuses_what_the_task_set_does_not_allow) {
  const TaskSet tasks = example::running_example();
  const auto refusal = [&](std::vector<PlannedJob> jobs) {
    return transcript(tasks, std::move(jobs), {});
  };
  const PlannedJob a{TaskId{0}, at(0_ms), at(0_ms)};
  EXPECT_THAT(refusal({a, {TaskId{0}, at(99_ms), at(99_ms)}}), testing::HasSubstr("period apart"));
  EXPECT_THAT(refusal({{TaskId{0}, at(0_ms), at(1_ms)}}), testing::HasSubstr("jitter"));
  EXPECT_THAT(refusal({{TaskId{0}, at(2_ms), at(1_ms)}}), testing::HasSubstr("jitter"));
  EXPECT_THAT(refusal({{TaskId{7}, at(0_ms), at(0_ms)}}), testing::HasSubstr("no task"));
  EXPECT_THAT(refusal({{TaskId{0}, at(0_ms), at(0_ms), {21_ms}}}), testing::HasSubstr("WCET"));
  EXPECT_THAT(refusal({{TaskId{0}, at(0_ms), at(0_ms), {1_ms, 1_ms}}}),
              testing::HasSubstr("do not match"));
  EXPECT_THAT(refusal({{TaskId{0}, at(kLargestSum), at(kLargestSum)}}),
              testing::HasSubstr("out of range"));
  TaskSet with_offset = tasks;
  with_offset[0].offset = 1_ms;
  EXPECT_THAT(allowed_by(with_offset, {a}).error().message(), testing::HasSubstr("offset"));
  EXPECT_EQ(simulate({}, {}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(simulate(tasks, {a}, {.overheads = {.release = -1_ms}}).error().code,
            ErrorCode::kOutOfRange);
}

}  // namespace
}  // namespace aegis::theory
