// SPDX-License-Identifier: Apache-2.0
//
// The tests for several lanes against a simulator of several lanes, which is here and shares
// nothing with them.
#include "aegis/theory/global_edf.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using example::kThoroughness;

using testing::HasSubstr;
using namespace time_literals;

constexpr Preemption kPreemptions[] = {Preemption::kNonPreemptive, Preemption::kPreemptive};

// One job, in ticks. `segments` are what is left, the running one first.
struct SimulatedJob {
  std::int64_t release, deadline, tie;
  std::vector<std::int64_t> segments;
  bool in_segment = false;
};

// Tick by tick, whoever is in the middle of a segment first, then by deadline: whether a job of
// `waiting` misses.
bool misses(std::vector<SimulatedJob> waiting, std::size_t lanes, Preemption preemption) {
  const auto rank = [&](const SimulatedJob& job) {
    const bool holds_its_lane = preemption == Preemption::kNonPreemptive && job.in_segment;
    return std::tuple(!holds_its_lane, job.deadline, job.tie);
  };
  for (std::int64_t now = 0; !waiting.empty(); ++now) {
    std::vector<SimulatedJob*> ready;
    for (SimulatedJob& job : waiting) {
      if (job.deadline <= now) return true;
      if (job.release <= now) ready.push_back(&job);
    }
    std::sort(ready.begin(), ready.end(),
              [&](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
    for (std::size_t i = 0; i < std::min(lanes, ready.size()); ++i) {
      auto& left = ready[i]->segments;
      ready[i]->in_segment = --left.front() > 0;
      if (left.front() == 0) left.erase(left.begin());
    }
    std::erase_if(waiting, [](const SimulatedJob& job) { return job.segments.empty(); });
  }
  return false;
}

constexpr std::int64_t kHorizon = 80;

struct Behaviour {
  bool late_arrivals = false;    // later than the period demands
  bool short_execution = false;  // less than the WCET
};

std::vector<SimulatedJob> jobs_of(const TaskSet& tasks, const std::vector<std::int64_t>& offsets,
                                  const Behaviour& behaviour, example::RandomSets& random) {
  std::vector<SimulatedJob> jobs;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (std::int64_t t = offsets[i]; t < kHorizon; t += tasks[i].period.ns()) {
      if (behaviour.late_arrivals) t += std::max<std::int64_t>(0, random.between(-3, 3));
      SimulatedJob job{t, t + tasks[i].deadline.value.ns(), random.between(0, 1'000), {}};
      for (const Segment& segment : tasks[i].segments) {
        const std::int64_t wcet = segment.wcet.ns();
        job.segments.push_back(behaviour.short_execution ? random.between(1, wcet) : wcet);
      }
      jobs.push_back(job);
    }
  }
  return jobs;
}

std::string text_of(const TaskSet& tasks, std::size_t lanes) {
  std::string text = std::to_string(lanes) + " lanes";
  for (const Task& task : tasks) {
    text += " | T " + std::to_string(task.period.ns()) + " D " +
            std::to_string(task.deadline.value.ns()) + " C";
    for (const Segment& segment : task.segments) text += " " + std::to_string(segment.wcet.ns());
  }
  return text;
}

TaskSet more_tasks_than(std::size_t lanes, example::RandomSets& sets, const example::Kind& kind) {
  TaskSet tasks;
  do tasks = sets.next(kind);
  while (tasks.size() <= lanes);
  return tasks;
}

TEST(GlobalEdf, running_example_on_two_lanes) {
  const TaskSet tasks = example::running_example();
  EXPECT_EQ(analyse_global_edf_density(tasks, 2).verdict, Verdict::kSchedulable);
  EXPECT_THAT(analyse_global_edf_density(tasks, 2).reason, HasSubstr("1.075"));
  for (const Preemption preemption : kPreemptions) {
    EXPECT_EQ(analyse_global_edf_interference(tasks, 2, preemption).verdict, Verdict::kSchedulable);
    EXPECT_EQ(analyse_global_edf(tasks, {.lanes = 2, .preemption = preemption}).verdict,
              Verdict::kSchedulable);
  }
  const Analysis one = analyse_global_edf(tasks, {.lanes = 1});
  EXPECT_EQ(one.verdict, Verdict::kUnknown);
  EXPECT_THAT(one.reason, HasSubstr("A may wait for 30 ms"));
}

//   (2, 10, 10) twice, (10, 11, 11), utilisation 1.31 of 2:
//
//     lane 0  LL##########    the long one begins when the short ones are done: 12 > 11
//     lane 1  LL
TEST(GlobalEdf, dhall1978_two_light_tasks_and_a_heavy_one_are_not_admitted) {
  const TaskSet tasks = example::set({{2, 10, 10}, {2, 10, 10}, {10, 11, 11}});
  example::RandomSets random(1);
  for (const Preemption preemption : kPreemptions) {
    EXPECT_TRUE(misses(jobs_of(tasks, {0, 0, 0}, {}, random), 2, preemption));
    EXPECT_EQ(analyse_global_edf(tasks, {.lanes = 2, .preemption = preemption}).verdict,
              Verdict::kUnknown);
  }
}

TEST(GlobalEdf, the_density_bound_is_decided_exactly) {
  // 1/2 + 1/2 + 1/2 = 2 - 1/2
  EXPECT_EQ(analyse_global_edf_density(example::set({{1, 2, 2}, {1, 2, 2}, {1, 2, 2}}), 2).verdict,
            Verdict::kSchedulable);
  const TaskSet above = example::set({{1, 2, 2}, {1, 2, 2}, {500'001, 1'000'000, 1'000'000}});
  EXPECT_EQ(analyse_global_edf_density(above, 2).verdict, Verdict::kUnknown);
}

TEST(GlobalEdf, neither_test_contains_the_other) {
  const TaskSet heavy = example::set({{20, 30, 30}, {20, 30, 30}, {5, 30, 30}});
  EXPECT_EQ(analyse_global_edf_density(heavy, 2).verdict, Verdict::kUnknown);
  EXPECT_EQ(analyse_global_edf_interference(heavy, 2, Preemption::kPreemptive).verdict,
            Verdict::kSchedulable);
  // 17 tasks of density 1/10 and less; in 15 ticks each of the short ones may be twice in the way.
  std::vector<example::Numbers> numbers(16, {1, 10, 10});
  numbers.push_back({1, 15, 15});
  const TaskSet light = example::set(numbers);
  EXPECT_EQ(analyse_global_edf_density(light, 2).verdict, Verdict::kSchedulable);
  EXPECT_EQ(analyse_global_edf_interference(light, 2, Preemption::kPreemptive).verdict,
            Verdict::kUnknown);
  for (const TaskSet& tasks : {heavy, light}) {
    EXPECT_EQ(
        analyse_global_edf(tasks, {.lanes = 2, .preemption = Preemption::kPreemptive}).verdict,
        Verdict::kSchedulable);
  }
}

TEST(GlobalEdf, a_segment_as_long_as_the_shortest_deadline_does_not_refute) {
  const TaskSet tasks = example::set({{1, 10, 8}, {1, 10, 8}, {8, 1'000, 1'000}});
  EXPECT_EQ(analyse_global_edf(tasks, {.lanes = 2}).verdict, Verdict::kSchedulable);
}

// A may wait for 8, and each of the others has 6 to do before A must be done: 12 < 16. Each may
// also hold a lane for 3 with a later deadline when A's second segment is ready: 8 + 8 = 16.
TEST(GlobalEdf, each_later_segment_may_find_the_lanes_taken) {
  const TaskSet whole = example::set({{2, 10, 10}, {3, 5, 5}, {3, 5, 5}});
  TaskSet cut = whole;
  cut[0] = example::in_segments(cut[0], 2);
  const auto verdict = [](const TaskSet& tasks, Preemption preemption) {
    return analyse_global_edf_interference(tasks, 2, preemption).verdict;
  };
  EXPECT_EQ(verdict(whole, Preemption::kNonPreemptive), Verdict::kSchedulable);
  EXPECT_EQ(verdict(cut, Preemption::kPreemptive), Verdict::kSchedulable);
  EXPECT_EQ(verdict(cut, Preemption::kNonPreemptive), Verdict::kUnknown);
}

TEST(GlobalEdf, no_simulated_job_misses_what_was_admitted) {
  const example::Kind kinds[] = {{.most_tasks = 6, .longest_period = 16},
                                 {.most_tasks = 6, .longest_period = 16, .segments = true}};
  example::RandomSets sets(71);
  int admitted[2][2] = {};
  for (const example::Kind& kind : kinds) {
    for (int round = 0; round < 2'000 * kThoroughness; ++round) {
      const std::size_t lanes = 2 + static_cast<std::size_t>(round % 2);
      const TaskSet tasks = more_tasks_than(lanes, sets, kind);
      for (const Preemption preemption : kPreemptions) {
        const GlobalLanes options{.lanes = lanes, .preemption = preemption};
        if (analyse_global_edf(tasks, options).verdict != Verdict::kSchedulable) continue;
        ++admitted[lanes - 2][preemption == Preemption::kPreemptive];
        for (int i = 0; i < 6; ++i) {
          std::vector<std::int64_t> offsets;
          for (const Task& task : tasks) {
            offsets.push_back(i == 0 ? 0 : sets.between(0, task.period.ns() - 1));
          }
          const Behaviour behaviour{.late_arrivals = i >= 3, .short_execution = i % 3 == 2};
          ASSERT_FALSE(misses(jobs_of(tasks, offsets, behaviour, sets), lanes, preemption))
              << text_of(tasks, lanes) << " " << to_string(preemption);
        }
      }
    }
  }
  for (const auto& on : admitted) {
    for (const int count : on) EXPECT_GT(count, 100 * kThoroughness);
  }
}

// Three tasks on two lanes, every combination of first arrivals.
TEST(GlobalEdf, no_offsets_make_an_admitted_set_miss) {
  example::RandomSets sets(72);
  int admitted = 0, missed = 0;
  for (int round = 0; round < 100 * kThoroughness; ++round) {
    const TaskSet tasks =
        more_tasks_than(2, sets, {.most_tasks = 3, .longest_period = 7, .segments = true});
    for (const Preemption preemption : kPreemptions) {
      const bool admits =
          analyse_global_edf(tasks, {.lanes = 2, .preemption = preemption}).verdict ==
          Verdict::kSchedulable;
      admitted += admits;
      bool some_miss = false;
      std::vector<std::int64_t> offsets(3, 0);
      for (offsets[0] = 0; offsets[0] < tasks[0].period.ns(); ++offsets[0]) {
        for (offsets[1] = 0; offsets[1] < tasks[1].period.ns(); ++offsets[1]) {
          for (offsets[2] = 0; offsets[2] < tasks[2].period.ns(); ++offsets[2]) {
            some_miss = some_miss || misses(jobs_of(tasks, offsets, {}, sets), 2, preemption);
          }
        }
      }
      missed += some_miss;
      ASSERT_FALSE(admits && some_miss) << text_of(tasks, 2) << " " << to_string(preemption);
    }
  }
  EXPECT_GT(admitted, 20 * kThoroughness);
  EXPECT_GT(missed, 5 * kThoroughness);  // the simulator does find misses
}

TEST(GlobalEdf, refuses_only_what_no_schedule_can_hold) {
  const TaskSet full = example::set({{3, 4, 4}, {3, 4, 4}, {3, 4, 4}});
  EXPECT_EQ(analyse_global_edf(full, {.lanes = 2}).verdict, Verdict::kUnschedulable);
  EXPECT_EQ(analyse_global_edf(full, {.lanes = 3}).verdict, Verdict::kSchedulable);
  const Analysis late = analyse_global_edf(example::set({{5, 10, 4}}), {.lanes = 9});
  EXPECT_EQ(late.verdict, Verdict::kUnschedulable);
  EXPECT_EQ(late.reason, "A needs 5 ns even alone: 5 ns > 4 ns");
  ASSERT_TRUE(late.failure);
  EXPECT_EQ(late.failure->demand, 5_ns);
}

TEST(GlobalEdf, says_unknown_where_nothing_is_derived) {
  const TaskSet jitter = example::set({{1, 10, 10, 1}});
  EXPECT_THAT(analyse_global_edf(jitter, {.lanes = 2}).reason, HasSubstr("jitter"));
  EXPECT_EQ(analyse_global_edf(jitter, {.lanes = 2}).verdict, Verdict::kUnknown);
  const TaskSet beyond = example::set({{1, 10, 11}});
  EXPECT_THAT(analyse_global_edf(beyond, {.lanes = 2}).reason,
              HasSubstr("A's deadline is longer than its period"));
  EXPECT_EQ(analyse_global_edf(beyond, {.lanes = 2}).verdict, Verdict::kUnknown);
  EXPECT_THAT(analyse_global_edf({}, {.lanes = 2}).reason, HasSubstr("empty"));
  EXPECT_EQ(analyse_global_edf(example::running_example(), {.lanes = 0}).reason,
            "there is no lane");
}

TEST(GlobalEdf, charges_overheads) {
  GlobalLanes lanes{.lanes = 2, .overheads = {.dispatch = 4_ms}};
  EXPECT_EQ(analyse_global_edf(example::running_example(), lanes).verdict, Verdict::kUnknown);
  lanes.overheads = {.clock_error = 50_ms};
  EXPECT_EQ(analyse_global_edf(example::running_example(), lanes).verdict, Verdict::kUnschedulable);
}

TEST(GlobalEdf, takes_sets_at_the_limits) {
  const std::int64_t month = 2'628'000'000'000'000;
  const TaskSet huge =
      example::set(std::vector<example::Numbers>(6, {3 * month, 4 * month, 4 * month}));
  EXPECT_EQ(analyse_global_edf(huge, {.lanes = 5}).verdict, Verdict::kUnknown);
  TaskSet many = example::set(std::vector<example::Numbers>(500, {1, 100'000, 100'000}));
  many.front().deadline.value = many.front().period = 100 * Duration::nanoseconds(month);
  EXPECT_EQ(analyse_global_edf(many, {.lanes = 499}).verdict, Verdict::kSchedulable);
}

}  // namespace
}  // namespace aegis::theory
