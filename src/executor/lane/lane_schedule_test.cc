// SPDX-License-Identifier: Apache-2.0
//
// The lane's whole schedule against a naive scheduler of the test's own, on random task sets.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/simulator.h"

#include "virtual_lane.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using theory::policy::Policy;
using Ran = ScriptedDriver::Ran;

// When a task came and went, at the instants at which the lane took it in and let it go.
struct Presence {
  LaneTask task;
  TimePoint first;
  std::optional<TimePoint> removed;
};

Duration execution_time(std::uint64_t seed, JobId job, std::uint32_t segment, Duration wcet) {
  std::mt19937_64 random(seed ^ (job.sequence * 1000003 + job.task.value * 101 + segment));
  return Duration::nanoseconds(std::uniform_int_distribution<std::int64_t>(
      wcet.ns() / 2, wcet.ns() + wcet.ns() / 8)(random));
}

// Everything by the book and nothing fast: all jobs that ever were in one list, every question
// asked of the whole list.
class NaiveScheduler {
 public:
  NaiveScheduler(std::vector<Presence> tasks, Policy policy, std::uint64_t seed)
      : tasks_(std::move(tasks)), next_(tasks_.size(), 0), policy_(policy), seed_(seed) {}

  std::vector<Ran> run_until(TimePoint end) {
    TimePoint now;
    while (now < end) {
      take_arrivals(now);
      Job* job = choose(now);
      if (job == nullptr) {
        now = next_arrival();
        continue;
      }
      const auto segment = job->segments_done++;
      const Duration wcet = task(*job).model.segments[segment].wcet;
      const TimePoint start = now;
      now += execution_time(seed_, job->id, segment, wcet);
      ran_.push_back({job->id, segment, start, now, 0});
      if (job->segments_done == task(*job).model.segments.size()) job->completion = now;
    }
    return ran_;
  }

 private:
  struct Job {
    std::size_t task = 0;
    JobId id;
    TimePoint arrival;
    std::uint32_t segments_done = 0;
    std::optional<TimePoint> completion;
  };

  const LaneTask& task(const Job& job) const { return tasks_[job.task].task; }

  TimePoint arrival(std::size_t task) const {
    const Presence& presence = tasks_[task];
    const TimePoint at = presence.first + presence.task.model.offset.value_or(Duration::zero()) +
                         static_cast<std::int64_t>(next_[task]) * presence.task.model.period;
    return presence.removed && at >= *presence.removed ? TimePoint::max() : at;
  }

  TimePoint next_arrival() const {
    TimePoint next = TimePoint::max();
    for (std::size_t i = 0; i < tasks_.size(); ++i) next = std::min(next, arrival(i));
    return next;
  }

  void take_arrivals(TimePoint now) {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      for (TimePoint at = arrival(i); at <= now; at = arrival(i)) {
        const JobId id{tasks_[i].task.model.id, next_[i]++};
        const auto unfinished = std::ranges::count_if(jobs_, [&](const Job& job) {
          return job.task == i && (!job.completion || *job.completion > at);
        });
        const theory::Overload rule = tasks_[i].task.model.overload;
        const auto allowed = rule.rule == theory::OverloadRule::kQueue ? 1 + rule.queue_depth : 1;
        if (unfinished < allowed) jobs_.push_back({i, id, at, 0, std::nullopt});
      }
    }
  }

  std::int64_t key(const Job& job) const {
    const theory::Task& model = task(job).model;
    switch (policy_) {
      case Policy::kEdf:
        return (job.arrival + model.deadline).value.ns();
      case Policy::kRateMonotonic:
        return model.period.ns();
      case Policy::kDeadlineMonotonic:
        return model.deadline.value.ns();
      case Policy::kStaticPriority:
        return model.priority.value;
      case Policy::kFifo:
        return job.arrival.ns();
    }
    return 0;
  }

  Job* choose(TimePoint now) {
    Job* best = nullptr;
    const auto rank = [&](const Job& job) {
      return std::tuple(key(job), job.arrival, job.id.task, job.id.sequence);
    };
    for (Job& job : jobs_) {
      const auto& removed = tasks_[job.task].removed;
      const bool dropped = removed && *removed <= now && job.segments_done == 0;
      if (dropped && !job.completion) job.completion = *removed;
      if (job.completion) continue;
      if (best == nullptr || rank(job) < rank(*best)) best = &job;
    }
    return best;
  }

  std::vector<Presence> tasks_;
  std::vector<std::uint64_t> next_;
  Policy policy_;
  std::uint64_t seed_;
  std::vector<Job> jobs_;
  std::vector<Ran> ran_;
};

