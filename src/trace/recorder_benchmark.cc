// SPDX-License-Identifier: Apache-2.0
//
// What one event costs the thread that records it, and its parts. Every figure is a median over
// batches of 64, since reading a clock around one call would measure the clock; p99 and max are of
// batches, too.
//
//   clock            reading the clock, which a lane does anyway: its phases share one reading
//   record           with a given time: the ring alone
//   clock + record   both
//   record, off      a writer without a recorder: what tracing costs when it is off
//
// In `drained` another thread empties the ring meanwhile: the ring's indices then travel between
// two caches, near or far as the host has placed the processors; the counter hand_over_ns (half a
// round trip of one cache line between the two threads) says which it was.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "aegis/base/clock.h"
#include "aegis/trace/recorder.h"

namespace aegis::trace {
namespace {

constexpr int kBatch = 64;

struct Discard final : Recorder::Sink {
  void on_thread(ThreadId, const std::string&) override {}
  void on_declaration(const Declaration&) override {}
  void on_events(ThreadId, std::span<const Event>, std::uint64_t) override {}
};

Event event_at(TimePoint now, std::int64_t n) {
  return {.time_ns = now.ns(),
          .job = static_cast<std::uint64_t>(n),
          .task = 1,
          .lane = 0,
          .type = EventType::kSegmentStart,
          .payload = {n, n, n, n, n}};
}

void report(benchmark::State& state, std::vector<double>& batches) {
  if (batches.empty()) return;
  std::sort(batches.begin(), batches.end());
  const auto at = [&](double share) {
    return batches[static_cast<std::size_t>(share * static_cast<double>(batches.size() - 1))];
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["max_ns"] = at(1.0);
}

// Times `once` in batches; `between` runs outside the measurement after each.
template <class Once, class Between>
void measure(benchmark::State& state, Once once, Between between) {
  const MonotonicClock clock;
  std::vector<double> batches;
  for (auto _ : state) {
    const TimePoint begin = clock.now();
    for (int i = 0; i < kBatch; ++i) once(i);
    const Duration took = clock.now() - begin;
    batches.push_back(static_cast<double>(took.ns()) / kBatch);
    state.SetIterationTime(took.seconds_as_double());
    between();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
  report(state, batches);
}

// Empties the ring often enough that it is never full, on the same thread.
class SelfDraining {
 public:
  SelfDraining() : writer(recorder_.add_thread("lane")) {}
  void after_batch() {
    if (++batches_ % 512 == 0) recorder_.drain(sink_);
  }

 private:
  Recorder recorder_;
  Discard sink_;
  int batches_ = 0;

 public:
  Writer writer;
};

void clock_alone(benchmark::State& state) {
  const MonotonicClock clock;
  measure(state, [&](int) { benchmark::DoNotOptimize(clock.now()); }, [] {});
}

void record_alone(benchmark::State& state) {
  SelfDraining trace;
  const TimePoint now = MonotonicClock().now();
  measure(
      state, [&](int i) { benchmark::DoNotOptimize(trace.writer.record(event_at(now, i))); },
      [&] { trace.after_batch(); });
}

void clock_and_record(benchmark::State& state) {
  const MonotonicClock clock;
  SelfDraining trace;
  measure(
      state,
      [&](int i) { benchmark::DoNotOptimize(trace.writer.record(event_at(clock.now(), i))); },
      [&] { trace.after_batch(); });
}

void record_off(benchmark::State& state) {
  Writer off;
  const TimePoint now = MonotonicClock().now();
  measure(state, [&](int i) { benchmark::DoNotOptimize(off.record(event_at(now, i))); }, [] {});
}

// Half a round trip of one cache line between this thread and another, in ns.
double hand_over_ns() {
  constexpr int kTurns = 20'000;
  std::atomic<int> turn{0};
  std::thread other([&] {
    for (int i = 1; i < 2 * kTurns; i += 2) {
      while (turn.load(std::memory_order_acquire) != i) {
      }
      turn.store(i + 1, std::memory_order_release);
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 2 * kTurns; i += 2) {
    turn.store(i + 1, std::memory_order_release);
    while (turn.load(std::memory_order_acquire) != i + 2) {
    }
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  other.join();
  return took.count() / (2.0 * kTurns);
}

void record_drained(benchmark::State& state) {
  Recorder recorder;
  Writer writer = recorder.add_thread("lane");
  std::atomic<bool> done{false};
  std::thread drain([&] {
    Discard sink;
    while (!done.load(std::memory_order_relaxed)) {
      recorder.drain(sink);
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  const TimePoint now = MonotonicClock().now();
  measure(state, [&](int i) { benchmark::DoNotOptimize(writer.record(event_at(now, i))); }, [] {});
  done = true;
  drain.join();
  state.counters["dropped"] = static_cast<double>(recorder.dropped());
  if (std::thread::hardware_concurrency() > 1) state.counters["hand_over_ns"] = hand_over_ns();
}

BENCHMARK(clock_alone)->UseManualTime();
BENCHMARK(record_alone)->UseManualTime();
BENCHMARK(clock_and_record)->UseManualTime();
BENCHMARK(record_off)->UseManualTime();
BENCHMARK(record_drained)->UseManualTime()->Iterations(100'000);

}  // namespace
}  // namespace aegis::trace
