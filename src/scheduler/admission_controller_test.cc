// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/admission_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

using namespace time_literals;
using testing::HasSubstr;
using theory::policy::Policy;

Candidate candidate(std::uint32_t id, const std::string& name, std::vector<Duration> segments,
                    Duration period, Duration deadline) {
  theory::Task task;
  task.id = TaskId{id};
  task.name = name;
  for (const Duration wcet : segments) task.segments.push_back({.wcet = wcet, .bcet = {}});
  task.period = period;
  task.deadline = {deadline};
  return {.task = task, .budget = {}};
}

// The running example.
const Candidate kA = candidate(0, "A", {20_ms}, 100_ms, 50_ms);
const Candidate kB = candidate(1, "B", {15_ms}, 80_ms, 40_ms);
const Candidate kC = candidate(2, "C", {30_ms}, 200_ms, 100_ms);

TEST(AdmissionController, admits_a_and_b_with_a_certificate) {
  const Admission admission = AdmissionController(Policy::kEdf, {}).decide({kA, kB});
  EXPECT_TRUE(admission.admitted);
  ASSERT_TRUE(admission.certificate);
  ASSERT_EQ(admission.certificate->tasks.size(), 2U);
  for (const theory::TaskCertificate& task : admission.certificate->tasks) {
    EXPECT_GE(task.slack, Duration::zero());
  }
}

TEST(AdmissionController, refuses_c_beside_them_with_the_interval_that_breaks) {
  const Admission admission = AdmissionController(Policy::kEdf, {}).decide({kA, kB, kC});
  EXPECT_FALSE(admission.admitted);
  EXPECT_FALSE(admission.certificate);
  ASSERT_TRUE(admission.analysis.failure);
  EXPECT_EQ(admission.analysis.failure->interval, 40_ms);
  EXPECT_EQ(admission.analysis.failure->demand, 15_ms);
  EXPECT_EQ(admission.analysis.failure->blocking, 30_ms);
  EXPECT_EQ(admission.analysis.failure->blocker, kC.task.id);
}

TEST(AdmissionController, segments_and_overheads_decide_over_c) {
  const Candidate in_two = candidate(2, "C", {15_ms, 15_ms}, 200_ms, 100_ms);
  const Candidate in_three = candidate(2, "C", {10_ms, 10_ms, 10_ms}, 200_ms, 100_ms);
  const theory::Overheads some{.dispatch = 20_us, .completion = 20_us};
  EXPECT_TRUE(AdmissionController(Policy::kEdf, {}).decide({kA, kB, in_two}).admitted);
  EXPECT_FALSE(AdmissionController(Policy::kEdf, some).decide({kA, kB, in_two}).admitted);
  EXPECT_TRUE(AdmissionController(Policy::kEdf, some).decide({kA, kB, in_three}).admitted);
}

TEST(AdmissionController, every_policy_answers) {
  for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                              Policy::kStaticPriority, Policy::kFifo}) {
    EXPECT_TRUE(AdmissionController(policy, {}).decide({kA}).admitted);
  }
}

TEST(AdmissionController, a_deadline_below_the_wcet_is_refused_in_words) {
  const Admission admission =
      AdmissionController(Policy::kEdf, {}).decide({candidate(0, "late", {20_ms}, 100_ms, 5_ms)});
  EXPECT_FALSE(admission.admitted);
  EXPECT_THAT(admission.rationale, HasSubstr("\"late\" needs 20 ms but is due after 5 ms"));
}

TEST(AdmissionController, a_budget_too_small_is_refused_with_both_numbers) {
  Candidate hungry = kA;
  hungry.budget = {.memory_needed_bytes = 2'000, .memory_allowed_bytes = 1'000};
  EXPECT_THAT(AdmissionController(Policy::kEdf, {}).decide({hungry}).rationale,
              HasSubstr("needs 2000 bytes of memory, its budget is 1000"));
  Candidate slow = kA;
  slow.budget = {.compute_allowed = 10_ms};
  EXPECT_THAT(AdmissionController(Policy::kEdf, {}).decide({slow}).rationale,
              HasSubstr("needs 20 ms a period, its compute budget is 10 ms"));
  Candidate unlimited = kA;
  unlimited.budget = {.memory_needed_bytes = 2'000, .memory_allowed_bytes = 0};
  EXPECT_TRUE(AdmissionController(Policy::kEdf, {}).decide({unlimited}).admitted);
}

TEST(AdmissionController, a_compute_budget_is_divided_among_the_segments) {
  const theory::Task task = candidate(0, "two", {4_ms, 6_ms}, 100_ms, 100_ms).task;
  EXPECT_EQ(segment_limits(task, 14_ms), (std::vector{6_ms, 8_ms}));
  EXPECT_EQ(segment_limits(task, 10_ms), (std::vector{4_ms, 6_ms}));
  EXPECT_TRUE(segment_limits(task, 9_ms).empty());
  EXPECT_TRUE(segment_limits(task, std::nullopt).empty());
}

// Running example: A and B, where C may block for 10 ms. With a budget C may run up to it.
TEST(AdmissionController, a_compute_budget_is_charged_in_place_of_the_wcet) {
  Candidate c = candidate(2, "C", {10_ms}, 200_ms, 100_ms);
  const auto admitted = [&](Duration budget) {
    c.budget.compute_allowed = budget;
    return AdmissionController(Policy::kEdf, {}).decide({kA, kB, c}).admitted;
  };
  EXPECT_TRUE(admitted(10_ms));
  EXPECT_TRUE(admitted(14_ms)) << "15 ms with the grain: t = 50, 20 + 15 + 15";
  EXPECT_FALSE(admitted(15_ms));
}

TEST(AdmissionController, a_model_without_a_wcet_is_not_guessed_at) {
  const Admission admission =
      AdmissionController(Policy::kEdf, {}).decide({candidate(0, "new", {}, 10_ms, 10_ms)});
  EXPECT_FALSE(admission.admitted);
  EXPECT_THAT(admission.rationale, HasSubstr("\"new\" has no WCET"));
}

TEST(AdmissionController, overload_is_refused_and_nothing_needs_no_proof) {
  EXPECT_FALSE(AdmissionController(Policy::kEdf, {})
                   .decide({candidate(0, "x", {30_ms}, 40_ms, 40_ms),
                            candidate(1, "y", {30_ms}, 40_ms, 40_ms)})
                   .admitted);
  EXPECT_TRUE(AdmissionController(Policy::kEdf, {}).decide({}).admitted);
}

}  // namespace
}  // namespace aegis::scheduler
