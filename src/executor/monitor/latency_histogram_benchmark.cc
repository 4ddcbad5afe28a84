// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <benchmark/benchmark.h>

#include "aegis/executor/latency_histogram.h"

#include "latency_monitor.h"

namespace aegis::executor {
namespace {

// Latencies that wander over some hundred buckets, without asking a random generator each time.
Duration next(std::uint64_t& state) {
  constexpr std::uint64_t kMultiplier = 6364136223846793005;  // Knuth's MMIX
  state = state * kMultiplier + 1442695040888963407;
  return Duration::nanoseconds(static_cast<std::int64_t>((state >> 40) % 50'000));
}

void BM_next_sample(benchmark::State& state) {  // what the others' figures contain
  std::uint64_t random = 1;
  for (auto _ : state) benchmark::DoNotOptimize(next(random));
}
BENCHMARK(BM_next_sample);

void BM_histogram_record(benchmark::State& state) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  std::uint64_t random = 1;
  for (auto _ : state) histogram->record(next(random));
}
BENCHMARK(BM_histogram_record);

void BM_histogram_snapshot(benchmark::State& state) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  std::uint64_t random = 1;
  for (int i = 0; i < 10'000; ++i) histogram->record(next(random));
  for (auto _ : state) benchmark::DoNotOptimize(histogram->snapshot());
}
BENCHMARK(BM_histogram_snapshot);

void BM_monitor_record_job(benchmark::State& state) {
  const auto monitor = std::make_unique<LatencyMonitor>(std::nullopt);
  std::uint64_t random = 1;
  for (auto _ : state) {
    const TimePoint start = TimePoint{} + next(random);
    benchmark::DoNotOptimize(
        monitor->record_job({.arrival = TimePoint{}, .start = start, .end = start + next(random)}));
  }
}
BENCHMARK(BM_monitor_record_job);

}  // namespace
}  // namespace aegis::executor