LaneTask random_task(std::mt19937_64& random, std::uint32_t id) {
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  TaskNumbers numbers{.id = id,
                      .wcets = {},
                      .period = Duration::microseconds(between(2, 20) * 100),
                      .deadline = {}};
  for (std::int64_t segment = between(1, 3); segment > 0; --segment) {
    numbers.wcets.push_back(Duration::microseconds(between(1, 30) * 10));
  }
  numbers.deadline = Duration::microseconds(between(2, 30) * 100);
  LaneTask task = lane_task(numbers);
  task.model.priority.value = between(0, 3);
  if (between(0, 3) == 0) task.model.offset = Duration::microseconds(between(0, 10) * 100);
  const auto rule = static_cast<theory::OverloadRule>(between(0, 2));
  task.model.overload = {
      rule, rule == theory::OverloadRule::kQueue ? static_cast<std::uint32_t>(between(1, 3)) : 0};
  return task;
}

// A random set, one task of which comes late and one of which leaves, on a lane under the policy.
struct RandomRun {
  RandomRun(std::uint64_t seed, Policy policy, bool traced)
      : lane(lane_configuration(policy), traced) {
    std::mt19937_64 random(seed);
    std::vector<LaneTask> initial;
    for (std::uint32_t id = 0; id < 4; ++id) initial.push_back(random_task(random, id));
    const LaneTask late = random_task(random, 4);
    lane.driver.execution = [this, seed](JobId job, std::uint32_t segment) {
      return execution_time(seed, job, segment, wcet(job.task, segment));
    };
    for (const LaneTask& task : initial)
      presences.push_back({task, lane.clock.now(), std::nullopt});
    auto states = lane.add_together(initial);
    lane.run_until(TimePoint{} + 7_ms);
    presences.push_back({late, lane.clock.now(), std::nullopt});
    lane.add(late);
    lane.run_until(TimePoint{} + 12_ms);
    presences[1].removed = lane.clock.now();
    lane.core->remove(states[1]);
    lane.run_until(TimePoint{} + 30_ms);
  }

  Duration wcet(TaskId task, std::uint32_t segment) const {
    return presences[task.value].task.model.segments[segment].wcet;
  }

  std::vector<Presence> presences;
  VirtualLane lane;
};

class LaneSchedule : public testing::TestWithParam<Policy> {};

TEST_P(LaneSchedule, equals_a_naive_scheduler_on_random_sets) {
  std::size_t segments = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RandomRun run(seed, GetParam(), true);
    NaiveScheduler reference(run.presences, GetParam(), seed);
    const std::vector<Ran> expected = reference.run_until(TimePoint{} + 30_ms);
    ASSERT_EQ(run.lane.driver.ran.size(), expected.size()) << "seed " << seed;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(run.lane.driver.ran[i], expected[i]) << "seed " << seed << ", segment " << i;
    }
    segments += expected.size();
  }
  EXPECT_GT(segments, 4'000U);
}

TEST_P(LaneSchedule, is_the_same_with_and_without_a_trace) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    EXPECT_EQ(RandomRun(seed, GetParam(), true).lane.driver.ran,
              RandomRun(seed, GetParam(), false).lane.driver.ran);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, LaneSchedule,
                         testing::Values(Policy::kEdf, Policy::kRateMonotonic,
                                         Policy::kDeadlineMonotonic, Policy::kStaticPriority,
                                         Policy::kFifo),
                         [](const auto& policy) { return std::string(to_string(policy.param)); });

