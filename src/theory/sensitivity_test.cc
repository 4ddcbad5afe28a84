// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/sensitivity.h"

#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;

constexpr Parameter kParameters[] = {Parameter::kWcet, Parameter::kLongestSegment,
                                     Parameter::kPeriod, Parameter::kDeadline, Parameter::kJitter};
constexpr Policy kPolicies[] = {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                Policy::kStaticPriority, Policy::kFifo};

bool schedulable(const TaskSet& tasks, const AnalysisOptions& options) {
  return judge(tasks, options) == Verdict::kSchedulable;
}

bool smaller_is_harder(Parameter parameter) {
  return parameter == Parameter::kPeriod || parameter == Parameter::kDeadline;
}

// By hand: sensitivity.h. 50/65 of 20, 15 and 30 ms, each rounded up to the tick, fit 50 ms up to
// 769,230,750 parts per billion: 15,384,615 + 11,538,462 + 23,076,923 ns.
TEST(Sensitivity, what_would_make_the_running_example_schedulable) {
  const TaskSet tasks = example::running_example();
  const Sensitivity s = sensitivity(tasks, by(Policy::kEdf));
  EXPECT_EQ(s.verdict, Verdict::kUnschedulable);
  ASSERT_EQ(s.tasks.size(), 3U);
  EXPECT_EQ(s.tasks[2].largest_wcet, 15_ms);
  EXPECT_EQ(s.tasks[2].largest_longest_segment, 15_ms);
  EXPECT_EQ(s.tasks[2].longest_admissible_segment, 15_ms);
  EXPECT_EQ(s.tasks[1].smallest_deadline, RelativeDeadline{65_ms});
  EXPECT_EQ(s.critical_scaling, Scaling{769'230'750});
  EXPECT_EQ(s.longest_best_effort_segment, std::nullopt);
  for (const TaskSensitivity& task : s.tasks) {
    EXPECT_EQ(task.smallest_period, std::nullopt);
    EXPECT_EQ(task.largest_jitter, std::nullopt);
  }
  EXPECT_EQ(s.tasks[0].largest_wcet, std::nullopt);  // t = 40 does not know A
  EXPECT_EQ(s.tasks[1].largest_wcet, std::nullopt);  // t = 50: A alone waits 30: 50 <= 50, B 0
}

