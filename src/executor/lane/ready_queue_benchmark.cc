// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <random>

#include <benchmark/benchmark.h>

#include "aegis/executor/ready_queue.h"

#include "monitor/latency_counters.h"

namespace aegis::executor {
namespace {

ReadyJob random_job(std::mt19937_64& random, std::uint64_t sequence) {
  return {.key = {.key = static_cast<std::int64_t>(random() % 1'000'000'000),
                  .arrival = TimePoint::from_ns(static_cast<std::int64_t>(sequence)),
                  .id = {TaskId{static_cast<std::uint32_t>(sequence % 64)}, sequence}},
          .slot = 0};
}

ReadyQueue filled(std::size_t depth, std::mt19937_64& random) {
  ReadyQueue queue(depth + 1);
  for (std::uint64_t i = 0; i < depth; ++i) (void)queue.push(random_job(random, i));
  return queue;
}

// The most urgent leaves, another comes: O(log n) in the depth.
void pop_and_push(benchmark::State& state) {
  std::mt19937_64 random(1);
  ReadyQueue queue = filled(static_cast<std::size_t>(state.range(0)), random);
  std::array<ReadyJob, 4096> next;
  for (std::size_t i = 0; i < next.size(); ++i) next[i] = random_job(random, i);
  std::size_t i = 0;
  for (auto _ : state) {
    ReadyJob job = queue.pop();
    benchmark::DoNotOptimize(job);
    next[i % next.size()].key.key += job.key.key;  // deadlines move on, as in a lane
    (void)queue.push(next[i++ % next.size()]);
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(pop_and_push)
    ->RangeMultiplier(4)
    ->Range(16, 65536)
    ->Arg(100'000)
    ->Complexity(benchmark::oLogN);

// What the lane does to pick the next job, one operation at a time: pop, with and without the
// trace's alternatives.
void pick_next(benchmark::State& state) {
  std::mt19937_64 random(1);
  ReadyQueue queue = filled(static_cast<std::size_t>(state.range(0)), random);
  const bool traced = state.range(1) != 0;
  std::array<ReadyJob, 4> alternatives;
  LatencyCounters latency;
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    latency.begin();
    if (traced) benchmark::DoNotOptimize(queue.alternatives(alternatives));
    ReadyJob job = queue.pop();
    benchmark::DoNotOptimize(job);
    latency.end();
    ReadyJob next = random_job(random, sequence++);
    next.key.key += job.key.key;
    (void)queue.push(next);
  }
  latency.report(state);
}
BENCHMARK(pick_next)->ArgNames({"pending", "traced"})->ArgsProduct({{16, 1000, 100'000}, {0, 1}});

}  // namespace
}  // namespace aegis::executor
