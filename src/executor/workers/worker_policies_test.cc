// SPDX-License-Identifier: Apache-2.0
//
// The schedules of a worker, under every policy, against a naive scheduler of the test's own, and
// against the simulator by which theory judges them.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/simulator.h"

#include "virtual_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using JobNumbers = VirtualWorker::JobNumbers;
using PeriodicNumbers = VirtualWorker::PeriodicNumbers;

constexpr WorkerPolicy kPolicies[] = {WorkerPolicy::kEdf, WorkerPolicy::kRateMonotonic,
                                      WorkerPolicy::kLeastLaxity, WorkerPolicy::kFixedPriority,
                                      WorkerPolicy::kFifo};

// What somebody with a list of all jobs, and time to sort it at every choice, would have run.
struct PlannedJob {
  int name = 0;
  std::uint64_t activation = 0;
  Duration arrival, takes, deadline = Duration::max(), wcet, period = Duration::max();
  int level = 63;
  bool proven = false;
  std::size_t order = 0;  // of those that arrive at one instant
};
struct Execution {
  int name = 0;
  std::uint64_t activation = 0;
  Duration start, end;
  friend bool operator==(const Execution&, const Execution&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Execution& e) {
    return out << e.name << '/' << e.activation << ": " << e.start.ns() << ".." << e.end.ns();
  }
};

std::tuple<bool, Duration, Duration, std::size_t> rank(const PlannedJob& job, WorkerPolicy policy) {
  const bool none = job.deadline == Duration::max();
  Duration key = Duration::zero();
  switch (policy) {
    case WorkerPolicy::kEdf:
      key = none ? Duration::max() : job.arrival + job.deadline;
      break;
    case WorkerPolicy::kRateMonotonic:
      key = job.period;
      break;
    case WorkerPolicy::kLeastLaxity:
      key = none ? Duration::max() : job.arrival + job.deadline - job.wcet;
      break;
    case WorkerPolicy::kFixedPriority:
      key = Duration::nanoseconds(job.level);
      break;
    case WorkerPolicy::kFifo:
      break;
  }
  return {!job.proven, key, job.arrival, job.order};
}

std::vector<Execution> naive_schedule(std::vector<PlannedJob> jobs, WorkerPolicy policy) {
  std::vector<Execution> ran;
  Duration now;
  while (!jobs.empty()) {
    auto best = jobs.end();
    Duration first_arrival = Duration::max();
    for (auto job = jobs.begin(); job != jobs.end(); ++job) {
      first_arrival = std::min(first_arrival, job->arrival);
      if (job->arrival > now) continue;
      if (best == jobs.end() || rank(*job, policy) < rank(*best, policy)) best = job;
    }
    if (best == jobs.end()) {
      now = first_arrival;
      continue;
    }
    ran.push_back({best->name, best->activation, now, now + best->takes});
    now += best->takes;
    jobs.erase(best);
  }
  return ran;
}

std::vector<Execution> executions(const VirtualWorker& worker) {
  std::vector<Execution> ran;
  for (const VirtualWorker::Ran& one : worker.ran) {
    ran.push_back(
        {one.name, one.activation, VirtualWorker::since(one.start), VirtualWorker::since(one.end)});
  }
  return ran;
}

void plan(VirtualWorker& worker, const PlannedJob& job) {
  JobNumbers numbers{.name = job.name, .takes = job.takes};
  numbers.level = static_cast<std::uint8_t>(job.level);
  if (job.deadline != Duration::max()) numbers.deadline = job.deadline;
  if (job.period != Duration::max()) numbers.period = job.period;
  if (job.proven) numbers.wcet = job.wcet;
  worker.at(job.arrival, [&worker, numbers] { worker.submit(numbers); });
}

