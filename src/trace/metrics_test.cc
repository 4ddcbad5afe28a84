// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/metrics.h"

#include <numeric>

#include <gtest/gtest.h>

#include "synthetic_lane.h"

namespace aegis::trace {
namespace {

TEST(Distribution, percentiles_are_values_that_were_measured) {
  std::vector<std::int64_t> samples(1000);
  std::iota(samples.rbegin(), samples.rend(), 1);
  const Distribution d = Distribution::of(samples);
  EXPECT_EQ(d.count, 1000U);
  EXPECT_EQ(d.min, 1);
  EXPECT_EQ(d.p50, 500);
  EXPECT_EQ(d.p99, 990);
  EXPECT_EQ(d.p999, 999);
  EXPECT_EQ(d.max, 1000);
  EXPECT_DOUBLE_EQ(d.mean, 500.5);
  EXPECT_NEAR(d.cv, 0.5766, 1e-3);
}

TEST(Distribution, of_nothing_is_zero_and_of_one_sample_is_that_sample) {
  EXPECT_EQ(Distribution::of({}).count, 0U);
  EXPECT_EQ(Distribution::of({}).max, 0);
  const Distribution one = Distribution::of({42});
  EXPECT_EQ(one.p50, 42);
  EXPECT_EQ(one.p999, 42);
  EXPECT_EQ(one.cv, 0);
}

TEST(Metrics, count_what_the_lane_did) {
  const Trace trace = synthetic_trace({.tasks = running_example(), .overrun_one_in = 4});
  const Metrics metrics = aggregate(trace);
  ASSERT_EQ(metrics.tasks.size(), 3U);
  EXPECT_EQ(metrics.tasks[0].released, 10U);  // one second of T = 100 ms
  EXPECT_EQ(metrics.tasks[0].completed, 10U);
  EXPECT_EQ(metrics.tasks[1].released, 13U);
  EXPECT_EQ(metrics.tasks[2].released, 5U);
  EXPECT_GT(metrics.tasks[0].overruns + metrics.tasks[1].overruns + metrics.tasks[2].overruns, 0U);
  EXPECT_GT(metrics.tasks[0].utilisation, 0.1);
  EXPECT_LT(metrics.tasks[0].utilisation, 0.3);
}

TEST(Metrics, a_lanes_busy_idle_and_overhead_are_its_whole_span) {
  const Metrics metrics = aggregate(synthetic_trace({.tasks = running_example()}));
  ASSERT_EQ(metrics.lanes.size(), 1U);
  const LaneMetrics& lane = metrics.lanes[0];
  EXPECT_EQ(lane.busy + lane.idle + lane.overhead, lane.span);
  EXPECT_GT(lane.busy, Duration::zero());
  EXPECT_GT(lane.idle, Duration::zero());
  EXPECT_GT(lane.overhead, Duration::zero());
  EXPECT_LT(lane.overhead, Duration::milliseconds(1));
}

TEST(Metrics, a_refused_job_is_one_miss_however_often_it_is_recorded) {
  std::vector<SyntheticTask> tasks = running_example(1);
  tasks[1].period = Duration::milliseconds(10);  // B cannot keep up
  tasks[1].overload = "skip";
  const Metrics metrics = aggregate(synthetic_trace({.tasks = tasks}));
  const TaskMetrics& b = metrics.tasks[1];
  EXPECT_GT(b.refused, 10U);
  EXPECT_GE(b.missed, b.refused);
  EXPECT_LE(b.missed, b.refused + b.completed);
}

}  // namespace
}  // namespace aegis::trace
