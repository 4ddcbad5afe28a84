// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/incremental_admission.h"

#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using example::Kind;
using example::kThoroughness;
using example::RandomSets;
using policy::Policy;

TEST(ProvenSet, takes_in_a_and_b_refuses_c_and_takes_it_in_segments) {
  const TaskSet tasks = example::running_example();
  ProvenSet set(by(Policy::kEdf));
  EXPECT_EQ(set.add(tasks[0]), Verdict::kSchedulable);
  EXPECT_EQ(set.add(tasks[1]), Verdict::kSchedulable);
  EXPECT_EQ(set.add(tasks[2]), Verdict::kUnschedulable);
  EXPECT_EQ(set.tasks().size(), 2U);
  EXPECT_EQ(set.add(example::in_segments(tasks[2], 2)), Verdict::kSchedulable);
  EXPECT_EQ(set.tasks().size(), 3U);
  EXPECT_TRUE(set.remove(TaskId{1}));
  EXPECT_FALSE(set.remove(TaskId{1}));
  EXPECT_EQ(set.add(tasks[1]), Verdict::kSchedulable);
  EXPECT_EQ(set.tasks().back().name, "B");
}

TEST(ProvenSet, does_not_take_what_is_no_task_or_is_there) {
  ProvenSet set(by(Policy::kEdf));
  Task task = example::running_example()[0];
  EXPECT_EQ(set.add(task), Verdict::kSchedulable);
  EXPECT_EQ(set.add(task), Verdict::kUnknown);
  task.id = TaskId{7};
  task.period = 0_ms;
  EXPECT_EQ(set.add(task), Verdict::kUnknown);
  task.period = kLargestSum;
  EXPECT_EQ(set.add(task), Verdict::kUnknown) << "36 years with what is there";
  ProvenSet nowhere({.supply = {2_ms, 1_ms}});
  EXPECT_EQ(nowhere.add(example::running_example()[0]), Verdict::kUnknown);
}

// N may outstay its overload rule, so that the set with it is judged from the beginning. Were what
// is known of A, B and C kept meanwhile, N's leaving would take off 4 that were never put on, and D
// would seem to fit: at 5, A and D need 6.
TEST(ProvenSet, keeps_nothing_known_beside_what_it_judges_from_the_beginning) {
  TaskSet tasks = example::set({{2, 50, 5}, {2, 50, 10}, {10, 100, 100}, {4, 9, 10}, {4, 100, 5}});
  tasks[3].overload = {};
  ProvenSet set(by(Policy::kEdf, Preemption::kPreemptive));
  for (std::size_t i = 0; i < 4; ++i) ASSERT_EQ(set.add(tasks[i]), Verdict::kSchedulable) << i;
  ASSERT_TRUE(set.remove(tasks[3].id));
  EXPECT_EQ(set.add(tasks[4]), Verdict::kUnschedulable);
}

AnalysisOptions random_options(RandomSets& sets) {
  AnalysisOptions options;
  options.policy = static_cast<Policy>(sets.between(0, 4));
  if (sets.between(0, 2) == 0) options.policy = Policy::kEdf;
  if (sets.between(0, 1) == 1) options.preemption = Preemption::kPreemptive;
  if (sets.between(0, 1) == 1) options.blocking = Blocking::started_before(1_ns);
  if (sets.between(0, 3) == 0) options.blocking.best_effort = sets.between(1, 3) * 1_ns;
  if (sets.between(0, 3) == 0) options.supply = {1_ns, sets.between(4, 20) * 1_ns};
  if (sets.between(0, 7) == 0) options.overheads = {0_ns, 1_ns, 0_ns, 1_ns};
  return options;
}

// Tasks come and go in any order; from scratch and step by step say the same.
TEST(ProvenSet, answers_as_a_judgement_from_scratch) {
  constexpr Kind kKinds[] = {
      {.most_tasks = 8, .longest_period = 60},
      {.most_tasks = 8, .longest_period = 60, .largest_jitter = 9},
      {.most_tasks = 8, .longest_period = 60, .deadlines_beyond_periods = true, .segments = true},
      {.most_tasks = 8, .longest_period = 60, .largest_jitter = 70, .segments = true},
  };
  RandomSets sets(51);
  int taken = 0, refused = 0;
  for (int round = 0; round < 400 * kThoroughness; ++round) {
    const AnalysisOptions options = random_options(sets);
    ProvenSet set(options);
    const Kind& kind = kKinds[sets.between(0, 3)];
    for (int step = 0; step < 12; ++step) {
      if (sets.between(0, 3) == 0 && !set.tasks().empty()) {
        const auto i = static_cast<std::size_t>(
            sets.between(0, static_cast<std::int64_t>(set.tasks().size()) - 1));
        ASSERT_TRUE(set.remove(set.tasks()[i].id));
        continue;
      }
      Task task = sets.next(kind).front();
      task.id = TaskId{static_cast<std::uint32_t>(100 + step)};
      task.priority = {sets.between(0, 20)};
      for (Segment& segment : task.segments) {
        segment.wcet = std::max<Duration>(segment.wcet / 3, 1_ns);
        segment.bcet = std::min(segment.bcet, segment.wcet);
      }
      if (sets.between(0, 9) == 0) task.offset = 0_ns;
      if (sets.between(0, 9) == 0) task.overload = {};
      TaskSet together = set.tasks();
      together.push_back(task);
      const Verdict expected = judge(together, options);
      ASSERT_EQ(set.add(task), expected) << to_string(options.policy);
      ASSERT_EQ(set.tasks().size(), together.size() - (expected != Verdict::kSchedulable));
      ++(expected == Verdict::kSchedulable ? taken : refused);
    }
  }
  EXPECT_GT(taken, 1'000 * kThoroughness);
  EXPECT_GT(refused, 400 * kThoroughness);
}

}  // namespace
}  // namespace aegis::theory