// The running example, its three jobs at once while a job without anything declared runs:
//
//   order of arrival: C, A, B
//   EDF          x B A C     d = 40, 50, 100
//   RM           x B A C     T = 80, 100, 200
//   LLF          x B A C     d - C = 25, 30, 70
//   level        x A B C     1, 2, 3
//   FIFO         x C A B
TEST(WorkerPolicies, the_running_example) {
  const std::map<WorkerPolicy, std::vector<int>> expected = {
      {WorkerPolicy::kEdf, {'x', 'B', 'A', 'C'}},
      {WorkerPolicy::kRateMonotonic, {'x', 'B', 'A', 'C'}},
      {WorkerPolicy::kLeastLaxity, {'x', 'B', 'A', 'C'}},
      {WorkerPolicy::kFixedPriority, {'x', 'A', 'B', 'C'}},
      {WorkerPolicy::kFifo, {'x', 'C', 'A', 'B'}}};
  for (const WorkerPolicy policy : kPolicies) {
    VirtualWorker worker(VirtualWorker::settings(policy));
    plan(worker, {.name = 'x', .takes = 1_ms});
    plan(worker, {'C', 0, 1_us, 30_ms, 100_ms, 30_ms, 200_ms, 3, true});
    plan(worker, {'A', 0, 1_us, 20_ms, 50_ms, 20_ms, 100_ms, 1, true});
    plan(worker, {'B', 0, 1_us, 15_ms, 40_ms, 15_ms, 80_ms, 2, true});
    worker.run_until(1_s);
    std::vector<int> names;
    for (const auto& ran : worker.ran) names.push_back(ran.name);
    EXPECT_EQ(names, expected.at(policy)) << to_string(policy);
    EXPECT_EQ(VirtualWorker::since(worker.ran.back().end), 66_ms) << "it idles while jobs wait";
  }
}

PlannedJob random_job(std::mt19937_64& random, int name) {
  const auto upto = [&](std::int64_t most) {
    return Duration::nanoseconds(
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most)));
  };
  PlannedJob job{.name = name, .arrival = upto(60), .takes = 1_ns + upto(6)};
  job.order = static_cast<std::size_t>(name);
  if (random() % 4 != 0) job.deadline = upto(40);
  if (random() % 3 != 0) job.period = 1_ns + upto(8);
  job.level = static_cast<int>(random() % 64);
  job.proven = random() % 2 == 0;
  if (job.proven) job.wcet = 1_ns + upto(6);
  return job;
}

// Small numbers, so that equal keys and coinciding arrivals are the rule.
TEST(WorkerPolicies, thousands_of_random_job_sets_run_as_the_naive_scheduler_says) {
  for (const WorkerPolicy policy : kPolicies) {
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
      std::mt19937_64 random(seed);
      std::vector<PlannedJob> jobs;
      const auto count = 1 + static_cast<int>(random() % 25);
      for (int i = 0; i < count; ++i) jobs.push_back(random_job(random, i));
      VirtualWorker worker(VirtualWorker::settings(policy));
      for (const PlannedJob& job : jobs) plan(worker, job);
      worker.run_until(1_ms);
      ASSERT_EQ(executions(worker), naive_schedule(jobs, policy))
          << to_string(policy) << ", seed " << seed;
    }
  }
}

