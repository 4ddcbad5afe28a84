// SPDX-License-Identifier: Apache-2.0
//
// Periodic tasks of a worker in virtual time: when they are released, what becomes of releases that
// come too early, and how they end.
#include <vector>

#include <gtest/gtest.h>

#include "virtual_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using Claim = SlotState::Claim;
using PeriodicNumbers = VirtualWorker::PeriodicNumbers;

std::function<Duration(std::uint64_t)> always(Duration length) {
  return [length](std::uint64_t) { return length; };
}
// The first activation takes so long, the others no time worth mentioning.
std::function<Duration(std::uint64_t)> first(Duration length) {
  return [length](std::uint64_t activation) { return activation == 0 ? length : 1_us; };
}

std::vector<std::uint64_t> activations(const VirtualWorker& worker) {
  std::vector<std::uint64_t> numbers;
  for (const auto& ran : worker.ran) numbers.push_back(ran.activation);
  return numbers;
}
std::vector<Duration> arrivals(const VirtualWorker& worker) {
  std::vector<Duration> instants;
  for (const auto& ran : worker.ran) instants.push_back(VirtualWorker::since(ran.arrival));
  return instants;
}
// Every arrival has become one of these.
void expect_all_counted(const VirtualWorker& worker, std::uint64_t arrived) {
  EXPECT_EQ(worker.jobs().ended(), arrived);
}

