// SPDX-License-Identifier: Apache-2.0
//
// What a full sensitivity and the advice for a refused set cost, by the number of tasks.
#include <random>

#include <benchmark/benchmark.h>

#include "aegis/theory/advice.h"
#include "aegis/theory/sensitivity.h"

namespace aegis::theory {
namespace {

// n tasks with periods from 1 ms to 1 s, U = 0.6 together, no segment over 200 us: the sets of
// schedulability_benchmark.cc.
TaskSet tasks_of(std::int64_t n) {
  std::mt19937_64 random(1);
  TaskSet tasks;
  for (std::int64_t i = 0; i < n; ++i) {
    const Duration period = Duration::milliseconds(static_cast<std::int64_t>(1 + random() % 1'000));
    const Duration wcet = period * 6 / (10 * n);
    const std::int64_t pieces = wcet / Duration::microseconds(200) + 1;
    Task task{TaskId{static_cast<std::uint32_t>(i)}, {}, {}, period, {period}};
    task.segments.assign(static_cast<std::size_t>(pieces), {wcet / pieces, Duration::zero()});
    task.priority = {period.ns() * 1'000 + i};
    tasks.push_back(std::move(task));
  }
  return tasks;
}

void full_sensitivity(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  const AnalysisOptions options{.policy = policy};
  std::int64_t calls = 0;
  for (auto _ : state) {
    const Sensitivity answer = sensitivity(tasks, options);
    calls = answer.judge_calls;
    benchmark::DoNotOptimize(&answer);
  }
  state.counters["judge_calls"] = static_cast<double>(calls);
}
BENCHMARK_CAPTURE(full_sensitivity, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(20)->Arg(50);
BENCHMARK_CAPTURE(full_sensitivity, np_fp, policy::Policy::kStaticPriority)
    ->Arg(5)
    ->Arg(20)
    ->Arg(50);

// The same sets with every task in one segment: the longest blocks all others.
void advice_for_uncut(benchmark::State& state, policy::Policy policy) {
  TaskSet tasks = tasks_of(state.range(0));
  for (Task& task : tasks) task = cut(task, 1);
  const AnalysisOptions options{.policy = policy};
  for (auto _ : state) benchmark::DoNotOptimize(advice(tasks, options));
}
BENCHMARK_CAPTURE(advice_for_uncut, np_edf, policy::Policy::kEdf)->Arg(50);
BENCHMARK_CAPTURE(advice_for_uncut, np_fp, policy::Policy::kStaticPriority)->Arg(50);

}  // namespace
}  // namespace aegis::theory
