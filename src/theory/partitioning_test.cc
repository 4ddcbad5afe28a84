// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/partitioning.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using example::by;
using example::Kind;
using policy::Policy;
using testing::HasSubstr;
using namespace time_literals;

constexpr PartitionSearch kHeuristics[] = {PartitionSearch::kFirstFit, PartitionSearch::kBestFit,
                                           PartitionSearch::kWorstFit};
constexpr PartitionSearch kSearches[] = {PartitionSearch::kFirstFit, PartitionSearch::kBestFit,
                                         PartitionSearch::kWorstFit, PartitionSearch::kExhaustive};

PartitionOptions on(std::size_t lanes, PartitionSearch search,
                    const AnalysisOptions& lane = by(Policy::kEdf)) {
  return {.lane = lane, .lanes = lanes, .search = search};
}

// Lane per task, as the tests write it; -1: none.
std::vector<int> places(const Partition& found) {
  std::vector<int> lanes;
  for (const auto& lane : found.lane_of) lanes.push_back(lane ? static_cast<int>(*lane) : -1);
  return lanes;
}

// The validator: every task on one lane, and every lane schedulable as judged from scratch.
void expect_valid(const TaskSet& tasks, const Partition& found, const PartitionOptions& options) {
  ASSERT_EQ(found.lane_of.size(), tasks.size());
  ASSERT_LE(found.lanes.size(), options.lanes);
  std::map<std::size_t, TaskSet> lanes;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    ASSERT_TRUE(found.lane_of[i]);
    lanes[*found.lane_of[i]].push_back(tasks[i]);
  }
  std::size_t placed = 0;
  for (std::size_t lane = 0; lane < found.lanes.size(); ++lane) {
    EXPECT_EQ(found.lanes[lane].analysis.verdict, Verdict::kSchedulable);
    EXPECT_EQ(found.lanes[lane].utilisation, utilisation(lanes[lane]));
    EXPECT_EQ(found.lanes[lane].tasks.size(), lanes[lane].size());
    placed += lanes[lane].size();
    if (lanes[lane].empty()) continue;
    EXPECT_EQ(judge(lanes[lane], options.lane), Verdict::kSchedulable);
  }
  EXPECT_EQ(placed, tasks.size());
}

// Every assignment of tasks to lanes, without symmetry or memory.
bool some_partition_is_schedulable(const TaskSet& tasks, std::size_t m,
                                   const AnalysisOptions& options) {
  std::size_t all = 1;
  for (std::size_t i = 0; i < tasks.size(); ++i) all *= m;
  for (std::size_t code = 0; code < all; ++code) {
    std::vector<TaskSet> lanes(m);
    for (std::size_t i = 0, rest = code; i < tasks.size(); ++i, rest /= m) {
      lanes[rest % m].push_back(tasks[i]);
    }
    if (std::all_of(lanes.begin(), lanes.end(), [&](const TaskSet& lane) {
          return lane.empty() || judge(lane, options) == Verdict::kSchedulable;
        })) {
      return true;
    }
  }
  return false;
}

TEST(Partitioning, running_example_needs_two_lanes) {
  const TaskSet tasks = example::running_example();
  const auto one = partition(tasks, on(1, PartitionSearch::kFirstFit));
  EXPECT_EQ(one.verdict, Verdict::kUnschedulable);
  EXPECT_EQ(places(one), (std::vector<int>{0, 0, -1}));
  ASSERT_TRUE(one.misfit);
  EXPECT_EQ(one.misfit->task, tasks[2].id);
  EXPECT_THAT(one.reason, HasSubstr("C fits no lane, the first for one: in 40 ms"));
  const auto first = partition(tasks, on(2, PartitionSearch::kFirstFit));
  EXPECT_EQ(places(first), (std::vector<int>{0, 0, 1}));
  EXPECT_EQ(first.lanes[0].utilisation, Rational(31, 80));
  expect_valid(tasks, first, on(2, PartitionSearch::kFirstFit));
  EXPECT_EQ(places(partition(tasks, on(2, PartitionSearch::kWorstFit))),
            (std::vector<int>{0, 1, 0}));
  for (const PartitionSearch search : kSearches) {
    const LeastLanes least = least_lanes(tasks, on(8, search));
    EXPECT_EQ(least.partition.lanes.size(), 2U);
    EXPECT_EQ(least.at_least, 2U);
  }
}

