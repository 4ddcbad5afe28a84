// SPDX-License-Identifier: Apache-2.0
//
// The analyses against the simulator, which shares nothing with them but the ordering of jobs.
#include <algorithm>

#include <gtest/gtest.h>

#include "aegis/theory/adversary.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"
#include "aegis/theory/witness.h"
#include "aegis/theory/witness_search.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using example::in_ticks;
using example::Kind;
using example::kPreemptions;
using example::kThoroughness;
using example::RandomSets;
using example::text_of;
using policy::Policy;

constexpr Duration kTick = Duration::nanoseconds(1);
constexpr Duration kLong = Duration::nanoseconds(150);

constexpr Policy kPolicies[] = {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                Policy::kStaticPriority, Policy::kFifo};

constexpr Kind kKinds[] = {
    {},
    {.largest_jitter = 5},
    {.deadlines_beyond_periods = true},
    {.segments = true},
    {.largest_jitter = 15, .deadlines_beyond_periods = true, .segments = true},
};

// The same of a lane that loses nothing, and of two that lose some.
template <class F>
auto on_lanes_that_lose(const F& f) {
  return [&f](const TaskSet& tasks, AnalysisOptions options) {
    for (const Supply& supply :
         {Supply{}, Supply{kTick, 9 * kTick}, Supply{3 * kTick, 14 * kTick}}) {
      options.supply = supply;
      f(tasks, options);
    }
  };
}

// Calls `f(set, options)` for random sets of every kind under every policy.
template <class F>
void for_random_sets(std::uint64_t seed, int per_kind, const F& f) {
  RandomSets sets(seed);
  for (const Kind& kind : kKinds) {
    for (int i = 0; i < per_kind; ++i) {
      const TaskSet tasks = sets.next(kind);
      for (const Policy policy : kPolicies) {
        for (const Preemption preemption : kPreemptions) f(tasks, in_ticks(policy, preemption));
      }
    }
  }
}

SimulationOptions lane_of(const AnalysisOptions& options, const std::vector<Outage>& outages) {
  SimulationOptions lane{.policy = options.policy, .preemption = options.preemption};
  lane.outages = outages;
  return lane;
}

TEST(Soundness, no_simulated_job_misses_what_was_admitted_nor_exceeds_its_bound) {
  int admitted = 0;
  std::uint64_t seed = 0;
  const auto judge_one = [&](const TaskSet& tasks, const AnalysisOptions& options) {
    const Analysis analysis = analyse(tasks, options);
    if (analysis.tasks.empty()) return;
    admitted += analysis.verdict == Verdict::kSchedulable;
    const Adversary adversary(tasks, options, {.length = kLong, .seed = ++seed});
    for (std::size_t n = 0; n < adversary.deliberate() + 8; ++n) {
      const Behaviour behaviour = adversary.behaviour(n);
      const Schedule schedule =
          *simulate(tasks, behaviour.jobs, lane_of(options, behaviour.outages));
      if (analysis.verdict == Verdict::kSchedulable) {
        ASSERT_FALSE(schedule.has_miss()) << text_of(tasks, options) << ", behaviour " << n;
      }
      const auto longest = schedule.longest_responses();
      for (const TaskBound& bound : analysis.tasks) {
        if (!bound.response_time || !longest.contains(bound.task)) continue;
        ASSERT_LE(longest.at(bound.task), *bound.response_time)
            << text_of(tasks, options) << ": task " << bound.task.value << ", behaviour " << n;
      }
    }
  };
  for_random_sets(21, 5 * kThoroughness, on_lanes_that_lose(judge_one));
  EXPECT_GT(admitted, 50 * kThoroughness);
}

