// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/utilization_bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/preemptive_fp_response_time.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using policy::Policy;
using testing::HasSubstr;

TEST(UtilizationBounds, the_hyperbola_admits_what_liu_and_layland_do_not) {
  const TaskSet tasks = example::set({{1, 2, 2}, {1, 3, 3}});
  EXPECT_EQ(analyse_liu_layland_bound(tasks).verdict, Verdict::kUnknown);
  EXPECT_EQ(analyse_hyperbolic_bound(tasks).verdict, Verdict::kSchedulable);
  EXPECT_EQ(to_string(analyse_hyperbolic_bound(tasks).verdict), "schedulable");
}

TEST(UtilizationBounds, decide_exactly_at_the_bound) {
  const TaskSet at = example::set({{1, 1, 1}});
  EXPECT_EQ(analyse_liu_layland_bound(at).verdict, Verdict::kSchedulable);
  EXPECT_EQ(analyse_hyperbolic_bound(at).verdict, Verdict::kSchedulable);
  const TaskSet above = example::set({{1'000'001, 1'000'000, 1'000'000}});
  EXPECT_EQ(analyse_liu_layland_bound(above).verdict, Verdict::kUnschedulable);
}

TEST(UtilizationBounds, do_not_apply_to_constrained_deadlines_or_jitter) {
  EXPECT_THAT(analyse_liu_layland_bound(example::running_example()).reason, HasSubstr("deadline"));
  EXPECT_THAT(analyse_hyperbolic_bound(example::set({{1, 10, 10, 1}})).reason, HasSubstr("jitter"));
}

TEST(UtilizationBounds, never_admit_what_the_exact_analysis_refuses) {
  example::RandomSets sets(41);
  for (int i = 0; i < 2'000; ++i) {
    TaskSet tasks = sets.next({});
    for (Task& task : tasks) task.deadline.value = task.period;
    const bool layland = analyse_liu_layland_bound(tasks).verdict == Verdict::kSchedulable;
    const bool hyperbola = analyse_hyperbolic_bound(tasks).verdict == Verdict::kSchedulable;
    EXPECT_LE(layland, hyperbola);
    if (hyperbola) {
      EXPECT_EQ(analyse_preemptive_fp_response_time(tasks, Policy::kRateMonotonic).verdict,
                Verdict::kSchedulable);
    }
  }
}

}  // namespace
}  // namespace aegis::theory