// What became of each job: when it started and when it ended.
using Ends = std::map<JobId, std::pair<TimePoint, TimePoint>>;

// The simulator stops nothing before its end, the lane stops at `horizon`: both, as far as they
// went together.
Ends simulated_ends(const theory::TaskSet& tasks, Policy policy, std::uint64_t seed,
                    Duration horizon) {
  auto jobs = theory::synchronous_arrivals(tasks, horizon);
  std::map<TaskId, std::uint64_t> sequence;
  for (theory::PlannedJob& job : jobs) {
    const auto& segments = tasks[job.task.value].segments;
    const JobId id{job.task, sequence[job.task]++};
    for (std::uint32_t i = 0; i < segments.size(); ++i) {
      job.execution_times.push_back(
          std::min(segments[i].wcet, execution_time(seed, id, i, segments[i].wcet)));
    }
  }
  const auto schedule = theory::simulate(tasks, jobs, {.policy = policy});
  EXPECT_TRUE(schedule.has_value()) << schedule.error().message();
  Ends ends;
  for (const theory::JobRecord& job : schedule->jobs) {
    if (!job.dropped() && *job.completion <= TimePoint{} + horizon)
      ends[job.id] = {*job.start, *job.completion};
  }
  return ends;
}

Ends lane_ends(const std::vector<LaneTask>& tasks, Policy policy, std::uint64_t seed,
               Duration horizon) {
  VirtualLane lane(lane_configuration(policy), false);
  lane.driver.execution = [&](JobId job, std::uint32_t segment) {
    const Duration wcet = tasks[job.task.value].model.segments[segment].wcet;
    return std::min(wcet, execution_time(seed, job, segment, wcet));
  };
  Ends ends;
  auto reported = tasks;
  for (LaneTask& task : reported) {
    task.on_job_end = [&](const JobReport& report) {
      const bool in_time = report.completion <= TimePoint{} + horizon;
      if (report.end == JobEnd::kDone && in_time)
        ends[report.job] = {report.start, report.completion};
    };
  }
  lane.add_together(reported);
  lane.run_until(TimePoint{} + horizon);
  lane.reports.deliver();
  return ends;
}

TEST_P(LaneSchedule, equals_the_simulator_that_the_analyses_are_tested_with) {
  std::size_t jobs = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<LaneTask> tasks;
    theory::TaskSet models;
    for (std::uint32_t id = 0; id < 5; ++id) {
      tasks.push_back(random_task(random, id));
      models.push_back(tasks.back().model);
    }
    const Ends expected = simulated_ends(models, GetParam(), seed, 20_ms);
    ASSERT_EQ(lane_ends(tasks, GetParam(), seed, 20_ms), expected) << "seed " << seed;
    jobs += expected.size();
  }
  EXPECT_GT(jobs, 1'000U);
}

// Whatever happens, every arrival has one end, and nothing idles while something is ready.
TEST(LaneInvariants, every_arrival_ends_once_and_no_one_waits_while_the_lane_idles) {
  using trace::EventType;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    RandomRun run(seed, Policy::kEdf, true);
    run.lane.core->abort();
    run.lane.run_for(10_ms);
    std::map<JobId, int> submitted;
    std::map<JobId, int> ended;
    int ready = 0;
    for (const trace::Event& event : run.lane.events()) {
      if (event.type == EventType::kSubmitted) ++submitted[event.job_id()];
      if (event.type == EventType::kCompleted || event.type == EventType::kRefused)
        ++ended[event.job_id()];
      if (event.type == EventType::kReleased) ++ready;
      if (event.type == EventType::kCompleted) --ready;
      if (event.type == EventType::kRefused &&
          event.payload[0] != as_payload(trace::RefusalReason::kOverload))
        --ready;
      if (event.type == EventType::kIdleBegin) {
        ASSERT_EQ(ready, 0) << "seed " << seed;
      }
    }
    EXPECT_EQ(submitted, ended) << "seed " << seed;
  }
}

}  // namespace
}  // namespace aegis::executor