// A and B under EDF. t = 40: 15 + 20 of A (due at 50) = 35; t = 50: 35.
//   WCET of A: t = 40: 15 + A <= 40; t = 50: 15 + A <= 50     A <= 25
//   WCET of B: t = 40: B + 20 <= 40                            B <= 20
//   D of B:    t = D: 15 + 20 <= D                             D >= 35
//   D of A:    t = 40: 35 <= 40 whichever is due first; both due at D <= 40: 35 <= D
//   J of B:    due 40 - J after its release: 15 + 20 <= 40 - J     J <= 5
//   J of A:    A due 50 - J, with B as blocker or due: 35 <= 50 - J    J <= 15
//   best effort: t = 40: 15 + b <= 40; t = 50: 35 + b <= 50    b <= 15
//   all: 35 f <= 40, f <= 8/7; rounded up to ticks 22,857,143 + 17,142,857 ns
TEST(Sensitivity, margins_of_a_and_b) {
  const Sensitivity s = sensitivity(example::running_example_without_c(), by(Policy::kEdf));
  EXPECT_EQ(s.verdict, Verdict::kSchedulable);
  EXPECT_EQ(s.tasks[0].largest_wcet, 25_ms);
  EXPECT_EQ(s.tasks[1].largest_wcet, 20_ms);
  EXPECT_EQ(s.tasks[1].smallest_deadline, RelativeDeadline{35_ms});
  EXPECT_EQ(s.tasks[0].smallest_deadline, RelativeDeadline{35_ms});
  EXPECT_EQ(s.tasks[1].largest_jitter, 5_ms);
  EXPECT_EQ(s.tasks[0].largest_jitter, 15_ms);
  EXPECT_EQ(s.tasks[0].blocking_tolerance, 15_ms);
  EXPECT_EQ(s.tasks[1].blocking_tolerance, 15_ms);
  EXPECT_EQ(s.tasks[0].longest_admissible_segment, 25_ms);
  EXPECT_EQ(s.tasks[1].longest_admissible_segment, Duration::max());
  EXPECT_EQ(s.longest_best_effort_segment, 15_ms);
  EXPECT_EQ(s.critical_scaling, Scaling{1'142'857'133});
}

// B waits for C: 30 + 15 <= 40 fails; A behind B: 30 + 15 + 20 <= 50 fails. C <= 15, tolerances 25
// and 15, D of B and A together would be needed: none alone helps.
TEST(Sensitivity, the_running_example_by_deadlines) {
  const Sensitivity s = sensitivity(example::running_example(), by(Policy::kDeadlineMonotonic));
  EXPECT_EQ(s.tasks[2].largest_wcet, 15_ms);
  EXPECT_EQ(s.tasks[1].blocking_tolerance, 25_ms);
  EXPECT_EQ(s.tasks[0].blocking_tolerance, 15_ms);
  EXPECT_EQ(s.tasks[2].longest_admissible_segment, 15_ms);
  EXPECT_EQ(s.tasks[0].smallest_deadline, std::nullopt);
  EXPECT_EQ(s.tasks[1].smallest_deadline, std::nullopt);
}

TEST(Sensitivity, overheads_come_off_the_segments) {
  AnalysisOptions options = by(Policy::kEdf);
  options.overheads = {.release = 0_ms, .dispatch = 1_ms, .completion = 1_ms, .clock_error = 0_ms};
  // t = 50: 22 + 17 + b <= 50, of which C has 2 of overhead.
  EXPECT_EQ(longest_best_effort_segment(example::running_example_without_c(), options), 11_ms);
  const Sensitivity s = sensitivity(example::running_example(), options);
  EXPECT_EQ(s.tasks[2].longest_admissible_segment, 9_ms);
  EXPECT_EQ(s.tasks[2].largest_wcet, 9_ms);
}

TEST(Sensitivity, nothing_for_what_is_no_limit_or_no_set) {
  const TaskSet tasks = example::running_example();
  const auto edf = by(Policy::kEdf);
  EXPECT_EQ(limit(tasks, edf, TaskId{7}, Parameter::kWcet), std::nullopt);
  EXPECT_EQ(limit({}, edf, TaskId{0}, Parameter::kWcet), std::nullopt);
  EXPECT_TRUE(sensitivity({}, edf).tasks.empty());
  EXPECT_EQ(critical_scaling({}, edf), std::nullopt);
  EXPECT_EQ(longest_best_effort_segment({}, edf), std::nullopt);
  AnalysisOptions no_window = by(Policy::kDeadlineMonotonic);
  no_window.supply.window = Duration::zero();
  const Sensitivity refused = sensitivity(tasks, no_window);
  EXPECT_EQ(refused.verdict, Verdict::kUnknown);
  EXPECT_EQ(refused.tasks[2].largest_wcet, std::nullopt);
  EXPECT_EQ(refused.tasks[2].longest_admissible_segment, std::nullopt);
  const auto preemptive = by(Policy::kEdf, Preemption::kPreemptive);
  EXPECT_EQ(longest_best_effort_segment(tasks, preemptive), std::nullopt);
}

TEST(Sensitivity, a_wcet_is_shared_among_its_segments_in_proportion) {
  Task task = example::task(0, {10, 100, 100}, 1_ns);
  task.segments = {{6_ns, 6_ns}, {3_ns, 0_ns}, {1_ns, 1_ns}};
  const Task half = with(task, Parameter::kWcet, 5_ns);
  EXPECT_EQ(half.segments[0].wcet, 3_ns);
  EXPECT_EQ(half.segments[0].bcet, 3_ns);
  EXPECT_EQ(half.segments[1].wcet, 2_ns);
  EXPECT_EQ(half.segments[2].wcet, 1_ns);
  EXPECT_EQ(with(task, Parameter::kLongestSegment, 9_ns).segments[0].wcet, 9_ns);
}

TEST(Sensitivity, the_order_of_rm_is_held_fixed) {
  // With the order free, a B of a shorter period than A would go first.
  const TaskSet tasks = example::set({{2, 5, 5}, {2, 7, 7}});
  const auto smallest = limit(tasks, by(Policy::kRateMonotonic), TaskId{1}, Parameter::kPeriod);
  ASSERT_TRUE(smallest);
  const FixedOrder fixed = in_fixed_order(tasks, by(Policy::kRateMonotonic));
  EXPECT_EQ(fixed.options.policy, Policy::kStaticPriority);
  EXPECT_LT(fixed.tasks[0].priority, fixed.tasks[1].priority);
}

// ---- the same by trying every tick ----

// The hardest value in this range with which the set is schedulable.
std::optional<Duration> by_scan(const FixedOrder& fixed, std::size_t i, Parameter parameter,
                                std::int64_t from, std::int64_t to) {
  TaskSet tasks = fixed.tasks;
  for (std::int64_t n = from; n <= to; ++n) {
    const std::int64_t value = smaller_is_harder(parameter) ? n : to + from - n;
    tasks[i] = with(fixed.tasks[i], parameter, Duration::nanoseconds(value));
    if (schedulable(tasks, fixed.options)) return Duration::nanoseconds(value);
  }
  return std::nullopt;
}

// Where the scan ends, far beyond the sets' hyperperiods; a limit there is not compared.
constexpr std::int64_t kScanned = 60;

std::int64_t longest_scanned(const Task& task, Parameter parameter) {
  if (parameter != Parameter::kDeadline) return kScanned;
  const bool queues = task.overload.rule == OverloadRule::kQueue;
  const std::int64_t stay = task.period.ns() * (queues ? 1 + task.overload.queue_depth : 1);
  return std::min(kScanned, std::max(stay, task.deadline.value.ns()));
}

void compare_with_scan(const TaskSet& tasks, const AnalysisOptions& options, int& compared) {
  const FixedOrder fixed = in_fixed_order(tasks, options);
  ASSERT_EQ(schedulable(tasks, options), schedulable(fixed.tasks, fixed.options));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const Parameter parameter : kParameters) {
      const auto found = limit(tasks, options, tasks[i].id, parameter);
      const std::int64_t last = longest_scanned(tasks[i], parameter);
      const auto scanned =
          by_scan(fixed, i, parameter, parameter == Parameter::kJitter ? 0 : 1, last);
      const bool beyond = found && found->ns() > last;
      ASSERT_EQ(beyond ? std::nullopt : found, scanned)
          << "task " << i << " parameter " << static_cast<int>(parameter) << " policy "
          << to_string(options.policy) << ' ' << static_cast<int>(options.preemption);
      compared += scanned.has_value() ? 1 : 0;
    }
  }
}