// Proven periodic tasks and plain jobs together: of the plain ones none delays a proven one but the
// one that has begun.
TEST(WorkerPolicies, proven_tasks_come_before_plain_ones_whatever_the_policy) {
  for (const WorkerPolicy policy : kPolicies) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      std::mt19937_64 random(seed);
      std::vector<PlannedJob> jobs;
      VirtualWorker worker(VirtualWorker::settings(policy));
      for (int i = 0; i < 3; ++i) {
        const Duration period =
            Duration::nanoseconds(20 + static_cast<std::int64_t>(random() % 30));
        const Duration wcet = Duration::nanoseconds(1 + static_cast<std::int64_t>(random() % 6));
        const int level = static_cast<int>(random() % 64);
        worker.submit_periodic({.name = 100 + i,
                                .takes = [wcet](std::uint64_t) { return wcet; },
                                .period = period,
                                .wcet = wcet,
                                .overload = {theory::OverloadRule::kQueue, 1000},
                                .activations = 5,
                                .level = static_cast<std::uint8_t>(level)});
        for (std::uint64_t k = 0; k < 5; ++k) {
          jobs.push_back({100 + i, k, static_cast<std::int64_t>(k) * period, wcet, period, wcet,
                          period, level, true, static_cast<std::size_t>(i)});
        }
      }
      for (int i = 0; i < 20; ++i) {
        PlannedJob job = random_job(random, i);
        job.proven = false;
        job.wcet = Duration::zero();
        plan(worker, job);
        jobs.push_back(job);
      }
      worker.run_until(1_ms);
      ASSERT_EQ(executions(worker), naive_schedule(jobs, policy))
          << to_string(policy) << ", seed " << seed;
    }
  }
}

theory::TaskSet random_set(std::mt19937_64& random, std::size_t count) {
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return Duration::nanoseconds(std::uniform_int_distribution<std::int64_t>(low, high)(random));
  };
  theory::TaskSet tasks;
  for (std::uint32_t i = 0; i < count; ++i) {
    theory::Task task;
    task.id = TaskId{i};
    task.name = std::to_string(i);
    task.period = between(1'000'000, 9'999'999);
    task.segments = {{.wcet = between(50'000, 2'500'000), .bcet = Duration::zero()}};
    task.deadline = {between(500'000, 12'000'000)};
    task.offset = between(0, 5'000'000);
    task.priority = {i * 3};
    if (random() % 2 == 0) {
      task.overload = {theory::OverloadRule::kQueue, 1 + static_cast<std::uint32_t>(random() % 3)};
    }
    tasks.push_back(task);
  }
  return tasks;
}

// Where theory simulates what the worker does, both run the same jobs at the same instants, and
// drop the same ones: what admission proves is about this worker.
TEST(WorkerPolicies, periodic_sets_run_as_the_simulator_of_theory_says) {
  for (const WorkerPolicy policy : kPolicies) {
    if (!analysed_as(policy)) continue;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      std::mt19937_64 random(seed);
      const theory::TaskSet tasks = random_set(random, 1 + random() % 5);
      const Duration end = 100_ms;
      const auto simulated = theory::simulate(tasks, theory::synchronous_arrivals(tasks, end),
                                              {.policy = *analysed_as(policy)});
      ASSERT_TRUE(simulated.has_value()) << simulated.error().message();
      std::map<std::pair<int, std::uint64_t>, std::pair<Duration, Duration>> expected;
      for (const theory::JobRecord& job : simulated->jobs) {
        if (job.dropped()) continue;
        const auto name = static_cast<int>(job.id.task.value);
        expected[{name, job.id.sequence}] = {*job.start - TimePoint{},
                                             *job.completion - TimePoint{}};
      }
      VirtualWorker worker(VirtualWorker::settings(policy));
      for (const theory::Task& task : tasks) {
        const Duration wcet = task.segments.front().wcet;
        const auto jobs = (end - *task.offset - 1_ns) / task.period + 1;
        worker.submit_periodic({.name = static_cast<int>(task.id.value),
                                .takes = [wcet](std::uint64_t) { return wcet; },
                                .period = task.period,
                                .deadline = task.deadline.value,
                                .wcet = wcet,
                                .offset = *task.offset,
                                .overload = task.overload,
                                .activations = static_cast<std::uint64_t>(jobs),
                                .level = static_cast<std::uint8_t>(task.priority.value)});
      }
      worker.run_until(1_s);
      std::map<std::pair<int, std::uint64_t>, std::pair<Duration, Duration>> seen;
      for (const Execution& ran : executions(worker)) {
        seen[{ran.name, ran.activation}] = {ran.start, ran.end};
      }
      ASSERT_EQ(seen, expected) << to_string(policy) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace aegis::executor
