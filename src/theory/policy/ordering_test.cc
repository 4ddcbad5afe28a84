// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/policy/ordering.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::theory::policy {
namespace {

using namespace time_literals;

constexpr std::uint32_t kA = 0, kB = 1, kC = 2;

JobParameters job(std::uint32_t task, Duration arrival, Duration deadline, Duration period,
                  std::int64_t priority) {
  const TimePoint at = TimePoint{} + arrival;
  const RelativeDeadline relative{deadline};
  return {{TaskId{task}, 0}, at, at + relative, period, relative, Priority{priority}};
}

std::vector<JobParameters> running_example() {
  return {job(kA, 0_ms, 50_ms, 100_ms, 2), job(kB, 1_ms, 40_ms, 80_ms, 3),
          job(kC, 2_ms, 100_ms, 200_ms, 1)};
}

std::uint32_t first_by(Policy policy) {
  const auto jobs = running_example();
  const auto first = std::min_element(jobs.begin(), jobs.end(), [&](const auto& a, const auto& b) {
    return order(policy, a) < order(policy, b);
  });
  return first->id.task.value;
}

TEST(Ordering, each_policy_picks_its_own_first_job_of_the_running_example) {
  EXPECT_EQ(first_by(Policy::kEdf), kB);
  EXPECT_EQ(first_by(Policy::kRateMonotonic), kB);
  EXPECT_EQ(first_by(Policy::kDeadlineMonotonic), kB);
  EXPECT_EQ(first_by(Policy::kStaticPriority), kC);
  EXPECT_EQ(first_by(Policy::kFifo), kA);
}

TEST(Ordering, breaks_ties_by_arrival_then_task_then_sequence) {
  const JobParameters early = job(kB, 0_ms, 50_ms, 100_ms, 1);
  JobParameters late = job(kA, 10_ms, 40_ms, 100_ms, 1);
  EXPECT_LT(order(Policy::kEdf, early), order(Policy::kEdf, late)) << "same deadline";
  late.arrival = early.arrival;
  EXPECT_LT(order(Policy::kEdf, late), order(Policy::kEdf, early)) << "same arrival: A before B";
  late.id = early.id;
  late.id.sequence = 1;
  EXPECT_LT(order(Policy::kEdf, early), order(Policy::kEdf, late));
}

TEST(Ordering, is_a_total_order_of_distinct_jobs) {
  std::mt19937_64 random(11);
  const auto small = [&] { return Duration::nanoseconds(static_cast<std::int64_t>(random() % 3)); };
  for (int i = 0; i < 2'000; ++i) {
    const auto a = job(0, small(), small(), small(), 0), b = job(1, small(), small(), small(), 0);
    for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                Policy::kStaticPriority, Policy::kFifo}) {
      EXPECT_NE(order(policy, a) < order(policy, b), order(policy, b) < order(policy, a));
    }
  }
}

TEST(Ordering, names_are_read_back) {
  for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                              Policy::kStaticPriority, Policy::kFifo}) {
    EXPECT_EQ(policy_from(to_string(policy)), policy);
  }
  EXPECT_EQ(policy_from("np_edf"), Policy::kEdf);
  EXPECT_EQ(policy_from("fp"), Policy::kStaticPriority);
  EXPECT_EQ(policy_from("EDF"), std::nullopt);
  EXPECT_EQ(policy_from(""), std::nullopt);
}

}  // namespace
}  // namespace aegis::theory::policy
