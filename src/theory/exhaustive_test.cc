// SPDX-License-Identifier: Apache-2.0
//
// The analyses against every strictly periodic behaviour of small sets.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

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

// Calls `f(schedule)` for every combination of first arrivals, strictly periodic: for fixed
// priorities and EDF without jitter the worst case is among them.
template <class F>
void for_all_offsets(TaskSet tasks, const SimulationOptions& options, const F& f) {
  for (Task& task : tasks) task.offset = Duration::zero();
  const auto next = [&] {
    for (Task& task : tasks) {
      task.offset = *task.offset + kTick;
      if (*task.offset < task.period) return true;
      task.offset = Duration::zero();
    }
    return false;
  };
  do {
    f(*simulate(tasks, synchronous_arrivals(tasks, kLong), options));
  } while (next());
}

std::map<TaskId, Duration> longest_over_all_offsets(const TaskSet& tasks,
                                                    const SimulationOptions& options) {
  std::map<TaskId, Duration> longest;
  for_all_offsets(tasks, options, [&](const Schedule& schedule) {
    for (const auto& [task, response] : schedule.longest_responses()) {
      longest[task] = std::max(longest[task], response);
    }
  });
  return longest;
}

// The bounds count jobs that come equal in the order against a task: here it loses every tie that
// its id decides.
Duration longest_when_losing_ties(TaskSet tasks, std::size_t i, const SimulationOptions& options) {
  tasks[i].id = TaskId{1'000};
  return longest_over_all_offsets(tasks, options).at(TaskId{1'000});
}

// `gap`: how far above the longest response found a bound may be. Under EDF a later arrival with
// the same deadline is counted too; it would have to come a tick earlier to win.
void expect_exact_bounds(const Kind& kind, Policy policy, Duration gap, std::uint64_t seed) {
  RandomSets sets(seed);
  int compared = 0;
  while (compared < 10 * kThoroughness) {
    const TaskSet tasks = sets.next(kind);
    if (utilisation(tasks) > Rational(1)) continue;
    for (const Preemption preemption : kPreemptions) {
      const Analysis analysis = analyse(tasks, in_ticks(policy, preemption));
      for (std::size_t i = 0; i < tasks.size(); ++i, ++compared) {
        const Duration found = longest_when_losing_ties(
            tasks, i, {.policy = policy, .preemption = preemption, .overload_rules = false});
        const Duration bound = *analysis.tasks[i].response_time;
        EXPECT_TRUE(found <= bound && bound <= found + gap)
            << text_of(tasks, in_ticks(policy, preemption)) << ": task " << i << ", bound "
            << bound.ns() << ", found " << found.ns();
      }
    }
  }
}

constexpr Kind kTiny{.most_tasks = 3, .longest_period = 6, .deadlines_beyond_periods = true};
constexpr Kind kTinySegments{
    .most_tasks = 3, .longest_period = 6, .deadlines_beyond_periods = true, .segments = true};

TEST(Exhaustive, fixed_priority_bounds_are_what_exhaustive_simulation_finds) {
  expect_exact_bounds(kTiny, Policy::kStaticPriority, Duration::zero(), 31);
}

TEST(Exhaustive, fixed_priority_bounds_are_exact_with_segments_too) {
  expect_exact_bounds(kTinySegments, Policy::kStaticPriority, Duration::zero(), 32);
}

TEST(Exhaustive, edf_bounds_are_within_a_tick_of_what_exhaustive_simulation_finds) {
  expect_exact_bounds(kTiny, Policy::kEdf, kTick, 33);
}

TEST(Exhaustive, edf_bounds_are_within_a_tick_with_segments_too) {
  expect_exact_bounds(kTinySegments, Policy::kEdf, kTick, 34);
}

TEST(Exhaustive, fifo_bounds_are_what_exhaustive_simulation_finds) {
  expect_exact_bounds(kTiny, Policy::kFifo, Duration::zero(), 35);
}

// Calls `f(set, options, whether some periodic behaviour misses)` for small sets.
template <class F>
void for_small_sets(std::uint64_t seed, std::initializer_list<Policy> policies, const F& f) {
  for (const Kind& kind : {kTiny, kTinySegments}) {
    RandomSets sets(seed++);
    for (int i = 0; i < 20 * kThoroughness; ++i) {
      const TaskSet tasks = sets.next(kind);
      for (const Policy policy : policies) {
        for (const Preemption preemption : kPreemptions) {
          bool misses = false;
          for_all_offsets(tasks, {.policy = policy, .preemption = preemption},
                          [&](const Schedule& schedule) { misses |= schedule.has_miss(); });
          f(tasks, in_ticks(policy, preemption), misses);
        }
      }
    }
  }
}

TEST(Exhaustive, an_exact_test_refuses_what_misses_for_some_offsets_and_nothing_else) {
  int refused = 0, accepted = 0;
  for_small_sets(
      36, {Policy::kEdf, Policy::kStaticPriority},
      [&](const TaskSet& tasks, const AnalysisOptions& options, bool misses) {
        const Analysis analysis = analyse(tasks, options);
        if (utilisation(tasks) > Rational(1)) return;  // may miss after the last arrival
        EXPECT_EQ(analysis.verdict, misses ? Verdict::kUnschedulable : Verdict::kSchedulable)
            << text_of(tasks, options);
        if (misses) {
          EXPECT_TRUE(witness(tasks, options, analysis)) << text_of(tasks, options);
        }
        ++(misses ? refused : accepted);
      });
  EXPECT_GT(refused, 4 * kThoroughness);
  EXPECT_GT(accepted, 10 * kThoroughness);
}

TEST(Exhaustive, where_a_test_cannot_tell_the_search_finds_what_misses) {
  int unknown = 0;
  for_small_sets(38, {Policy::kRateMonotonic, Policy::kDeadlineMonotonic, Policy::kFifo},
                 [&](const TaskSet& tasks, const AnalysisOptions& options, bool misses) {
                   const Analysis analysis = analyse(tasks, options);
                   if (utilisation(tasks) > Rational(1)) return;
                   EXPECT_FALSE(misses && analysis.verdict == Verdict::kSchedulable)
                       << text_of(tasks, options);
                   if (analysis.verdict != Verdict::kUnknown) return;
                   ++unknown;
                   const auto found = search_for_miss(tasks, options, {.most_jobs = 20'000});
                   EXPECT_TRUE(found || !misses) << text_of(tasks, options);
                 });
  EXPECT_GT(unknown, kThoroughness);
}

// With offsets and neither jitter nor choice of execution times there is one behaviour only, and
// two hyperperiods after the last offset show all of it.
TEST(Exhaustive, with_declared_offsets_the_search_decides) {
  RandomSets sets(40);
  int misses = 0, fits = 0;
  for (int i = 0; i < 100 * kThoroughness; ++i) {
    TaskSet tasks = sets.next({.most_tasks = 3, .longest_period = 8, .segments = true});
    if (utilisation(tasks) > Rational(1)) continue;
    for (Task& task : tasks) task.offset = sets.between(0, 12) * kTick;
    for (const Policy policy : {Policy::kEdf, Policy::kRateMonotonic, Policy::kFifo}) {
      const AnalysisOptions options = in_ticks(policy, Preemption::kNonPreemptive);
      if (judge(tasks, options) != Verdict::kUnknown) continue;
      const auto jobs = synchronous_arrivals(tasks, 2 * 840 * kTick + 12 * kTick);
      const bool miss = simulate(tasks, jobs, {.policy = policy})->has_miss();
      EXPECT_EQ(search_for_miss(tasks, options, {.most_jobs = 20'000}).has_value(), miss)
          << text_of(tasks, options);
      ++(miss ? misses : fits);
    }
  }
  EXPECT_GT(misses, kThoroughness);
  EXPECT_GT(fits, kThoroughness);
}

}  // namespace
}  // namespace aegis::theory
