// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/priority_assignment.h"

#include <algorithm>
#include <set>

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

std::vector<std::int64_t> priorities(const TaskSet& tasks) {
  std::vector<std::int64_t> values;
  for (const Task& task : tasks) values.push_back(task.priority.value);
  return values;
}

AnalysisOptions fixed(Preemption preemption) {
  return by(Policy::kStaticPriority, preemption);
}

// The validator: every order there is.
bool some_order_is_schedulable(TaskSet tasks, const AnalysisOptions& options) {
  std::vector<std::int64_t> order(tasks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  do {
    for (std::size_t i = 0; i < order.size(); ++i) tasks[i].priority = {order[i]};
    if (judge(tasks, options) == Verdict::kSchedulable) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

TEST(PriorityAssignment, running_example_has_no_order_between_segments) {
  const auto result =
      assign_priorities(example::running_example(), fixed(Preemption::kNonPreemptive));
  EXPECT_EQ(result.verdict, Verdict::kUnschedulable);
  EXPECT_TRUE(result.tasks.empty());
  ASSERT_EQ(result.unplaced.size(), 2U);
  EXPECT_EQ(result.unplaced[0].response_time, 65_ms);
  EXPECT_EQ(result.unplaced[0].slack, -15_ms);
  EXPECT_EQ(result.unplaced[1].response_time, 65_ms);
  EXPECT_EQ(result.unplaced[1].blocking, 30_ms);
  EXPECT_EQ(result.reason,
            "none of the 2 tasks left can have priority 1, below the others; the least late, A "
            "would respond after 65 ms > 50 ms");
}

TEST(PriorityAssignment, running_example_in_segments_is_deadline_monotonic) {
  for (const Preemption preemption : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
    const auto result = assign_priorities(example::running_example_with_c_in(2), fixed(preemption));
    EXPECT_EQ(result.verdict, Verdict::kSchedulable) << result.reason;
    EXPECT_EQ(priorities(result.tasks), (std::vector<std::int64_t>{1, 0, 2}));
  }
}

TEST(PriorityAssignment, deadline_monotonic_priorities_are_distinct) {
  const TaskSet tasks = example::set({{1, 9, 9}, {1, 9, 5}, {1, 9, 9}, {1, 9, 3}});
  EXPECT_EQ(priorities(with_deadline_monotonic_priorities(tasks)),
            (std::vector<std::int64_t>{2, 1, 3, 0}));
}

// P(1, 3, 3) Q(2, 4, 4) R(1, 8, 6), all released at 0:
//
//     P, Q, R     P Q Q P Q Q P R     R done at 8 > 6
//     P, R, Q     P R Q Q             Q done at 4, and R, behind a job of Q, at 5
//       0         1 2 3 4 5 6 7 8
TEST(PriorityAssignment, non_preemptive_jobs_may_need_another_order_than_by_deadlines) {
  const TaskSet tasks = example::set({{1, 3, 3}, {2, 4, 4}, {1, 8, 6}});
  const AnalysisOptions options = fixed(Preemption::kNonPreemptive);
  const Analysis monotonic = analyse(with_deadline_monotonic_priorities(tasks), options);
  EXPECT_EQ(monotonic.verdict, Verdict::kUnschedulable);
  EXPECT_EQ(monotonic.tasks[2].response_time, 8_ns);
  const auto found = assign_priorities(tasks, options);
  EXPECT_EQ(found.verdict, Verdict::kSchedulable);
  EXPECT_EQ(priorities(found.tasks), (std::vector<std::int64_t>{0, 2, 1}));
  const Analysis best = analyse(found.tasks, options);
  EXPECT_EQ(best.tasks[0].response_time, 3_ns);
  EXPECT_EQ(best.tasks[1].response_time, 4_ns);
  EXPECT_EQ(best.tasks[2].response_time, 5_ns);
}

TEST(PriorityAssignment, preemptive_with_short_deadlines_it_is_deadline_monotonic) {
  example::RandomSets sets(52);
  int found = 0;
  for (int i = 0; i < 2'000; ++i) {
    const TaskSet tasks = sets.next({});
    const auto result = assign_priorities(tasks, fixed(Preemption::kPreemptive));
    if (result.verdict != Verdict::kSchedulable) continue;
    ++found;
    EXPECT_EQ(priorities(result.tasks), priorities(with_deadline_monotonic_priorities(tasks)));
  }
  EXPECT_GT(found, 500);
}

TEST(PriorityAssignment, finds_an_order_exactly_when_there_is_one) {
  const Kind kinds[] = {
      {.most_tasks = 5},
      {.most_tasks = 5, .segments = true},
      {.most_tasks = 4, .largest_jitter = 6, .deadlines_beyond_periods = true, .segments = true}};
  example::RandomSets sets(53);
  int found = 0, refused = 0;
  for (const Kind& kind : kinds) {
    for (int i = 0; i < 400; ++i) {
      const TaskSet tasks = sets.next(kind);
      for (const Preemption preemption : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
        const AnalysisOptions options = fixed(preemption);
        const auto result = assign_priorities(tasks, options);
        const bool exists = some_order_is_schedulable(tasks, options);
        EXPECT_EQ(result.verdict, exists ? Verdict::kSchedulable : Verdict::kUnschedulable)
            << result.reason;
        (exists ? found : refused) += 1;
        if (!exists) continue;
        EXPECT_EQ(judge(result.tasks, options), Verdict::kSchedulable);
        const auto values = priorities(result.tasks);
        EXPECT_EQ(std::set(values.begin(), values.end()).size(), tasks.size());
      }
    }
  }
  EXPECT_GT(found, 500);
  EXPECT_GT(refused, 200);
}

TEST(PriorityAssignment, charges_overheads) {
  AnalysisOptions options = fixed(Preemption::kNonPreemptive);
  const TaskSet tasks = example::running_example_with_c_in(2);
  options.overheads.dispatch = 1_ms;
  EXPECT_EQ(assign_priorities(tasks, options).verdict, Verdict::kUnschedulable);
  options.overheads.dispatch = -1_ms;
  EXPECT_EQ(assign_priorities(tasks, options).verdict, Verdict::kUnknown);
  options.overheads = {.clock_error = 40_ms};
  EXPECT_THAT(assign_priorities(tasks, options).reason, HasSubstr("clock error"));
}

TEST(PriorityAssignment, says_unknown_where_the_analyses_cannot_tell) {
  EXPECT_THAT(assign_priorities({}, {}).reason, HasSubstr("the task set is empty"));
  EXPECT_EQ(assign_priorities({}, {}).verdict, Verdict::kUnknown);
  TaskSet offsets = example::running_example();
  offsets[0].offset = 5_ms;
  const auto result = assign_priorities(offsets, {});
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_THAT(result.reason, HasSubstr("offsets"));
  TaskSet dropped = example::set({{5, 10, 25}, {6, 20, 20}});
  dropped[0].overload = {};
  EXPECT_EQ(assign_priorities(dropped, {}).verdict, Verdict::kUnknown);
  EXPECT_THAT(assign_priorities(dropped, {}).reason, HasSubstr("overload rule"));
  AnalysisOptions lost{.policy = Policy::kStaticPriority};
  lost.supply = {1_ns, 0_ns};
  EXPECT_THAT(assign_priorities(example::running_example(), lost).reason, HasSubstr("window"));
}

TEST(PriorityAssignment, refuses_more_work_than_a_lane_does) {
  EXPECT_EQ(assign_priorities(example::set({{3, 4, 4}, {3, 4, 4}}), {}).verdict,
            Verdict::kUnschedulable);
}

}  // namespace
}  // namespace aegis::theory
