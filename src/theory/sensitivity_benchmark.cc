// SPDX-License-Identifier: Apache-2.0
//
// What a full sensitivity and the advice for a refused set cost, by the number of tasks.
#include <benchmark/benchmark.h>

#include "aegis/theory/advice.h"
#include "aegis/theory/sensitivity.h"

#include "benchmark_sets.h"

namespace aegis::theory {
namespace {

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