void expect_to_miss(const TaskSet& tasks, const AnalysisOptions& options, const Witness& witness) {
  ASSERT_TRUE(allowed_by(tasks, witness.jobs)) << text_of(tasks, options);
  ASSERT_TRUE(allowed_by(options.supply, witness.outages)) << text_of(tasks, options);
  const Schedule schedule = *simulate(tasks, witness.jobs, lane_of(options, witness.outages));
  const auto late = std::find_if(schedule.jobs.begin(), schedule.jobs.end(),
                                 [&](const JobRecord& job) { return job.id == witness.late.id; });
  ASSERT_NE(late, schedule.jobs.end()) << text_of(tasks, options);
  EXPECT_TRUE(late->missed()) << text_of(tasks, options);
  EXPECT_EQ(late->completion, witness.late.completion) << text_of(tasks, options);
  for (const JobRecord& job : schedule.jobs) {
    EXPECT_FALSE(job.missed() && job.deadline < late->deadline) << text_of(tasks, options);
  }
}

TEST(Soundness, every_refusal_has_a_witness_that_misses) {
  int refused = 0;
  const auto judge_one = [&](const TaskSet& tasks, const AnalysisOptions& options) {
    const Analysis analysis = analyse(tasks, options);
    if (analysis.verdict != Verdict::kUnschedulable) return;
    const double u =
        utilisation(tasks).to_double() + static_cast<double>(options.supply.lost.ns()) /
                                             static_cast<double>(options.supply.window.ns());
    if (u > 1 && u < 1.001) return;  // goes on for too long
    ++refused;
    const auto found = witness(tasks, options, analysis);
    ASSERT_TRUE(found) << text_of(tasks, options) << ": " << analysis.reason;
    expect_to_miss(tasks, options, *found);
  };
  for_random_sets(22, 75 * kThoroughness, on_lanes_that_lose(judge_one));
  EXPECT_GT(refused, 400 * kThoroughness);
}

TEST(Soundness, what_a_search_finds_is_not_what_an_analysis_accepts) {
  int unknown = 0, found = 0;
  const auto judge_one = [&](const TaskSet& tasks, const AnalysisOptions& options) {
    const Verdict verdict = judge(tasks, options);
    if (verdict == Verdict::kUnschedulable) return;
    const bool accepted = verdict == Verdict::kSchedulable;
    const auto miss = search_for_miss(tasks, options, {.most_jobs = accepted ? 1'000 : 20'000});
    ASSERT_FALSE(accepted && miss) << text_of(tasks, options);
    unknown += !accepted;
    found += miss.has_value();
    if (miss) expect_to_miss(tasks, options, *miss);
  };
  for_random_sets(27, 15 * kThoroughness, on_lanes_that_lose(judge_one));
  EXPECT_GT(found, unknown / 2) << found << " of " << unknown;
}

TEST(Soundness, blocking_that_started_before_is_never_worse_than_closed) {
  for_random_sets(23, 40 * kThoroughness,
                  [&](const TaskSet& tasks, const AnalysisOptions& options) {
                    AnalysisOptions closed = options;
                    closed.blocking = Blocking::closed();
                    const Analysis a = analyse(tasks, options), b = analyse(tasks, closed);
                    if (b.verdict == Verdict::kSchedulable) {
                      EXPECT_EQ(a.verdict, b.verdict) << text_of(tasks, options);
                    }
                    for (std::size_t i = 0; i < std::min(a.tasks.size(), b.tasks.size()); ++i) {
                      if (!b.tasks[i].response_time) continue;
                      EXPECT_LE(*a.tasks[i].response_time, *b.tasks[i].response_time)
                          << text_of(tasks, options);
                    }
                  });
}

TEST(Soundness, overheads_never_turn_a_no_into_a_yes) {
  RandomSets sets(24);
  for_random_sets(24, 40 * kThoroughness, [&](const TaskSet& tasks, AnalysisOptions options) {
    const Analysis without = analyse(tasks, options);
    const auto some = [&] { return sets.between(0, 2) * kTick; };
    options.overheads = {some(), some(), some(), some()};
    if (analyse(tasks, options).verdict == Verdict::kSchedulable) {
      EXPECT_EQ(without.verdict, Verdict::kSchedulable) << text_of(tasks, options);
    }
  });
}

