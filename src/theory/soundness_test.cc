// SPDX-License-Identifier: Apache-2.0
//
// The analyses against the simulator, which shares nothing with them but the ordering of jobs.
#include <algorithm>

#include <gtest/gtest.h>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"
#include "aegis/theory/witness.h"

#include "example_sets.h"

namespace aegis::theory {
namespace {

using example::Kind;
using example::RandomSets;
using policy::Policy;

constexpr Duration kTick = Duration::nanoseconds(1);
constexpr Duration kLong = Duration::nanoseconds(150);

// How much is tried: an unoptimised build, as for coverage, is a hundred times slower.
#ifdef __OPTIMIZE__
constexpr int kThoroughness = 8;
#else
constexpr int kThoroughness = 1;
#endif

constexpr Policy kPolicies[] = {Policy::kEdf, Policy::kRateMonotonic, Policy::kDeadlineMonotonic,
                                Policy::kStaticPriority, Policy::kFifo};
constexpr Preemption kPreemptions[] = {Preemption::kNonPreemptive, Preemption::kPreemptive};

constexpr Kind kKinds[] = {
    {},
    {.largest_jitter = 5},
    {.deadlines_beyond_periods = true},
    {.segments = true},
    {.largest_jitter = 15, .deadlines_beyond_periods = true, .segments = true},
};

AnalysisOptions in_ticks(Policy policy, Preemption preemption) {
  return {.policy = policy, .preemption = preemption, .blocking = Blocking::started_before(kTick)};
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

std::string text_of(const TaskSet& tasks, const AnalysisOptions& options) {
  std::string text =
      std::string(to_string(options.policy)) + " " + std::string(to_string(options.preemption));
  for (const Task& t : tasks) {
    text += " | T " + std::to_string(t.period.ns()) + " D " +
            std::to_string(t.deadline.value.ns()) + " J " + std::to_string(t.release_jitter.ns()) +
            " C";
    for (const Segment& s : t.segments) text += " " + std::to_string(s.wcet.ns());
  }
  return text;
}

// Random behaviours, and the synchronous one after one task's head start.
std::vector<std::vector<PlannedJob>> behaviours(const TaskSet& tasks, std::uint64_t seed) {
  std::vector<std::vector<PlannedJob>> all;
  all.reserve(4 + tasks.size());
  for (std::uint64_t i = 0; i < 4; ++i) {
    all.push_back(random_arrivals(tasks, kLong,
                                  {.seed = seed * 4 + i,
                                   .late_percent = i % 2 ? 50U : 0U,
                                   .random_execution_times = i % 4 == 3}));
  }
  const TimePoint instant = TimePoint::from_ns(40);
  for (const Task& early : tasks) {
    auto jobs = synchronous_releases_after_full_jitter(tasks, instant, kLong);
    for (PlannedJob& job : jobs) {
      if (job.task != early.id) continue;
      job.arrival = job.arrival - kTick;
      job.release = std::max(job.arrival, instant - kTick);
    }
    all.push_back(std::move(jobs));
  }
  return all;
}

TEST(Soundness, no_simulated_job_misses_what_was_admitted_nor_exceeds_its_bound) {
  int admitted = 0;
  std::uint64_t seed = 0;
  for_random_sets(21, 8 * kThoroughness, [&](const TaskSet& tasks, const AnalysisOptions& options) {
    const Analysis analysis = analyse(tasks, options);
    if (analysis.tasks.empty()) return;
    admitted += analysis.verdict == Verdict::kSchedulable;
    for (auto& jobs : behaviours(tasks, ++seed)) {
      const Schedule schedule =
          *simulate(tasks, jobs, {.policy = options.policy, .preemption = options.preemption});
      if (analysis.verdict == Verdict::kSchedulable) {
        ASSERT_FALSE(schedule.has_miss()) << text_of(tasks, options);
      }
      const auto longest = schedule.longest_responses();
      for (const TaskBound& bound : analysis.tasks) {
        if (!bound.response_time || !longest.contains(bound.task)) continue;
        ASSERT_LE(longest.at(bound.task), *bound.response_time)
            << text_of(tasks, options) << ": task " << bound.task.value;
      }
    }
  });
  EXPECT_GT(admitted, 80 * kThoroughness);
}

TEST(Soundness, every_refusal_by_edf_or_fixed_priorities_has_a_witness_that_misses) {
  int refused = 0;
  for_random_sets(22, 75 * kThoroughness,
                  [&](const TaskSet& tasks, const AnalysisOptions& options) {
                    if (options.policy == Policy::kFifo) return;
                    const Analysis analysis = analyse(tasks, options);
                    if (!analysis.failure) return;
                    ++refused;
                    ASSERT_TRUE(witness(tasks, options, analysis))
                        << text_of(tasks, options) << ": " << analysis.reason;
                  });
  EXPECT_GT(refused, 250 * kThoroughness);
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

// Every combination of first arrivals, strictly periodic: for fixed priorities and EDF without
// jitter the worst case is among them.
std::map<TaskId, Duration> longest_over_all_offsets(TaskSet tasks,
                                                    const SimulationOptions& options) {
  std::map<TaskId, Duration> longest;
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
    const Schedule schedule = *simulate(tasks, synchronous_arrivals(tasks, kLong), options);
    for (const auto& [task, response] : schedule.longest_responses()) {
      longest[task] = std::max(longest[task], response);
    }
  } while (next());
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

TEST(Soundness, fixed_priority_bounds_are_what_exhaustive_simulation_finds) {
  expect_exact_bounds(kTiny, Policy::kStaticPriority, Duration::zero(), 31);
}

TEST(Soundness, fixed_priority_bounds_are_exact_with_segments_too) {
  expect_exact_bounds(kTinySegments, Policy::kStaticPriority, Duration::zero(), 32);
}

TEST(Soundness, edf_bounds_are_within_a_tick_of_what_exhaustive_simulation_finds) {
  expect_exact_bounds(kTiny, Policy::kEdf, kTick, 33);
}

TEST(Soundness, edf_bounds_are_within_a_tick_with_segments_too) {
  expect_exact_bounds(kTinySegments, Policy::kEdf, kTick, 34);
}

TEST(Soundness, fifo_bounds_are_what_exhaustive_simulation_finds) {
  expect_exact_bounds(kTiny, Policy::kFifo, Duration::zero(), 35);
}

}  // namespace
}  // namespace aegis::theory
