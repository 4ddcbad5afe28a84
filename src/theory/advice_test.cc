// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;
using testing::ElementsAre;

std::vector<std::string> texts(const std::vector<Advice>& all) {
  std::vector<std::string> result;
  for (const Advice& one : all) result.push_back(one.text);
  return result;
}

// The numbers by hand: sensitivity.h and segment_plan.h.
TEST(Advice, for_the_running_example) {
  EXPECT_THAT(texts(advice(example::running_example(), by(Policy::kEdf))),
              ElementsAre("C: 2 segments of at most 15 ms each (now 1)",
                          "every WCET: at most 76.92 % of now", "C: WCET at most 15 ms (now 30 ms)",
                          "B: deadline at least 65 ms (now 40 ms)"));
}

// 500 us a segment: C in 3 adds 1 ms to 30, 3.3 %; 20.5 + 15.5 + C + 0.5 <= 50.
TEST(Advice, for_the_running_example_with_overheads) {
  AnalysisOptions options = by(Policy::kEdf);
  options.overheads = {.dispatch = 400_us, .completion = 100_us};
  const auto all = advice(example::running_example(), options);
  ASSERT_EQ(all.size(), 3U);  // of A and C alone, 51 ms are due or begun at t = 50, whatever D of B
  EXPECT_EQ(all[0].text, "C: 3 segments of at most 10 ms each (now 1)");
  EXPECT_EQ(all[0].change, Change::kCut);
  EXPECT_EQ(all[0].task, TaskId{2});
  EXPECT_EQ(all[0].size_ppm, 33'333);
  EXPECT_EQ(all[2].text, "C: WCET at most 13.50 ms (now 30 ms)");
}

TEST(Advice, another_policy_or_order) {
  // Under RM B (T 10) goes before A (T 12, D 6): 4 + 3 > 6. By deadlines or EDF A goes first.
  TaskSet tasks = example::set({{3, 12, 6}, {4, 10, 10}});
  for (Task& task : tasks) task = cut(task, static_cast<std::uint32_t>(total_wcet(task)->ns()));
  const auto all = advice(tasks, by(Policy::kRateMonotonic));
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all[0].text, "policy edf instead of rm");
  EXPECT_EQ(all[1].text, "policy dm instead of rm");

  AnalysisOptions fixed = by(Policy::kStaticPriority);
  std::swap(tasks[0].priority, tasks[1].priority);
  const auto swapped = [](TaskSet set, const AnalysisOptions&) {
    std::swap(set[0].priority, set[1].priority);
    return std::optional(set);
  };
  const auto ordered = advice(tasks, fixed, {.assign_priorities = swapped});
  ASSERT_FALSE(ordered.empty());
  EXPECT_THAT(texts(ordered), testing::Contains("static priorities in the order A, B"));
}

// A alone due at 5 bears a blocking of 4: both B and C, of 9, must be cut, in 3 each.
TEST(Advice, several_tasks_cut_together) {
  const TaskSet tasks = example::set({{1, 100, 5}, {9, 100, 90}, {9, 100, 100}});
  const auto all = advice(tasks, by(Policy::kEdf));
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all[0].change, Change::kSegmentPlan);
  EXPECT_EQ(all[0].text,
            "B: 3 segments of at most 3 ns each (now 1); C: 3 segments of at most 3 ns each (now "
            "1)");
}

TEST(Advice, none_for_a_good_set_or_no_set) {
  EXPECT_TRUE(advice(example::running_example_without_c(), by(Policy::kEdf)).empty());
  EXPECT_TRUE(advice({}, by(Policy::kEdf)).empty());
}

TEST(Advice, numbers_are_rounded_to_the_safe_side) {
  // 15 ms and some: C at most 15.0000019 ms would hold, and shows as 15 ms.
  TaskSet tasks = example::running_example();
  tasks[0].deadline.value += 1'234_ns;
  const auto all = advice(tasks, by(Policy::kEdf));
  EXPECT_THAT(texts(all), testing::Contains("C: WCET at most 15 ms (now 30 ms)"));
}

TEST(Advice, every_advice_taken_makes_the_set_schedulable_and_the_smallest_comes_first) {
  constexpr Policy kPolicies[] = {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                  Policy::kStaticPriority, Policy::kFifo};
  example::RandomSets random(12);
  std::vector<int> given(8);
  for (int i = 0; i < 3000; ++i) {
    const TaskSet tasks = random.next(
        {.largest_jitter = i % 4, .deadlines_beyond_periods = i % 3 == 0, .segments = i % 2 == 0});
    const auto all = advice(tasks, by(kPolicies[i % 5]));
    for (std::size_t k = 0; k < all.size(); ++k) {
      EXPECT_EQ(judge(all[k].tasks, all[k].options), Verdict::kSchedulable) << all[k].text;
      EXPECT_LE(all[k == 0 ? 0 : k - 1].size_ppm, all[k].size_ppm);
      EXPECT_GE(all[k].size_ppm, 0);
      ++given[static_cast<std::size_t>(all[k].change)];
    }
    EXPECT_EQ(texts(all), texts(advice(tasks, by(kPolicies[i % 5]))));
  }
  EXPECT_THAT(given, testing::Each(testing::Gt(3)));
}

}  // namespace
}  // namespace aegis::theory