TaskSet scaled(TaskSet tasks, std::int64_t by) {
  for (Task& task : tasks) {
    for (Segment& segment : task.segments) segment = {segment.wcet * by, segment.bcet * by};
    task.period = task.period * by;
    task.deadline.value = task.deadline.value * by;
    task.release_jitter = task.release_jitter * by;
  }
  return tasks;
}

TEST(Soundness, the_unit_of_time_does_not_matter) {
  for_random_sets(
      25, 20 * kThoroughness, [&](const TaskSet& tasks, const AnalysisOptions& options) {
        AnalysisOptions closed = options;
        closed.blocking = Blocking::closed();
        AnalysisOptions coarse = closed;
        coarse.blocking.tick = 1'000 * kTick;
        const Analysis a = analyse(tasks, closed), b = analyse(scaled(tasks, 1'000), coarse);
        ASSERT_EQ(a.verdict, b.verdict) << text_of(tasks, options);
        for (std::size_t i = 0; i < a.tasks.size(); ++i) {
          if (!a.tasks[i].response_time) continue;
          EXPECT_EQ(*a.tasks[i].response_time * 1'000, *b.tasks[i].response_time)
              << text_of(tasks, options);
        }
      });
}

TEST(Soundness, blocking_up_to_the_tolerance_is_harmless_and_beyond_it_is_not) {
  for_random_sets(26, 2 * kThoroughness, [&](TaskSet tasks, AnalysisOptions options) {
    if (options.policy == Policy::kFifo || options.preemption == Preemption::kPreemptive) return;
    if (utilisation(tasks) == Rational(1)) return;  // no room for even a rare task
    options.blocking = Blocking::closed();
    const Analysis analysis = analyse(tasks, options);
    if (analysis.verdict != Verdict::kSchedulable) return;
    Duration least = Duration::max();
    for (const TaskBound& bound : analysis.tasks) {
      ASSERT_TRUE(bound.blocking_tolerance) << text_of(tasks, options);
      least = std::min(least, *bound.blocking_tolerance);
    }
    // A task so rare and late that all it does is block.
    const auto with_blocker = [&](Duration segment) {
      Task rare = example::task(20, {1, 1'000'000, 1'000'000}, kTick);
      rare.segments = {{segment, segment}};
      TaskSet more = tasks;
      more.push_back(rare);
      return analyse(more, options).verdict;
    };
    if (least > Duration::zero()) {
      EXPECT_EQ(with_blocker(least), Verdict::kSchedulable) << text_of(tasks, options);
    }
    EXPECT_NE(with_blocker(least + kTick), Verdict::kSchedulable) << text_of(tasks, options);
  });
}

// What is promised is promised with its overload rules.
TEST(Soundness, best_effort_up_to_the_tolerance_is_admitted_whatever_the_overload_rules) {
  RandomSets rules(28);
  int admitted = 0, tolerant = 0;
  for_random_sets(29, 40 * kThoroughness, [&](TaskSet tasks, AnalysisOptions options) {
    if (options.policy == Policy::kFifo || options.preemption == Preemption::kPreemptive) return;
    options.blocking.best_effort = rules.between(0, 2) * kTick;
    for (Task& task : tasks) {
      if (rules.between(0, 1) == 0) task.overload = {OverloadRule::kSkip, 0};
    }
    const Analysis analysis = analyse(tasks, options);
    if (analysis.verdict != Verdict::kSchedulable) return;
    ++admitted;
    Duration least = Duration::max();
    for (const TaskBound& bound : analysis.tasks) {
      least = std::min(least, bound.blocking_tolerance.value_or(Duration::zero()));
    }
    if (least <= options.blocking.of(options.blocking.best_effort)) return;
    ++tolerant;
    options.blocking.best_effort = least + kTick;  // a tick of it has run when it blocks
    EXPECT_EQ(judge(tasks, options), Verdict::kSchedulable) << text_of(tasks, options);
  });
  EXPECT_GT(tolerant, admitted / 4);
}

}  // namespace
}  // namespace aegis::theory
