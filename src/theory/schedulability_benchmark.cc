// SPDX-License-Identifier: Apache-2.0
//
// What an admission costs, by the number of tasks, and a simulated job.
#include <benchmark/benchmark.h>

#include "aegis/theory/certificate.h"
#include "aegis/theory/certificate_checker.h"
#include "aegis/theory/incremental_admission.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"

#include "benchmark_sets.h"

namespace aegis::theory {
namespace {

void analysis(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  const AnalysisOptions options{.policy = policy};
  for (auto _ : state) benchmark::DoNotOptimize(analyse(tasks, options));
}
BENCHMARK_CAPTURE(analysis, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(20)->Arg(50)->Arg(100);
BENCHMARK_CAPTURE(analysis, np_fp, policy::Policy::kStaticPriority)
    ->Arg(5)
    ->Arg(20)
    ->Arg(50)
    ->Arg(100);
BENCHMARK_CAPTURE(analysis, fifo, policy::Policy::kFifo)->Arg(5)->Arg(20)->Arg(50)->Arg(100);

// The verdict alone: what admission by a search, and sensitivity, ask.
void verdict(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  const AnalysisOptions options{.policy = policy};
  for (auto _ : state) benchmark::DoNotOptimize(judge(tasks, options));
}
BENCHMARK_CAPTURE(verdict, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(20)->Arg(50)->Arg(100);
BENCHMARK_CAPTURE(verdict, np_fp, policy::Policy::kStaticPriority)->Arg(5)->Arg(50)->Arg(100);

// One task more for a set that is proved: taken in and out again.
void incremental(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  ProvenSet set({.policy = policy});
  for (const Task& task : tasks) {
    if (set.add(task) != Verdict::kSchedulable) state.SkipWithError("not schedulable");
  }
  const Task& last = tasks.back();
  for (auto _ : state) {
    set.remove(last.id);
    benchmark::DoNotOptimize(set.add(last));
  }
}
BENCHMARK_CAPTURE(incremental, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(50)->Arg(100);
BENCHMARK_CAPTURE(incremental, np_fp, policy::Policy::kStaticPriority)->Arg(5)->Arg(50)->Arg(100);

// The certificate, and its independent check.
void certification(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  const AnalysisOptions options{.policy = policy};
  const Analysis analysis = analyse(tasks, options);
  for (auto _ : state) benchmark::DoNotOptimize(certify(tasks, options, analysis));
}
BENCHMARK_CAPTURE(certification, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(50);
BENCHMARK_CAPTURE(certification, np_fp, policy::Policy::kStaticPriority)->Arg(5)->Arg(50);

void check(benchmark::State& state, policy::Policy policy) {
  const TaskSet tasks = tasks_of(state.range(0));
  const AnalysisOptions options{.policy = policy};
  const Certificate certificate = *certify(tasks, options, analyse(tasks, options));
  for (auto _ : state) benchmark::DoNotOptimize(check_certificate(tasks, certificate));
}
BENCHMARK_CAPTURE(check, np_edf, policy::Policy::kEdf)->Arg(5)->Arg(50);
BENCHMARK_CAPTURE(check, np_fp, policy::Policy::kStaticPriority)->Arg(5)->Arg(50);

void simulation(benchmark::State& state) {
  const TaskSet tasks = tasks_of(20);
  const auto jobs = synchronous_arrivals(tasks, Duration::seconds(10));
  for (auto _ : state) benchmark::DoNotOptimize(simulate(tasks, jobs, {}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs.size()));
}
BENCHMARK(simulation);

}  // namespace
}  // namespace aegis::theory
