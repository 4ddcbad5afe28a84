// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/deferred_preemption.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using example::by;
using policy::Policy;
using testing::HasSubstr;
using namespace time_literals;

// H and L of the header, L in its finest cut.
TaskSet fine_cut(std::int64_t deadline) {
  TaskSet tasks = example::set({{2, 5, 5}, {4, 10, deadline}});
  for (Task& task : tasks) task = example::in_segments(task, total_wcet(task)->ns());
  return tasks;
}

// The WCETs of the segments, in ticks.
std::vector<std::int64_t> cut(const Task& task) {
  std::vector<std::int64_t> lengths;
  for (const Segment& segment : task.segments) lengths.push_back(segment.wcet.ns());
  return lengths;
}

//     L as 1 1 1 1   H H L L L H H L      L done at 8 > 6
//     L as 1 1 2     H H L L L L          L done at 6, H held back for 2
//     L as 4         H H L L L L          H held back for 4, done at 6 > 5
TEST(DeferredPreemption, joins_as_many_segments_as_are_needed_and_no_more) {
  const AnalysisOptions fixed = by(Policy::kStaticPriority);
  const TaskSet fine = fine_cut(6);
  EXPECT_EQ(judge(fine, fixed), Verdict::kUnschedulable);
  EXPECT_EQ(judge(example::set({{2, 5, 5}, {4, 10, 6}}), fixed), Verdict::kUnschedulable);
  const auto found = defer_preemption(fine, fixed);
  EXPECT_EQ(found.verdict, Verdict::kSchedulable);
  EXPECT_EQ(found.joined, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(cut(found.tasks[0]), (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(cut(found.tasks[1]), (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(found.tasks[1].segments.back().bcet, 2_ns);
  const Analysis analysis = analyse(found.tasks, fixed);
  EXPECT_EQ(analysis.tasks[0].response_time, 4_ns);
  EXPECT_EQ(analysis.tasks[1].response_time, 6_ns);
  EXPECT_EQ(defer_preemption(fine_cut(8), fixed).joined, (std::vector<std::size_t>{1, 1}));
}

TEST(DeferredPreemption, names_the_task_that_is_late_however_it_is_joined) {
  const auto refused = defer_preemption(fine_cut(5), by(Policy::kStaticPriority));
  EXPECT_EQ(refused.verdict, Verdict::kUnschedulable);
  EXPECT_EQ(refused.reason, "B may respond after 6 ns > 5 ns even without any interruption");
  ASSERT_TRUE(refused.late);
  EXPECT_EQ(refused.late->slack, -1_ns);
  EXPECT_TRUE(refused.tasks.empty());
}

TEST(DeferredPreemption, running_example_needs_nothing_joined) {
  TaskSet tasks = example::running_example();
  tasks[0] = example::in_segments(tasks[0], 2);
  tasks[1] = example::in_segments(tasks[1], 3);
  tasks[2] = example::in_segments(tasks[2], 6);
  const AnalysisOptions options = by(Policy::kDeadlineMonotonic);
  const auto found = defer_preemption(tasks, options);
  EXPECT_EQ(found.joined, (std::vector<std::size_t>{1, 1, 1}));
  const Analysis analysis = analyse(found.tasks, options);
  EXPECT_EQ(analysis.tasks[0].response_time, 40_ms);
  EXPECT_EQ(analysis.tasks[1].response_time, 25_ms);
  EXPECT_EQ(analysis.tasks[2].response_time, 65_ms);
  const auto whole = defer_preemption(example::running_example(), options);
  EXPECT_EQ(whole.verdict, Verdict::kUnschedulable);
  EXPECT_EQ(whole.late->task, TaskId{0});
  EXPECT_EQ(whole.late->blocking, 30_ms);
}

// Every way of joining adjacent segments: bit b of `code` joins segments b and b + 1.
Task joined_as(const Task& task, std::size_t code) {
  Task result = task;
  result.segments = {task.segments.front()};
  for (std::size_t b = 0; b + 1 < task.segments.size(); ++b) {
    const Segment& next = task.segments[b + 1];
    if ((code >> b & 1U) != 0) {
      result.segments.back().wcet += next.wcet;
      result.segments.back().bcet += next.bcet;
    } else {
      result.segments.push_back(next);
    }
  }
  return result;
}

bool some_joining_is_schedulable(const TaskSet& tasks, TaskSet& trial,
                                 const AnalysisOptions& options) {
  const std::size_t i = trial.size();
  if (i == tasks.size()) return judge(trial, options) == Verdict::kSchedulable;
  for (std::size_t code = 0; code < std::size_t{1} << (tasks[i].segments.size() - 1); ++code) {
    trial.push_back(joined_as(tasks[i], code));
    const bool found = some_joining_is_schedulable(tasks, trial, options);
    trial.pop_back();
    if (found) return true;
  }
  return false;
}

// Two or three tasks cut at every tick, the lower ones with little to spare.
TaskSet tight_set_in_ticks(example::RandomSets& random) {
  std::vector<example::Numbers> numbers;
  const std::int64_t n = random.between(2, 3);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t wcet = random.between(1 + i, 2 + i), period = random.between(5, 9) * (i + 1);
    numbers.push_back({wcet, period, wcet + random.between(2, 2 + 3 * i), random.between(0, i)});
  }
  TaskSet tasks = example::set(numbers);
  for (Task& task : tasks) task = example::in_segments(task, total_wcet(task)->ns());
  return tasks;
}

TEST(DeferredPreemption, is_what_trying_every_way_of_joining_finds) {
  example::RandomSets sets(81);
  std::map<Verdict, int> answers;
  int needed = 0;
  for (int round = 0; round < 4'000; ++round) {
    const TaskSet tasks = tight_set_in_ticks(sets);
    const AnalysisOptions options = by(Policy::kStaticPriority);
    const auto found = defer_preemption(tasks, options);
    TaskSet trial;
    const bool exists = some_joining_is_schedulable(tasks, trial, options);
    ASSERT_EQ(found.verdict, exists ? Verdict::kSchedulable : Verdict::kUnschedulable)
        << found.reason;
    ++answers[found.verdict];
    if (!exists) continue;
    EXPECT_EQ(judge(found.tasks, options), Verdict::kSchedulable);
    const bool some =
        std::any_of(found.joined.begin(), found.joined.end(), [](std::size_t n) { return n > 1; });
    needed += some;
    EXPECT_EQ(some, judge(tasks, options) != Verdict::kSchedulable);
  }
  EXPECT_GT(answers[Verdict::kSchedulable], 300);
  EXPECT_GT(answers[Verdict::kUnschedulable], 100);
  EXPECT_GT(needed, 30);
}

TEST(DeferredPreemption, says_unknown_where_it_proves_nothing) {
  AnalysisOptions options = by(Policy::kStaticPriority);
  options.overheads.dispatch = 1_ns;
  EXPECT_EQ(defer_preemption(fine_cut(6), options).verdict, Verdict::kUnknown);
  EXPECT_THAT(defer_preemption(fine_cut(6), options).reason, HasSubstr("overhead"));
  TaskSet ties = fine_cut(5);
  ties[1].priority = ties[0].priority;
  EXPECT_EQ(defer_preemption(ties, by(Policy::kStaticPriority)).verdict, Verdict::kUnknown);
  TaskSet offsets = fine_cut(5);
  offsets[0].offset = 0_ns;
  EXPECT_EQ(defer_preemption(offsets, by(Policy::kStaticPriority)).verdict, Verdict::kUnknown);
  EXPECT_THAT(defer_preemption(fine_cut(6), by(Policy::kEdf)).reason,
              HasSubstr("edf has no fixed priorities"));
  EXPECT_THAT(
      defer_preemption(fine_cut(6), by(Policy::kStaticPriority, Preemption::kPreemptive)).reason,
      HasSubstr("no segments to join"));
  EXPECT_THAT(defer_preemption({}, by(Policy::kStaticPriority)).reason, HasSubstr("empty"));
  AnalysisOptions lost = by(Policy::kStaticPriority);
  lost.supply = {1_ns, 0_ns};
  EXPECT_THAT(defer_preemption(fine_cut(5), lost).reason, HasSubstr("window"));
  EXPECT_EQ(
      defer_preemption(example::set({{3, 4, 4}, {3, 4, 4}}), by(Policy::kStaticPriority)).verdict,
      Verdict::kUnschedulable);
}

TEST(DeferredPreemption, charges_overheads) {
  TaskSet tasks = example::running_example();
  tasks[2] = example::in_segments(tasks[2], 6);
  AnalysisOptions options = by(Policy::kDeadlineMonotonic);
  options.overheads.dispatch = 1_ms;
  EXPECT_EQ(defer_preemption(tasks, options).verdict, Verdict::kSchedulable);
  options.overheads = {.clock_error = 40_ms};
  EXPECT_EQ(defer_preemption(tasks, options).verdict, Verdict::kUnschedulable);
}

}  // namespace
}  // namespace aegis::theory
