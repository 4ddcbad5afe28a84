// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/task.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;

std::string problem_after(const std::function<void(TaskSet&)>& change) {
  TaskSet tasks = example::running_example();
  change(tasks);
  const Status valid = validate(tasks);
  return valid ? "" : valid.error().message();
}

TEST(Task, the_running_example_is_valid_and_uses_0_5375_of_the_lane) {
  EXPECT_EQ(problem_after([](TaskSet&) {}), "");
  EXPECT_EQ(utilisation(example::running_example()), Rational(5'375, 10'000));
  EXPECT_EQ(utilisation(example::running_example_with_c_in(3)), Rational(5'375, 10'000));
}

TEST(Task, the_first_problem_is_named_with_its_task) {
  const auto expect = [](const char* words, const std::function<void(TaskSet&)>& change) {
    EXPECT_THAT(problem_after(change), testing::HasSubstr(words));
  };
  expect("empty", [](TaskSet& t) { t.clear(); });
  expect("period is not positive: B", [](TaskSet& t) { t[1].period = 0_ms; });
  expect("deadline is not positive: A", [](TaskSet& t) { t[0].deadline.value = -1_ms; });
  expect("jitter is negative: C", [](TaskSet& t) { t[2].release_jitter = -1_ns; });
  expect("offset is negative", [](TaskSet& t) { t[2].offset = -1_ns; });
  expect("no room", [](TaskSet& t) { t[2].overload = {OverloadRule::kQueue, 0}; });
  expect("no segment", [](TaskSet& t) { t[2].segments.clear(); });
  expect("WCET is not positive", [](TaskSet& t) { t[2].segments[0] = {0_ns, 0_ns}; });
  expect("BCET is negative", [](TaskSet& t) { t[2].segments[0].bcet = -1_ns; });
  expect("BCET exceeds", [](TaskSet& t) { t[2].segments[0].bcet = 31_ms; });
  expect("not unique", [](TaskSet& t) { t[2].id = t[0].id; });
  expect("not valid", [](TaskSet& t) { t[2].id = TaskId{}; });
  expect("36 years", [](TaskSet& t) { t[2].period = kLargestSum; });
  expect("36 years", [](TaskSet& t) { t[2].deadline.value = Duration::max(); });
  expect("36 years",
         [](TaskSet& t) { t[2].segments = {{Duration::max(), 0_ns}, {Duration::max(), 0_ns}}; });
}

TEST(Task, stages_come_after_their_predecessors) {
  const Stage pre{.name = "pre", .segments = {{1_ms, 0_ms}}, .predecessors = {}};
  const auto with = [](std::vector<Stage> stages) {
    return problem_after([&](TaskSet& t) { t[0].stages = stages; });
  };
  Stage model = pre;
  model.predecessors = {0};
  EXPECT_EQ(with({pre, model}), "");
  EXPECT_THAT(with({model, pre}), testing::HasSubstr("predecessors"));
  model.predecessors = {7};
  EXPECT_THAT(with({pre, model}), testing::HasSubstr("predecessors"));
  EXPECT_THAT(with({{.name = "none", .segments = {}, .predecessors = {}}}),
              testing::HasSubstr("no segment"));
}

TEST(Task, sums_that_overflow_are_nothing_instead_of_wrong) {
  Task task = example::running_example()[0];
  task.segments = {{Duration::max(), 0_ns}, {1_ns, 0_ns}};
  EXPECT_EQ(total_wcet(task), std::nullopt);
  EXPECT_EQ(longest_segment(task), Duration::max());
  EXPECT_EQ(charge({task}, {.dispatch = 1_ns}), std::nullopt);
}

TEST(Task, overheads_lengthen_segments_and_shorten_deadlines) {
  const Overheads overheads{
      .release = 1_ms, .dispatch = 2_ms, .completion = 3_ms, .clock_error = 4_ms};
  const TaskSet charged = *charge(example::running_example_with_c_in(2), overheads);
  EXPECT_EQ(charged[0].segments[0].wcet, 26_ms);
  EXPECT_EQ(charged[0].deadline.value, 46_ms);
  EXPECT_EQ(charged[2].segments[0].wcet, 21_ms);
  EXPECT_EQ(charged[2].segments[1].wcet, 20_ms);
  EXPECT_EQ(charged[2].segments[1].bcet, 15_ms) << "overheads have no lower bound";
}

TEST(Task, overheads_that_cannot_be_charged_are_refused) {
  const TaskSet tasks = example::running_example();
  EXPECT_EQ(charge(tasks, {.release = -1_ns}), std::nullopt);
  EXPECT_EQ(charge(tasks, {.dispatch = Duration::max(), .completion = 1_ns}), std::nullopt);
  EXPECT_EQ(charge(tasks, {.completion = Duration::max()}), std::nullopt);
  EXPECT_EQ(charge(tasks, {.clock_error = 40_ms}), std::nullopt) << "B's deadline vanishes";
}

TEST(Task, blocking_conventions_differ_by_a_tick) {
  EXPECT_EQ(Blocking::closed().of(30_ms), 30_ms);
  EXPECT_EQ(Blocking::started_before(1_ms).of(30_ms), 29_ms);
  EXPECT_EQ(Blocking::started_before(1_ms).of(500_us), 0_ms);
}

}  // namespace
}  // namespace aegis::theory