//   U 0.6 0.5 0.45 0.05    first fit   {0.6 0.05} {0.5 0.45}
//                          best fit    {0.6} {0.5 0.45 0.05}
//                          worst fit   {0.6} {0.5} {0.45 0.05}
TEST(Partitioning, heuristics_choose_as_they_are_called) {
  const TaskSet tasks = example::set({{12, 20, 20}, {10, 20, 20}, {9, 20, 20}, {1, 20, 20}});
  const AnalysisOptions edf = by(Policy::kEdf, Preemption::kPreemptive);
  const auto of = [&](PartitionSearch search) {
    return places(partition(tasks, on(3, search, edf)));
  };
  EXPECT_EQ(of(PartitionSearch::kFirstFit), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_EQ(of(PartitionSearch::kBestFit), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_EQ(of(PartitionSearch::kWorstFit), (std::vector<int>{0, 1, 2, 2}));
}

TEST(Partitioning, density_places_short_deadlines_first) {
  const TaskSet tasks = example::set({{6, 10, 10}, {2, 10, 2}});
  PartitionOptions options = on(2, PartitionSearch::kFirstFit);
  EXPECT_EQ(places(partition(tasks, options)), (std::vector<int>{0, 1}));
  options.weight = TaskWeight::kDensity;
  EXPECT_EQ(places(partition(tasks, options)), (std::vector<int>{1, 0}));
}

TEST(Partitioning, lopez2004_any_set_within_the_utilisation_bound_is_placed) {
  const AnalysisOptions edf = by(Policy::kEdf, Preemption::kPreemptive);
  example::RandomSets sets(61);
  int within = 0;
  for (int round = 0; round < 600; ++round) {
    const std::size_t m = 2 + static_cast<std::size_t>(round % 3);
    const std::int64_t beta = sets.between(1, 4);
    TaskSet tasks;
    const Rational bound(static_cast<std::uint64_t>(beta) * m + 1,
                         static_cast<std::uint64_t>(beta) + 1);
    for (std::uint32_t id = 0; id < 12; ++id) {
      const std::int64_t period = sets.between(8, 20);
      const std::int64_t wcet = sets.between(1, period / beta);
      tasks.push_back(example::task(id, {wcet, period, period}, 1_ns));
      if (utilisation(tasks) > bound) tasks.pop_back();
    }
    if (tasks.empty()) continue;
    within += utilisation(tasks) > bound * Rational(9, 10);
    for (const PartitionSearch search : kHeuristics) {
      EXPECT_EQ(partition(tasks, on(m, search, edf)).verdict, Verdict::kSchedulable);
    }
  }
  EXPECT_GT(within, 200);
}

TEST(Partitioning, is_what_trying_every_assignment_finds) {
  const Kind kinds[] = {{.most_tasks = 6, .segments = true},
                        {.most_tasks = 6, .largest_jitter = 4}};
  example::RandomSets sets(62);
  std::map<Verdict, int> answers;
  int only_exhaustive = 0;
  for (const Kind& kind : kinds) {
    for (int i = 0; i < 250; ++i) {
      const TaskSet tasks = sets.next(kind);
      for (const Policy policy : {Policy::kEdf, Policy::kStaticPriority}) {
        const std::size_t m = 2 + static_cast<std::size_t>(i % 2);
        const PartitionOptions options = on(m, PartitionSearch::kExhaustive, by(policy));
        const auto exact = partition(tasks, options);
        const bool exists = some_partition_is_schedulable(tasks, m, options.lane);
        EXPECT_EQ(exact.verdict, exists ? Verdict::kSchedulable : Verdict::kUnschedulable)
            << exact.reason;
        if (exists) expect_valid(tasks, exact, options);
        ++answers[exact.verdict];
        bool by_heuristic = false;
        for (const PartitionSearch search : kHeuristics) {
          const PartitionOptions quick = on(m, search, options.lane);
          const auto found = partition(tasks, quick);
          if (found.verdict == Verdict::kSchedulable) {
            by_heuristic = true;
            EXPECT_TRUE(exists);
            expect_valid(tasks, found, quick);
          } else if (found.verdict == Verdict::kUnschedulable) {
            EXPECT_FALSE(exists);
          }
        }
        only_exhaustive += exists && !by_heuristic;
      }
    }
  }
  EXPECT_GT(answers[Verdict::kSchedulable], 300);
  EXPECT_GT(answers[Verdict::kUnschedulable], 100);
  EXPECT_GT(only_exhaustive, 0);
}

TEST(Partitioning, least_lanes_are_least) {
  example::RandomSets sets(63);
  int more_than_one = 0;
  for (int i = 0; i < 200; ++i) {
    const TaskSet tasks = sets.next({.most_tasks = 6});
    const LeastLanes least = least_lanes(tasks, on(6, PartitionSearch::kExhaustive));
    if (least.partition.verdict != Verdict::kSchedulable) {
      EXPECT_FALSE(some_partition_is_schedulable(tasks, tasks.size(), by(Policy::kEdf)));
      continue;
    }
    const std::size_t m = least.partition.lanes.size();
    EXPECT_EQ(least.at_least, m);
    more_than_one += m > 1;
    if (m > 1) {
      EXPECT_FALSE(some_partition_is_schedulable(tasks, m - 1, by(Policy::kEdf)));
    }
    for (const PartitionSearch search : kHeuristics) {
      const LeastLanes quick = least_lanes(tasks, on(6, search));
      EXPECT_GE(quick.partition.lanes.size(), m);
      EXPECT_LE(quick.at_least, m);
    }
  }
  EXPECT_GT(more_than_one, 50);
}

TEST(Partitioning, a_task_that_is_late_alone_refutes_any_number_of_lanes) {
  const TaskSet tasks = example::set({{1, 10, 10}, {3, 10, 2}});
  for (const PartitionSearch search : kSearches) {
    EXPECT_EQ(partition(tasks, on(5, search)).verdict, Verdict::kUnschedulable);
    const LeastLanes least = least_lanes(tasks, on(1'000'000'000, search));
    EXPECT_EQ(least.partition.verdict, Verdict::kUnschedulable);
    EXPECT_EQ(least.at_least, 3U);
  }
}

TEST(Partitioning, needs_no_more_lanes_than_tasks) {
  const auto found = partition(example::running_example(),
                               on(static_cast<std::size_t>(-1), PartitionSearch::kWorstFit));
  EXPECT_EQ(found.verdict, Verdict::kSchedulable);
  EXPECT_EQ(found.lanes.size(), 3U);
}

TEST(Partitioning, says_unknown_for_what_it_has_not_proved) {
  PartitionOptions options = on(2, PartitionSearch::kFirstFit);
  TaskSet tight = example::set({{6, 10, 10}, {5, 10, 10}, {3, 10, 3}, {4, 10, 4}, {1, 10, 1}});
  EXPECT_EQ(partition(tight, options).verdict, Verdict::kUnknown);
  options.search = PartitionSearch::kExhaustive;
  EXPECT_EQ(partition(tight, options).verdict, Verdict::kUnschedulable);
  options.most_judgements = 3;
  EXPECT_THAT(partition(tight, options).reason, HasSubstr("limit"));
  EXPECT_EQ(partition(tight, options).verdict, Verdict::kUnknown);
  options.most_judgements = 100;
  tight[4].offset = 0_ns;
  EXPECT_THAT(partition(tight, options).reason, HasSubstr("offsets"));
  EXPECT_EQ(partition(tight, options).verdict, Verdict::kUnknown);
  for (Task& task : tight) task.offset = 0_ns;
  EXPECT_THAT(partition(tight, options).reason, HasSubstr("could not be decided"));
  EXPECT_EQ(partition(tight, options).verdict, Verdict::kUnknown);
}

// B is late even alone; whether A, which must arrive, makes it worse is not asked.
TEST(Partitioning, refutes_nothing_by_heuristic_where_an_offset_is_declared) {
  TaskSet tasks = example::set({{1, 10, 10}, {5, 10, 4}});
  const PartitionOptions options = on(2, PartitionSearch::kFirstFit);
  EXPECT_EQ(partition(tasks, options).verdict, Verdict::kUnschedulable);
  tasks[0].offset = 0_ns;
  EXPECT_EQ(partition(tasks, options).verdict, Verdict::kUnknown);
}

// Three of 0.26 fill a lane; without what is known of equals the proof would take ages.
TEST(Partitioning, many_equal_tasks_do_not_make_the_search_long) {
  const TaskSet tasks = example::set(std::vector<example::Numbers>(30, {26, 100, 100}));
  const AnalysisOptions edf = by(Policy::kEdf, Preemption::kPreemptive);
  EXPECT_EQ(partition(tasks, on(9, PartitionSearch::kExhaustive, edf)).verdict,
            Verdict::kUnschedulable);
  const LeastLanes least = least_lanes(tasks, on(30, PartitionSearch::kExhaustive, edf));
  EXPECT_EQ(least.partition.lanes.size(), 10U);
  EXPECT_EQ(least.at_least, 10U);
}

TEST(Partitioning, equal_tasks_are_searched_completely) {
  example::RandomSets sets(64);
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    const auto some = [&](std::int64_t period) {
      const std::int64_t wcet = sets.between(1, period / 2);
      return example::Numbers{wcet, period, sets.between(wcet, period)};
    };
    const example::Numbers a = some(8), b = some(12), c = some(10);
    const TaskSet tasks = example::set({a, b, a, c, b, a, b});
    const auto found = partition(tasks, on(3, PartitionSearch::kExhaustive));
    const bool exists = some_partition_is_schedulable(tasks, 3, by(Policy::kEdf));
    EXPECT_EQ(found.verdict, exists ? Verdict::kSchedulable : Verdict::kUnschedulable);
    refused += !exists;
  }
  EXPECT_GT(refused, 20);
  EXPECT_LT(refused, 130);
}

TEST(Partitioning, refuses_bad_input) {
  const TaskSet tasks = example::running_example();
  EXPECT_THAT(partition({}, on(2, PartitionSearch::kFirstFit)).reason, HasSubstr("empty"));
  EXPECT_EQ(partition({}, on(2, PartitionSearch::kFirstFit)).verdict, Verdict::kUnknown);
  EXPECT_EQ(partition(tasks, on(0, PartitionSearch::kFirstFit)).verdict, Verdict::kUnknown);
  EXPECT_THAT(partition(tasks, on(0, PartitionSearch::kFirstFit)).reason, HasSubstr("no lane"));
  EXPECT_THAT(least_lanes(tasks, on(0, PartitionSearch::kFirstFit)).partition.reason,
              HasSubstr("no lane"));
  EXPECT_THAT(least_lanes({}, on(2, PartitionSearch::kFirstFit)).partition.reason,
              HasSubstr("empty"));
  const TaskSet many = example::set(std::vector<example::Numbers>(65, {1, 1'000, 1'000}));
  EXPECT_THAT(partition(many, on(2, PartitionSearch::kExhaustive)).reason, HasSubstr("65"));
  EXPECT_EQ(partition(many, on(2, PartitionSearch::kFirstFit)).verdict, Verdict::kSchedulable);
  AnalysisOptions negative = by(Policy::kEdf);
  negative.overheads.dispatch = -1_ms;
  const auto refused = partition(tasks, on(2, PartitionSearch::kFirstFit, negative));
  EXPECT_EQ(refused.verdict, Verdict::kUnknown);
  EXPECT_THAT(refused.reason, HasSubstr("overhead"));
}

}  // namespace
}  // namespace aegis::theory