// BCETs of zero: sensitivity.h says where a BCET may make several limits.
TaskSet without_bcets(TaskSet tasks) {
  for (Task& task : tasks) {
    for (Segment& segment : task.segments) segment.bcet = Duration::zero();
  }
  return tasks;
}

class AgainstScan : public testing::TestWithParam<std::tuple<Policy, Preemption>> {};

TEST_P(AgainstScan, every_limit_is_the_one_found_tick_by_tick) {
  const auto [policy, preemption] = GetParam();
  example::RandomSets random(7);
  int compared = 0;
  for (int i = 0; i < 1000 && !HasFatalFailure(); ++i) {
    TaskSet tasks = without_bcets(random.next({.most_tasks = 3,
                                               .longest_period = 9,
                                               .largest_jitter = i % 2 == 0 ? 3 : 0,
                                               .deadlines_beyond_periods = i % 3 == 0,
                                               .segments = i % 5 < 2}));
    if (i % 4 == 0) tasks.front().overload = {OverloadRule::kSkip, 0};
    AnalysisOptions options = by(policy, preemption);
    if (i % 7 == 0) options.overheads.clock_error = 1_ns;
    if (i % 6 == 0) options.blocking = Blocking::started_before(1_ns);
    if (i % 9 == 0) options.supply = {.lost = 1_ns, .window = 10_ns};
    compare_with_scan(tasks, options, compared);
  }
  EXPECT_GT(compared, 2000);
}

INSTANTIATE_TEST_SUITE_P(policies, AgainstScan,
                         testing::Combine(testing::ValuesIn(kPolicies),
                                          testing::Values(Preemption::kNonPreemptive,
                                                          Preemption::kPreemptive)));

TEST(Sensitivity, scaling_and_best_effort_hold_and_no_more_does) {
  example::RandomSets random(8);
  int margins = 0, needs = 0, allowed = 0;
  for (int i = 0; i < 1000; ++i) {
    const TaskSet tasks = without_bcets(random.next({.segments = true}));
    const AnalysisOptions options = by(kPolicies[i % 5]);
    const FixedOrder fixed = in_fixed_order(tasks, options);
    if (const auto f = critical_scaling(tasks, options)) {
      EXPECT_TRUE(schedulable(*scaled(fixed.tasks, *f), fixed.options));
      EXPECT_FALSE(schedulable(*scaled(fixed.tasks, {f->parts_per_billion + 1}), fixed.options));
      ++(f->parts_per_billion < 1'000'000'000 ? needs : margins);
    }
    const auto b = longest_best_effort_segment(tasks, options);
    if (!b) continue;
    AnalysisOptions more = fixed.options;
    more.blocking.best_effort = *b;
    EXPECT_TRUE(schedulable(fixed.tasks, more));
    more.blocking.best_effort += 1_ns;
    EXPECT_FALSE(schedulable(fixed.tasks, more));
    ++allowed;
  }
  EXPECT_GT(margins, 50);
  EXPECT_GT(needs, 50);
  EXPECT_GT(allowed, 50);
}

// What the whole answer says of neighbours is what a segment of that length does: a task cut into
// pieces no longer than its longest admissible segment blocks nobody too long.
TEST(Sensitivity, admissible_segments_and_tolerances_agree_with_the_analysis) {
  example::RandomSets random(9);
  int compared = 0;
  for (int i = 0; i < 1500; ++i) {
    const TaskSet tasks = without_bcets(random.next({.largest_jitter = i % 3}));
    const AnalysisOptions options = by(kPolicies[i % 4]);
    const Analysis analysis = analyse(tasks, options);
    if (analysis.verdict != Verdict::kSchedulable) continue;
    const Sensitivity s = sensitivity(tasks, options);
    for (std::size_t k = 0; k < tasks.size(); ++k) {
      EXPECT_EQ(s.tasks[k].blocking_tolerance, analysis.tasks[k].blocking_tolerance);
      ASSERT_TRUE(s.tasks[k].longest_admissible_segment);
      EXPECT_LE(longest_segment(tasks[k]), *s.tasks[k].longest_admissible_segment);
      ++compared;
    }
  }
  EXPECT_GT(compared, 200);
}

}  // namespace
}  // namespace aegis::theory
