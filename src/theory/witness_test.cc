// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/witness.h"

#include <gtest/gtest.h>

#include "aegis/theory/witness_search.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;

// What a witness promises: it is a behaviour of the charged set, and the late job misses in it.
void expect_to_miss(const TaskSet& tasks, const AnalysisOptions& options, const Witness& witness) {
  const TaskSet charged = *charged_for(tasks, options);
  EXPECT_GE(witness.tasks.size(), std::min<std::size_t>(1, charged.size()));
  EXPECT_TRUE(allowed_by(witness.tasks, witness.jobs));
  EXPECT_TRUE(allowed_by(options.supply, witness.outages));
  SimulationOptions lane{.policy = options.policy, .preemption = options.preemption};
  lane.outages = witness.outages;
  const Schedule schedule = *simulate(witness.tasks, witness.jobs, lane);
  for (const JobRecord& job : schedule.jobs) {
    if (job.id != witness.late.id) continue;
    EXPECT_TRUE(job.missed());
    EXPECT_EQ(job.completion, witness.late.completion);
    return;
  }
  ADD_FAILURE() << "the late job is not among those replayed";
}

std::optional<Witness> witness_of(const TaskSet& tasks, const AnalysisOptions& options) {
  const Analysis analysis = analyse(tasks, options);
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable) << analysis.reason;
  auto found = witness(tasks, options, analysis);
  if (found) expect_to_miss(tasks, options, *found);
  return found;
}

std::optional<Witness> searched(const TaskSet& tasks, const AnalysisOptions& options,
                                std::int64_t most_jobs = 100'000) {
  EXPECT_EQ(analyse(tasks, options).verdict, Verdict::kUnknown);
  auto found = search_for_miss(tasks, options, {.most_jobs = most_jobs});
  if (found) expect_to_miss(tasks, options, *found);
  return found;
}

//     best effort |==================|
//     B            ^                  |##############|    with 26 ms of it
TEST(Witness, of_best_effort_that_is_too_long) {
  const TaskSet tasks = example::running_example_without_c();
  AnalysisOptions options = by(Policy::kEdf);
  options.blocking.best_effort = 15_ms;
  EXPECT_EQ(judge(tasks, options), Verdict::kSchedulable);
  for (const Policy policy : {Policy::kEdf, Policy::kDeadlineMonotonic, Policy::kFifo}) {
    options.policy = policy;
    options.blocking.best_effort = 26_ms;
    const auto found = witness_of(tasks, options);
    ASSERT_TRUE(found) << to_string(policy);
    EXPECT_EQ(found->tasks.back().name, "best effort");
    EXPECT_EQ(found->jobs.front().task, found->tasks.back().id);
    EXPECT_TRUE(found->late.id.task == TaskId{0} || found->late.id.task == TaskId{1});
  }
}

//     C |=============================|
//     B  ^                            |##############|    due 40 ms after its arrival, done at 45
//     A  ^
TEST(Witness, of_the_running_example_is_c_just_before_b) {
  const TaskSet tasks = example::running_example();
  const auto found = witness_of(tasks, by(Policy::kEdf));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->jobs.front().task, TaskId{2});
  EXPECT_EQ(found->jobs.size(), 2U);  // A's deadline is outside of the interval
  EXPECT_EQ(found->late.id, (JobId{TaskId{1}, 0}));
  EXPECT_EQ(found->tardiness(), 5_ms - 1_ns);
}

TEST(Witness, belongs_to_a_refusal) {
  const TaskSet tasks = example::running_example();
  EXPECT_FALSE(witness(tasks, {}, {}));
  Analysis analysis = analyse(tasks, {});
  analysis.verdict = Verdict::kUnknown;
  EXPECT_FALSE(witness(tasks, {}, analysis));
}

//     A |##|  |##|  |##|     C = 2, T = D = 3
//     B    |#|   |#|   |...  C = 5, T = D = 10: done at 15 when nothing else is left to lose
TEST(Witness, of_more_work_than_lane_goes_on_until_a_job_misses) {
  const TaskSet tasks = example::set({{2, 3, 3}, {5, 10, 10}}, 1_ms);
  for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kFifo}) {
    for (const auto preemption : {Preemption::kNonPreemptive, Preemption::kPreemptive}) {
      EXPECT_TRUE(witness_of(tasks, by(policy, preemption))) << to_string(policy);
    }
  }
}