TEST(PeriodicJobs, arrivals_neither_drift_nor_follow_a_late_worker) {
  VirtualWorker worker;
  worker.wakes_late = 37_us;
  worker.submit_periodic({.name = 1, .takes = always(300_us), .period = 1_ms, .offset = 250_us});
  worker.run_until(10_s);
  ASSERT_EQ(worker.ran.size(), 10'000U);
  for (std::size_t k = 0; k < worker.ran.size(); ++k) {
    const auto& job = worker.ran[k];
    ASSERT_EQ(job.activation, k);
    ASSERT_EQ(VirtualWorker::since(job.arrival), 250_us + static_cast<std::int64_t>(k) * 1_ms);
    ASSERT_EQ(job.start - job.arrival, 37_us);
  }
}

// Three periods pass within the first execution.
//
//   period 10     |---------|---------|---------|---------|
//   execution     ##################################      #
//   arrivals      0         1         2         3         4
TEST(PeriodicJobs, the_overload_rules_skip_reject_and_queue) {
  using theory::OverloadRule;
  const auto run = [](theory::Overload rule) {
    VirtualWorker worker;
    worker.submit_periodic(
        {.name = 1, .takes = first(35_ms), .period = 10_ms, .overload = rule, .activations = 6});
    worker.run_until(1_s);
    expect_all_counted(worker, 6);
    EXPECT_EQ(worker.jobs().refused, worker.jobs().missed_because(MissCause::kSkipped));
    return activations(worker);
  };
  using Numbers = std::vector<std::uint64_t>;
  EXPECT_EQ(run({OverloadRule::kSkip, 0}), (Numbers{0, 4, 5}));
  EXPECT_EQ(run({OverloadRule::kReject, 0}), (Numbers{0, 4, 5}));
  EXPECT_EQ(run({OverloadRule::kQueue, 1}), (Numbers{0, 1, 4, 5}));
  EXPECT_EQ(run({OverloadRule::kQueue, 2}), (Numbers{0, 1, 2, 4, 5}));
  EXPECT_EQ(run({OverloadRule::kQueue, 3}), (Numbers{0, 1, 2, 3, 4, 5}));
}

TEST(PeriodicJobs, queued_activations_keep_their_own_arrival_and_deadline) {
  VirtualWorker worker;
  worker.submit_periodic({.name = 1,
                          .takes = first(25_ms),
                          .period = 10_ms,
                          .deadline = 6_ms,
                          .overload = {theory::OverloadRule::kQueue, 5},
                          .activations = 4});
  worker.run_until(1_s);
  EXPECT_EQ(arrivals(worker), (std::vector<Duration>{0_ms, 10_ms, 20_ms, 30_ms}));
  const auto misses = worker.misses();
  ASSERT_EQ(misses.size(), 2U);
  EXPECT_EQ(misses[0].tardiness, 19_ms);  // 25 - 6
  EXPECT_EQ(misses[1].tardiness, 9_ms + 1_us);
  EXPECT_EQ(misses[1].activation, 1U);
}

TEST(PeriodicJobs, a_limited_task_ends_completed_with_its_last_activation) {
  VirtualWorker worker;
  const TaskHandle task =
      worker.submit_periodic({.name = 1, .takes = always(2_ms), .period = 10_ms, .activations = 3});
  worker.run_until(20_ms);
  EXPECT_FALSE(worker.has_ended(task));
  worker.run_until(1_s);
  ASSERT_TRUE(worker.has_ended(task));
  const TaskOutcome outcome = worker.outcome(task);
  EXPECT_EQ(outcome.end, TaskEnd::kCompleted);
  EXPECT_EQ(outcome.activations, 3U);
  EXPECT_EQ(VirtualWorker::since(outcome.completion), 22_ms);
  EXPECT_EQ(outcome.execution, 2_ms);
  EXPECT_EQ(worker.core->periodic().in_use(), 0U);
}

// The last arrival falls into the execution before it and is skipped, which the worker sees when
// nothing of the task waits any more.
TEST(PeriodicJobs, a_limited_task_ends_though_its_last_activation_is_skipped) {
  for (const Duration execution : {10_ms, 15_ms, 25_ms}) {
    VirtualWorker worker;
    const TaskHandle task = worker.submit_periodic(
        {.name = 1, .takes = first(execution), .period = 10_ms, .activations = 2});
    worker.run_until(1_s);
    EXPECT_TRUE(worker.has_ended(task));
    EXPECT_EQ(worker.outcome(task).end, TaskEnd::kCompleted);
    EXPECT_EQ(worker.core->periodic().in_use(), 0U);
    expect_all_counted(worker, 2);
  }
}

TEST(PeriodicJobs, cancelled_between_two_activations_it_frees_its_place_at_once) {
  VirtualWorker worker;
  const TaskHandle task =
      worker.submit_periodic({.name = 1, .takes = always(1_ms), .period = Duration::seconds(3600)});
  worker.at(5_ms, [&] { EXPECT_EQ(worker.cancel(task), Claim::kWon); });
  worker.run_until(6_ms);
  EXPECT_TRUE(worker.has_ended(task));
  EXPECT_EQ(worker.outcome(task).end, TaskEnd::kCancelled);
  EXPECT_EQ(worker.core->periodic().in_use(), 0U);
  EXPECT_EQ(worker.cancel(task), Claim::kEnded);
  worker.run_until(Duration::seconds(7300));
  EXPECT_EQ(worker.ran.size(), 1U);
  expect_all_counted(worker, 1);
}

TEST(PeriodicJobs, cancelled_while_it_runs_it_ends_with_that_activation) {
  VirtualWorker worker;
  const TaskHandle task = worker.submit_periodic({.name = 1,
                                                  .takes = first(35_ms),
                                                  .period = 10_ms,
                                                  .overload = {theory::OverloadRule::kQueue, 9}});
  worker.at(5_ms, [&] { EXPECT_EQ(worker.cancel(task), Claim::kRunning); });
  worker.run_until(1_s);
  EXPECT_EQ(activations(worker), (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(worker.outcome(task).end, TaskEnd::kCancelled);
  EXPECT_EQ(worker.core->periodic().in_use(), 0U);
}

// A long plain job holds the worker while an activation waits; it is cancelled then.
TEST(PeriodicJobs, cancelled_while_activations_wait_they_are_dropped_and_counted) {
  VirtualWorker worker(VirtualWorker::settings(WorkerPolicy::kFifo));
  worker.submit({.name = 9, .takes = 1_ms});
  const TaskHandle task = worker.submit_periodic({.name = 1,
                                                  .takes = always(30_ms),
                                                  .period = 10_ms,
                                                  .overload = {theory::OverloadRule::kQueue, 9}});
  // Runs 1..31; then 10, 20 and 30 wait behind 8, which runs 31..36.
  worker.at(9_ms, [&] { worker.submit({.name = 8, .takes = 5_ms}); });
  worker.at(33_ms, [&] { EXPECT_EQ(worker.cancel(task), Claim::kWon); });
  worker.run_until(1_s);
  ASSERT_EQ(worker.ran.size(), 3U);
  EXPECT_EQ(worker.jobs().cancelled, 3U);
  expect_all_counted(worker, 6);
  EXPECT_EQ(worker.core->periodic().in_use(), 0U);
}

TEST(PeriodicJobs, firm_activations_that_cannot_begin_in_time_are_skipped) {
  VirtualWorker worker;
  worker.submit_periodic({.name = 1,
                          .takes = first(18_ms),
                          .period = 10_ms,
                          .deadline = 5_ms,
                          .overload = {theory::OverloadRule::kQueue, 5},
                          .activations = 4,
                          .deadline_class = DeadlineClass::kFirm});
  worker.run_until(1_s);
  // 1 arrived at 10, due at 15, could begin at 18.
  EXPECT_EQ(activations(worker), (std::vector<std::uint64_t>{0, 2, 3}));
  const auto misses = worker.misses();
  ASSERT_EQ(misses.size(), 2U);
  EXPECT_FALSE(misses[0].skipped);
  EXPECT_TRUE(misses[1].skipped);
  EXPECT_EQ(misses[1].activation, 1U);
  EXPECT_EQ(misses[1].cause, MissCause::kSkipped);
  EXPECT_EQ(misses[1].tardiness, Duration::zero());
  expect_all_counted(worker, 4);
}

// Who has cancelled it told the worker, which looked before the task had reached it.
TEST(PeriodicJobs, cancelled_on_its_way_to_the_worker_gives_its_place_back) {
  VirtualWorker worker;
  const TaskHandle task =
      worker.submit_periodic({.name = 1, .takes = always(1_us), .period = 1_ms, .offset = 3'600_s});
  EXPECT_EQ(worker.cancel(task), Claim::kWon);
  worker.state.ports[0]->periodic_cancelled = false;
  worker.run_until(1_ms);
  EXPECT_EQ(worker.core->periodic().in_use(), 0U);
  EXPECT_EQ(worker.outcome(task).end, TaskEnd::kCancelled);
}

// A look is short however much was missed, and nothing is lost from the count.
TEST(PeriodicJobs, a_worker_far_behind_passes_over_what_it_missed) {
  VirtualWorker worker;
  worker.submit_periodic({.name = 1, .takes = first(3'600_s), .period = 1_us});
  worker.submit_periodic({.name = 2,
                          .takes = always(1_ns),
                          .period = 1_us,
                          .overload = {theory::OverloadRule::kQueue, 3}});
  const TaskHandle finite = worker.submit_periodic(
      {.name = 3, .takes = always(1_ns), .period = 2_us, .activations = 1'000'000'000});
  worker.at(3'600_s + 10_us, [&] { worker.state.draining = true; });
  worker.run_until(3'601_s);
  // Until it closes: two tasks at every microsecond, the third at every second one until it ends.
  const std::uint64_t each = 3'600'000'000 + 10;
  EXPECT_NEAR(static_cast<double>(worker.jobs().ended()),
              static_cast<double>(2 * each + 1'000'000'000), 8);
  EXPECT_EQ(worker.outcome(finite).end, TaskEnd::kCompleted);
  EXPECT_EQ(worker.jobs().ended(), worker.ran.size() + worker.jobs().refused);
  std::uint64_t told = 0;
  for (const DeadlineMiss& miss : worker.misses()) told += miss.skipped ? 1 + miss.further : 0;
  EXPECT_EQ(told, worker.jobs().refused);
}

// What fell into the execution that is over is refused; what came after it is not.
TEST(PeriodicJobs, passing_over_ends_with_the_execution) {
  VirtualWorker worker;
  worker.submit_periodic({.name = 1, .takes = first(1'000'500_us), .period = 1_ms});
  worker.submit({.name = 2, .takes = 10_ms, .deadline = 1_us});
  worker.run_until(1'100_ms);
  // 1000 arrivals within the first execution are refused, and of those within job 2, which ran
  // before it, all but one.
  EXPECT_EQ(worker.jobs().refused + worker.ran.size() - 1, 1'100U);
  const auto after = std::find_if(worker.ran.begin(), worker.ran.end(), [](const auto& ran) {
    return ran.name == 1 && ran.activation > 0;
  });
  ASSERT_NE(after, worker.ran.end());
  EXPECT_GE(after->arrival - worker.ran[1].start, 1'000'500_us);
}

TEST(PeriodicJobs, what_lies_beyond_the_end_of_time_never_comes) {
  VirtualWorker worker;
  worker.submit_periodic({.name = 1, .takes = always(1_ms), .period = Duration::max()});
  worker.submit_periodic(
      {.name = 2, .takes = always(1_ms), .period = 1_ms, .offset = Duration::max()});
  worker.submit_periodic({.name = 3,
                          .takes = always(1_ms),
                          .period = 1_s,
                          .deadline = Duration::max(),
                          .activations = 2});
  worker.run_until(3_s);
  std::vector<int> names;
  for (const auto& ran : worker.ran) names.push_back(ran.name);
  EXPECT_EQ(names, (std::vector<int>{1, 3, 3}));
  EXPECT_EQ(worker.jobs().missed, 0U);
}

TEST(PeriodicJobs, a_closing_scheduler_ends_them_after_what_was_released) {
  VirtualWorker worker;
  const TaskHandle waiting =
      worker.submit_periodic({.name = 1,
                              .takes = always(6_ms),
                              .period = 10_ms,
                              .overload = {theory::OverloadRule::kQueue, 5}});
  const TaskHandle between = worker.submit_periodic(
      {.name = 2, .takes = always(6_ms), .period = 10_ms, .offset = 5_ms, .activations = 1});
  const TaskHandle never =
      worker.submit_periodic({.name = 3, .takes = always(6_ms), .period = 10_ms, .offset = 500_ms});
  worker.at(7_ms, [&] { worker.state.draining = true; });
  worker.run_until(1_s);
  EXPECT_EQ(worker.outcome(waiting).end, TaskEnd::kAbandoned);
  EXPECT_EQ(worker.outcome(between).end, TaskEnd::kCompleted) << "all its activations ran";
  EXPECT_EQ(worker.outcome(never).end, TaskEnd::kAbandoned);
  EXPECT_EQ(worker.ran.size(), 2U);
  EXPECT_EQ(worker.core->periodic().in_use(), 0U);
}

}  // namespace
}  // namespace aegis::executor
