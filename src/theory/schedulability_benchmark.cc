// SPDX-License-Identifier: Apache-2.0
//
// What an admission costs, by the number of tasks, and a simulated job.
#include <random>

#include <benchmark/benchmark.h>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"

namespace aegis::theory {
namespace {

// n tasks with periods from 1 ms to 1 s, U = 0.6 together, no segment over 200 us.
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

void analysis(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  const AnalysisOptions options{.policy = policy};
  for (auto _ : state) benchmark::DoNotOptimize(analyse(tasks, options));
}
BENCHMARK_CAPTURE(analysis, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK_CAPTURE(analysis, np_fp, policy::Policy::kStaticPriority)->Arg(5)->Arg(20)->Arg(100);
BENCHMARK_CAPTURE(analysis, fifo, policy::Policy::kFifo)->Arg(5)->Arg(20)->Arg(100);

void simulation(benchmark::State& state) {
  const TaskSet tasks = tasks_of(20);
  const auto jobs = synchronous_arrivals(tasks, Duration::seconds(10));
  for (auto _ : state) benchmark::DoNotOptimize(simulate(tasks, jobs, {}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs.size()));
}
BENCHMARK(simulation);

}  // namespace
}  // namespace aegis::theory
