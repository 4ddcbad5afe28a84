// SPDX-License-Identifier: Apache-2.0
//
// Answers found by others, or exhaustively, against the analyses.
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/demand_bound.h"
#include "aegis/theory/np_edf_demand.h"
#include "aegis/theory/np_edf_response_time.h"
#include "aegis/theory/np_fp_response_time.h"
#include "aegis/theory/preemptive_edf_demand.h"
#include "aegis/theory/preemptive_fp_response_time.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using policy::Policy;
using testing::ElementsAre;

constexpr Duration kTick = Duration::nanoseconds(1);

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(std::string(AEGIS_THEORY_TESTDATA) + "/" + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

std::vector<std::int64_t> in_ticks(const std::vector<Duration>& durations) {
  std::vector<std::int64_t> ticks;
  ticks.reserve(durations.size());
  for (const Duration d : durations) ticks.push_back(d.ns());
  return ticks;
}

TEST(PublishedAnswers, lehoczky1990_successive_responses_in_the_busy_period) {
  const TaskSet tasks = example::set({{26, 70, 70}, {62, 100, 118}});
  EXPECT_THAT(in_ticks(preemptive_successive_responses(tasks, TaskId{1}, Policy::kStaticPriority)),
              ElementsAre(114, 102, 116, 104, 118, 106, 94));
  EXPECT_EQ(analyse_preemptive_fp_response_time(tasks, Policy::kStaticPriority).verdict,
            Verdict::kSchedulable);
}

TEST(PublishedAnswers, joseph_pandya1986_response_times) {
  const TaskSet tasks = example::set({{3, 7, 7}, {3, 12, 12}, {5, 20, 20}});
  const Analysis analysis = analyse_preemptive_fp_response_time(tasks, Policy::kRateMonotonic);
  EXPECT_EQ(analysis.tasks[0].response_time->ns(), 3);
  EXPECT_EQ(analysis.tasks[1].response_time->ns(), 6);
  EXPECT_EQ(analysis.tasks[2].response_time->ns(), 20);
  EXPECT_EQ(analysis.verdict, Verdict::kSchedulable);
}

TEST(PublishedAnswers, davis2007_needs_the_second_job_of_c) {
  const TaskSet tasks =
      example::set({{100, 250, 250}, {100, 350, 325}, {100, 350, 325}}, Duration::microseconds(10));
  const auto response = [&](std::uint32_t id) {
    return np_successive_responses(tasks, TaskId{id}, Policy::kStaticPriority, Blocking::closed());
  };
  const auto us = [](std::int64_t n) { return Duration::microseconds(n); };
  EXPECT_THAT(response(0), ElementsAre(us(2'000)));
  EXPECT_THAT(response(1), ElementsAre(us(3'000), us(1'500)));
  EXPECT_THAT(response(2), ElementsAre(us(3'000), us(3'500)));
  const Analysis analysis =
      analyse_np_fp_response_time(tasks, Policy::kStaticPriority, Blocking::closed());
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
  EXPECT_EQ(analysis.failure->task, TaskId{2});
}

// Fixed preemption points: the second task has two pieces, 1.2 and 3.
TEST(PublishedAnswers, bril2009_successive_responses_with_deferred_preemption) {
  TaskSet tasks = example::set({{20, 50, 50}, {42, 70, 70}}, Duration::microseconds(100));
  const auto piece = [](std::int64_t n) {
    return Segment{Duration::microseconds(n), Duration::microseconds(n)};
  };
  tasks[1].segments = {piece(1'200), piece(3'000)};
  const auto responses =
      np_successive_responses(tasks, TaskId{1}, Policy::kStaticPriority, Blocking::closed());
  const auto us = [](std::int64_t n) { return Duration::microseconds(n); };
  EXPECT_THAT(responses, ElementsAre(us(6'200), us(5'400), us(6'600), us(5'800), us(7'000)));
  EXPECT_EQ(np_successive_responses(tasks, TaskId{0}, Policy::kStaticPriority, Blocking::closed()),
            std::vector<Duration>{us(5'000)});
}

// In the manner of Jeffay, Stanat, Martel 1991: C = 4.5 started just before, then B = 1 due in 4.
TEST(PublishedAnswers, jeffay1991_fails_within_an_interval_shorter_than_the_blocking_period) {
  const TaskSet tasks =
      example::set({{10, 40, 40}, {10, 60, 60}, {45, 100, 100}}, Duration::microseconds(100));
  const Analysis analysis = analyse_np_edf_demand(tasks, Blocking::closed());
  EXPECT_EQ(analysis.verdict, Verdict::kUnschedulable);
  // The paper's L counts the unit of time in which C began: C + floor((L - 1) / 4) > L at L = 5.
  EXPECT_EQ(analysis.failure->interval, Duration::milliseconds(4));
  EXPECT_GT(Duration::microseconds(4'500) + demand_bound(tasks, Duration::milliseconds(5)),
            Duration::milliseconds(5));
}

TEST(PublishedAnswers, zhang_burns2009_example_is_schedulable_by_preemptive_edf) {
  const TaskSet tasks = example::set({{6'000, 31'000, 18'000},
                                      {2'000, 9'800, 9'000},
                                      {1'000, 17'000, 12'000},
                                      {90, 4'200, 3'000},
                                      {8, 96, 78},
                                      {2, 12, 16},
                                      {10, 280, 120},
                                      {26, 660, 160}});
  EXPECT_EQ(analyse_preemptive_edf_demand(tasks).verdict, Verdict::kSchedulable);
  for (std::int64_t t = 1; t < 40'000; ++t) {
    ASSERT_LE(demand_bound(tasks, t * kTick), t * kTick);
  }
}

TEST(PublishedAnswers, np_fp_oracle_all_150_sets_exactly) {
  const auto lines = lines_of("np_fp_oracle.txt");
  ASSERT_EQ(lines.size(), 150U);
  for (const std::string& line : lines) {
    std::istringstream in(line);
    std::vector<example::Numbers> numbers;
    std::vector<std::int64_t> expected;
    for (std::int64_t t = 0, d = 0, c = 0, r = 0; in >> t >> d >> c >> r;) {
      numbers.push_back({c, t, d});
      expected.push_back(r);
    }
    const Analysis analysis = analyse_np_fp_response_time(
        example::set(numbers), Policy::kStaticPriority, Blocking::started_before(kTick));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(analysis.tasks[i].response_time->ns(), expected[i]) << line;
    }
  }
}

TEST(PublishedAnswers, np_edf_oracle_all_200_verdicts_exactly) {
  const auto lines = lines_of("np_edf_oracle.txt");
  ASSERT_EQ(lines.size(), 200U);
  for (const std::string& line : lines) {
    std::istringstream in(line);
    std::string verdict;
    in >> verdict;
    std::vector<example::Numbers> numbers;
    for (std::int64_t t = 0, d = 0, c = 0; in >> t >> d >> c;) numbers.push_back({c, t, d});
    const Analysis analysis =
        analyse_np_edf_demand(example::set(numbers), Blocking::started_before(kTick));
    EXPECT_EQ(to_string(analysis.verdict), verdict) << line << ": " << analysis.reason;
  }
}

// The job sets: periodic tasks with one common first arrival, analysed over a hyperperiod by an
// exact schedule-abstraction test in microseconds. A test for sporadic tasks may refuse what is
// schedulable there, never the reverse, and its bounds are never below the exact ones.
struct JobSet {
  TaskSet tasks;
  std::map<std::string, std::pair<std::string, std::string>> expected;  // policy: verdict, WCRTs
};

std::vector<std::string> fields_of(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, separator);) fields.push_back(field);
  return fields;
}

std::map<std::string, JobSet> job_sets() {
  std::map<std::string, JobSet> sets;
  for (const std::string& line : lines_of("jobset_tasks.csv")) {
    const auto f = fields_of(line, ',');
    if (f[0] == "Set") continue;
    Task task = example::task(
        static_cast<std::uint32_t>(std::stoul(f[1])),
        {std::stoll(f[5]), std::stoll(f[2]), std::stoll(f[3]), std::stoll(f[6])}, kTick);
    task.segments[0].bcet = std::stoll(f[4]) * kTick;
    sets[f[0]].tasks.push_back(task);
  }
  for (const std::string& line : lines_of("jobset_expected.csv")) {
    auto f = fields_of(line, ',');
    f.resize(4);
    if (f[0] != "Set") sets[f[0]].expected[f[1]] = {f[2], f[3]};
  }
  return sets;
}

void expect_safe(const std::string& name, const JobSet& set, const std::string& policy,
                 const Analysis& analysis) {
  const auto& [verdict, responses] = set.expected.at(policy);
  if (verdict == "unschedulable") {
    EXPECT_NE(analysis.verdict, Verdict::kSchedulable) << name;
    return;
  }
  if (responses.empty()) return;  // the exact test gave a verdict only
  const auto exact = fields_of(responses, ';');
  ASSERT_EQ(exact.size(), analysis.tasks.size()) << name;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto bound = analysis.tasks[i].response_time;
    if (!bound) continue;
    const auto pair = fields_of(exact[i], '=');
    ASSERT_EQ(analysis.tasks[i].task.value, std::stoul(pair[0]));
    EXPECT_GE(bound->ns(), std::stoll(pair[1])) << name << " " << policy << " task " << pair[0];
  }
}

TEST(PublishedAnswers, job_sets_are_never_accepted_wrongly_nor_bounded_below_the_exact_response) {
  const auto sets = job_sets();
  ASSERT_EQ(sets.size(), 81U);
  int accepted = 0;
  for (const auto& [name, set] : sets) {
    ASSERT_EQ(set.expected.size(), 2U) << name;
    const Blocking blocking = Blocking::started_before(kTick);
    const Analysis edf = analyse_np_edf_response_time(set.tasks, blocking);
    const Analysis dm =
        analyse_np_fp_response_time(set.tasks, Policy::kDeadlineMonotonic, blocking);
    expect_safe(name, set, "edf", edf);
    expect_safe(name, set, "dm", dm);
    accepted += edf.verdict == Verdict::kSchedulable;
    accepted += dm.verdict == Verdict::kSchedulable;
  }
  EXPECT_GT(accepted, 60) << "a test that accepts nothing would pass as well";
}

}  // namespace
}  // namespace aegis::theory
