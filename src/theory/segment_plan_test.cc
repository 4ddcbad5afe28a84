// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/segment_plan.h"

#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;

bool schedulable(const TaskSet& tasks, const AnalysisOptions& options) {
  return judge(tasks, options) == Verdict::kSchedulable;
}

AnalysisOptions with_overheads(Policy policy, Duration per_segment) {
  AnalysisOptions options = by(policy);
  options.overheads.dispatch = per_segment;
  return options;
}

TEST(SegmentPlan, pieces_are_equal_to_the_tick) {
  const Task task = example::task(0, {11, 100, 100}, 1_ns);
  const Task three = cut(task, 3);
  ASSERT_EQ(three.segments.size(), 3U);
  EXPECT_EQ(three.segments[0].wcet, 4_ns);
  EXPECT_EQ(three.segments[1].wcet, 4_ns);
  EXPECT_EQ(three.segments[2].wcet, 3_ns);
  EXPECT_EQ(cut(task, 1).segments[0].bcet, 11_ns);
}

// t = 50: 20 + 15 + C / n <= 50: 2 pieces; with 500 us each: 20.5 + 15.5 + C / n + 0.5 <= 50, C / n
// <= 13.5: 3 pieces. With 5 ms: 25 + 20 + C / n + 5 <= 50: none.
TEST(SegmentPlan, the_running_example) {
  const TaskSet tasks = example::running_example();
  for (const Policy policy : {Policy::kEdf, Policy::kDeadlineMonotonic, Policy::kRateMonotonic}) {
    const auto plan = cheapest_segment_plan(tasks, by(policy));
    ASSERT_TRUE(plan) << to_string(policy);
    EXPECT_EQ(plan->pieces, (std::vector<std::uint32_t>{1, 1, 2}));
    EXPECT_EQ(plan->added, 1U);
    EXPECT_TRUE(plan->cheapest);
  }
  const auto measured = cheapest_segment_plan(tasks, with_overheads(Policy::kEdf, 500_us));
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->pieces, (std::vector<std::uint32_t>{1, 1, 3}));
  EXPECT_FALSE(cheapest_segment_plan(tasks, with_overheads(Policy::kEdf, 5_ms)));
}

TEST(SegmentPlan, what_may_not_be_cut_is_not) {
  const TaskSet tasks = example::running_example();
  const Cuts all_but_c{.allowed = [](const Task& task) { return task.name != "C"; }};
  EXPECT_FALSE(cheapest_segment_plan(tasks, by(Policy::kEdf), all_but_c));
  EXPECT_FALSE(cheapest_segment_plan(tasks, by(Policy::kEdf), {.allowed = {}, .most_pieces = 1}));
}

TEST(SegmentPlan, nothing_for_what_cuts_do_not_help) {
  EXPECT_FALSE(cheapest_segment_plan({}, by(Policy::kEdf)));
  const TaskSet tasks = example::running_example();
  EXPECT_FALSE(cheapest_segment_plan(tasks, by(Policy::kFifo)));
  const TaskSet full = example::set({{6, 10, 10}, {6, 10, 10}});
  EXPECT_FALSE(cheapest_segment_plan(full, by(Policy::kEdf)));
  EXPECT_FALSE(cheapest_segment_plan(full, by(Policy::kEdf, Preemption::kPreemptive)));
  const auto none = cheapest_segment_plan(example::running_example_without_c(), by(Policy::kEdf));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->added, 0U);
}

// ---- the same by trying every plan ----

constexpr std::uint32_t kMostPieces = 5;

std::optional<std::uint32_t> fewest_added(const TaskSet& tasks, const AnalysisOptions& options,
                                          std::size_t i = 0, std::uint32_t added = 0) {
  if (i == tasks.size()) return schedulable(tasks, options) ? std::optional(added) : std::nullopt;
  std::optional<std::uint32_t> fewest;
  const auto now = static_cast<std::uint32_t>(tasks[i].segments.size());
  const auto ticks = static_cast<std::uint32_t>(total_wcet(tasks[i])->ns());
  for (std::uint32_t n = now; n <= std::max(now, std::min(kMostPieces, ticks)); ++n) {
    TaskSet changed = tasks;
    changed[i] = cut(tasks[i], n);
    const auto found = fewest_added(changed, options, i + 1, added + n - now);
    if (found && (!fewest || *found < *fewest)) fewest = found;
  }
  return fewest;
}

TEST(SegmentPlan, no_plan_is_cheaper) {
  constexpr Policy kCuttable[] = {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                  Policy::kStaticPriority};
  example::RandomSets random(11);
  int cut_sets = 0, hopeless = 0;
  for (int i = 0; i < 3000; ++i) {
    TaskSet tasks = random.next({.most_tasks = 3,
                                 .longest_period = 25,
                                 .largest_jitter = i % 3 == 0 ? 2 : 0,
                                 .deadlines_beyond_periods = i % 5 == 0,
                                 .segments = i % 2 == 0});
    if (i % 7 == 0) tasks.back().overload = {OverloadRule::kSkip, 0};
    AnalysisOptions options = with_overheads(kCuttable[i % 4], i % 4 < 2 ? 0_ns : 1_ns);
    if (i % 11 == 0) options.blocking = Blocking::started_before(1_ns);
    const auto plan =
        cheapest_segment_plan(tasks, options, {.allowed = {}, .most_pieces = kMostPieces});
    const auto fewest = fewest_added(tasks, options);
    ASSERT_EQ(plan.has_value(), fewest.has_value()) << i;
    if (!plan) {
      ++hopeless;
      continue;
    }
    EXPECT_TRUE(plan->cheapest);
    EXPECT_EQ(plan->added, *fewest) << i;
    EXPECT_TRUE(schedulable(cut(tasks, *plan), options));
    cut_sets += plan->added > 0 ? 1 : 0;
  }
  EXPECT_GT(cut_sets, 100);
  EXPECT_GT(hopeless, 100);
}

}  // namespace
}  // namespace aegis::theory