TEST(Witness, of_a_billionth_too_much_would_be_too_long) {
  const TaskSet tasks =
      example::set({{1'000'000, 1'000'000, 1'000'000'000}, {1, 1'000'000'000, 1'000'000'000}});
  EXPECT_FALSE(witness_of(tasks, by(Policy::kEdf)));
}

// Each of 10^12 jobs that the jitter may gather is late: more than a scenario holds.
TEST(Witness, of_a_jitter_of_too_many_periods_is_not_built) {
  const TaskSet tasks = example::set({{1, 3, 5, 3'000'000'000'000}});
  EXPECT_EQ(judge(tasks, by(Policy::kEdf)), Verdict::kUnschedulable);
  EXPECT_FALSE(witness_of(tasks, by(Policy::kEdf)));
}

TEST(Witness, of_more_work_than_lane_respects_offsets) {
  TaskSet tasks = example::set({{2, 3, 3}, {5, 10, 10}}, 1_ms);
  tasks[0].offset = 1_ms;
  tasks[1].offset = 7_ms;
  EXPECT_TRUE(witness_of(tasks, by(Policy::kEdf)));
}

TEST(Witness, of_a_level_with_more_work_than_lane) {
  const TaskSet tasks = example::set({{2, 3, 9}, {5, 10, 100}, {1, 1'000, 1'000}}, 1_ms);
  EXPECT_TRUE(witness_of(tasks, by(Policy::kStaticPriority)));
}

// FIFO, D = 4: when A arrives with B's second job the lane is still behind with the first.
//
//     B |#######|      |#######|        C 4, T 7
//     A |##|...                         C 3, T 100: arriving a tick after 0 it waits for B: 7
TEST(Witness, under_fifo_the_late_one_arrives_a_tick_after_what_it_waits_for) {
  const TaskSet tasks = example::set({{3, 100, 5}, {4, 7, 100}}, 1_ms);
  const auto found = witness_of(tasks, by(Policy::kFifo));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->late.id, (JobId{TaskId{0}, 0}));
  EXPECT_EQ(found->tardiness(), 2_ms - 1_ns);
}

TEST(Witness, is_of_the_set_with_overheads_charged) {
  TaskSet tasks = example::running_example_without_c();
  AnalysisOptions options;
  options.overheads.dispatch = 6_ms;
  const auto found = witness_of(tasks, options);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->jobs.front().execution_times.size(), 1U);
}

//     A |##########xx########xx|     10 ms of work are done after 12 when 1 ms of any 6 is lost
//       at first
TEST(Witness, loses_the_time_the_supply_may_lose) {
  const TaskSet tasks = example::set({{10, 100, 11}}, 1_ms);
  AnalysisOptions options = by(Policy::kEdf);
  options.supply = {1_ms, 6_ms};
  Analysis analysis{Verdict::kUnschedulable, "", ""};
  analysis.failure = Failure{TaskId{0}, 11_ms, 10_ms, Duration::zero(), {}};
  const auto found = witness(tasks, options, analysis);
  ASSERT_TRUE(found);
  expect_to_miss(tasks, options, *found);
  EXPECT_EQ(found->outages.size(), 2U);
  EXPECT_EQ(found->tardiness(), 1_ms);
}

//     A xxxxx|####|xxxxx|...      4 in 8 while 5 of any 10 are lost: the first job ends at 9, the
//       0    5    9 10   15..19   second, arrived at 8, at 18: 1 after 9, of which 5 + 4 are lost
TEST(Witness, under_fifo_a_later_job_may_meet_two_losses) {
  const TaskSet tasks = example::set({{4, 8, 9}}, 1_ms);
  AnalysisOptions options = by(Policy::kFifo);
  options.supply = {5_ms, 10_ms};
  Analysis analysis{Verdict::kUnschedulable, "", ""};
  analysis.failure = Failure{TaskId{0}, 9_ms, 10_ms, Duration::zero(), {}};
  const auto found = witness(tasks, options, analysis);
  ASSERT_TRUE(found);
  expect_to_miss(tasks, options, *found);
  EXPECT_EQ(found->late.id.sequence, 1U);
}

TEST(Witness, of_more_work_than_supply_goes_on_until_a_job_misses) {
  const TaskSet tasks = example::set({{2, 4, 4}, {4, 10, 10}}, 1_ms);
  AnalysisOptions options = by(Policy::kEdf);
  options.supply = {2_ms, 10_ms};
  const auto found = witness(tasks, options, {Verdict::kUnschedulable, "", ""});
  ASSERT_TRUE(found);
  expect_to_miss(tasks, options, *found);
}

TEST(WitnessSearch, loses_time_too) {
  const TaskSet tasks = example::set({{10, 100, 11}}, 1_ms);
  AnalysisOptions options = by(Policy::kEdf);
  options.supply = {1_ms, 6_ms};
  const auto found = search_for_miss(tasks, options);
  ASSERT_TRUE(found);
  expect_to_miss(tasks, options, *found);
  options.supply.window = 12_ms;
  EXPECT_FALSE(search_for_miss(tasks, options, {.most_jobs = 10'000}));
}

TEST(WitnessSearch, finds_what_equal_priorities_may_do) {
  TaskSet tasks = example::set({{10, 100, 15}, {10, 100, 30}}, 1_ms);
  for (Task& task : tasks) task.priority = {1};
  EXPECT_TRUE(searched(tasks, by(Policy::kStaticPriority)));
}

TEST(WitnessSearch, finds_declared_offsets_that_meet_and_not_those_that_never_do) {
  TaskSet tasks = example::set({{2, 10, 3}, {3, 15, 3}}, 1_ms);
  tasks[0].offset = 0_ms;
  tasks[1].offset = 2_ms;  // whenever they are close, B follows A at 2 or A follows B at 10
  EXPECT_FALSE(searched(tasks, by(Policy::kEdf)));
  tasks[1].offset = 5_ms;  // at 20 both
  EXPECT_TRUE(searched(tasks, by(Policy::kEdf)));
}

TEST(WitnessSearch, finds_a_job_its_overload_rule_drops) {
  TaskSet tasks = example::set({{6, 10, 20}, {7, 20, 20}}, 1_ms);
  tasks[0].overload = {OverloadRule::kSkip, 0};
  const auto found = searched(tasks, by(Policy::kEdf));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->late.dropped());
  EXPECT_EQ(found->tardiness(), std::nullopt);
}

// One task's jitter is a billion of another's periods.
TEST(WitnessSearch, gives_up_where_a_scenario_alone_is_beyond_its_effort) {
  const TaskSet gathered = example::set({{3, 3, 5, 3'000'000'000'000}});
  EXPECT_FALSE(search_for_miss(gathered, by(Policy::kFifo)));
  TaskSet among = example::set({{1, 10, 10}, {1, 1'000'000'000'000, 4'000'000'000'000}});
  among[1].release_jitter = 2_s;
  EXPECT_FALSE(search_for_miss(among, by(Policy::kFifo), {.most_jobs = 10'000}));
  among[1].offset = 1_s;
  EXPECT_FALSE(search_for_miss(among, by(Policy::kFifo), {.most_jobs = 10'000}));
}

TEST(WitnessSearch, spends_no_more_than_its_effort_and_repeats_itself) {
  TaskSet tasks = example::set({{10, 100, 15}, {10, 100, 30}}, 1_ms);
  for (Task& task : tasks) task.priority = {1};
  const auto options = by(Policy::kStaticPriority);
  EXPECT_FALSE(search_for_miss(tasks, options, {.most_jobs = 0}));
  EXPECT_FALSE(search_for_miss({}, options));
  const auto once = search_for_miss(tasks, options), again = search_for_miss(tasks, options);
  ASSERT_TRUE(once && again);
  EXPECT_EQ(once->late.arrival, again->late.arrival);
  EXPECT_EQ(once->jobs.size(), again->jobs.size());
}

}  // namespace
}  // namespace aegis::theory
