// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/adversary.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "aegis/theory/simulator.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;

TEST(Adversary, does_only_what_the_task_model_allows) {
  example::RandomSets sets(41);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    TaskSet tasks = sets.next({.largest_jitter = 15, .segments = true});
    if (seed % 3 == 0) tasks.front().offset = sets.between(0, 20) * 1_ns;
    if (seed % 9 == 0) tasks.back().offset = sets.between(0, 20) * 1_ns;
    for (Task& task : tasks) task.segments.front().bcet = Duration::zero();
    for (const Policy policy : {Policy::kEdf, Policy::kFifo, Policy::kStaticPriority}) {
      AnalysisOptions options = by(policy);
      if (seed % 2 == 0) options.supply = {sets.between(1, 3) * 1_ns, sets.between(4, 20) * 1_ns};
      const Adversary adversary(tasks, options, {.length = 60_ns, .seed = seed});
      for (std::size_t n = 0; n < adversary.deliberate() + 50; ++n) {
        const Behaviour behaviour = adversary.behaviour(n);
        const Status allowed = allowed_by(tasks, behaviour.jobs);
        ASSERT_TRUE(allowed) << allowed.error().message() << ", seed " << seed << ", n " << n;
        ASSERT_TRUE(allowed_by(options.supply, behaviour.outages));
        ASSERT_EQ(behaviour.outages.empty(), options.supply.is_full());
      }
    }
  }
}

// Which segments begin a tick before the first release of any other task.
class HeadStarts : public ScheduleObserver {
 public:
  void on_release(JobId job, TimePoint at, bool) override {
    if (running_.valid() && job.task != running_ && at == begun_ + 1_ns) found.insert(last_);
    if (job.task != running_) running_ = {};
  }
  void on_start(JobId job, std::uint32_t segment, TimePoint at) override {
    if (job.sequence > 0) return;
    running_ = job.task;
    begun_ = at;
    last_ = {job.task, segment};
  }
  std::set<std::pair<TaskId, std::uint32_t>> found;

 private:
  TaskId running_;
  TimePoint begun_;
  std::pair<TaskId, std::uint32_t> last_;
};

TEST(Adversary, starts_every_segment_a_tick_before_the_others) {
  TaskSet tasks = example::running_example_with_c_in(2);
  tasks[2].segments[0].bcet = 3_ms;
  const AnalysisOptions options = by(Policy::kEdf);
  const Adversary adversary(tasks, options, {.length = 100_ms});
  HeadStarts seen;
  for (std::size_t n = 0; n < adversary.deliberate(); ++n) {
    ASSERT_TRUE(simulate(tasks, adversary.behaviour(n).jobs, {}, &seen));
  }
  EXPECT_EQ(seen.found.size(), 4U);
  const Adversary preemptive(tasks, by(Policy::kEdf, Preemption::kPreemptive), {.length = 100_ms});
  EXPECT_LT(preemptive.deliberate(), adversary.deliberate());
}

TEST(Adversary, goes_for_one_task_when_told) {
  const TaskSet tasks = example::running_example();
  const AnalysisOptions options = by(Policy::kEdf);
  const Adversary all(tasks, options, {.length = 400_ms});
  const Adversary one(tasks, options, {.length = 400_ms, .hurt = TaskId{1}});
  EXPECT_LT(one.deliberate(), all.deliberate());
}

TEST(Adversary, is_the_same_for_the_same_seed) {
  const TaskSet tasks = example::running_example();
  const auto releases = [&](std::uint64_t seed) {
    std::vector<TimePoint> all;
    const Adversary adversary(tasks, by(Policy::kEdf), {.length = 1_s, .seed = seed});
    for (std::size_t n = 0; n < 10; ++n) {
      const Behaviour behaviour = adversary.behaviour(adversary.deliberate() + n);
      for (const PlannedJob& job : behaviour.jobs) all.push_back(job.release);
    }
    return all;
  };
  EXPECT_EQ(releases(1), releases(1));
  EXPECT_NE(releases(1), releases(2));
}

// The point of it: the deliberate behaviours alone find nearly every miss an exact test knows of.
TEST(Adversary, breaks_what_can_be_broken) {
  example::RandomSets sets(42);
  int refused = 0, broken = 0;
  for (int i = 0; i < 400; ++i) {
    const TaskSet tasks = sets.next({.largest_jitter = 5, .segments = true});
    for (const Policy policy : {Policy::kEdf, Policy::kStaticPriority}) {
      AnalysisOptions options = by(policy);
      options.blocking = Blocking::started_before(1_ns);
      if (analyse(tasks, options).verdict != Verdict::kUnschedulable) continue;
      ++refused;
      const Adversary adversary(tasks, options, {.length = 120_ns});
      for (std::size_t n = 0; n < adversary.deliberate(); ++n) {
        if (!simulate(tasks, adversary.behaviour(n).jobs, {.policy = policy})->has_miss()) continue;
        ++broken;
        break;
      }
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GE(broken, refused * 99 / 100) << broken << " of " << refused;
}

// Nor is the damage short of the worst: what response-time bounds count happens.
TEST(Adversary, comes_within_a_tick_of_the_bounds) {
  example::RandomSets sets(43);
  int bounds = 0, attained = 0;
  for (int i = 0; i < 300; ++i) {
    const TaskSet tasks = sets.next(
        {.most_tasks = 3, .longest_period = 8, .deadlines_beyond_periods = true, .segments = true});
    if (utilisation(tasks) > Rational(1)) continue;
    for (const Policy policy : {Policy::kEdf, Policy::kFifo, Policy::kStaticPriority}) {
      AnalysisOptions options = by(policy);
      options.blocking = Blocking::started_before(1_ns);
      const Adversary adversary(tasks, options, {.length = 80_ns});
      std::map<TaskId, Duration> longest;
      for (std::size_t n = 0; n < adversary.deliberate(); ++n) {
        const Schedule schedule = *simulate(tasks, adversary.behaviour(n).jobs, {.policy = policy});
        for (const auto& [task, response] : schedule.longest_responses()) {
          longest[task] = std::max(longest[task], response);
        }
      }
      for (const TaskBound& bound : analyse(tasks, options).tasks) {
        ++bounds;
        attained += longest[bound.task] + 1_ns >= *bound.response_time;
      }
    }
  }
  EXPECT_GT(bounds, 1'000);
  EXPECT_EQ(attained, bounds);
}

}  // namespace
}  // namespace aegis::theory
