// SPDX-License-Identifier: Apache-2.0
//
// What it costs to hand a job to a lane, and how punctual the lane is. The benchmark runs on the
// first CPU, the lane on the last; how far their caches are apart is measured beside it
// (cache_line_one_way), since a virtual machine may move.
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/real_time_thread.h"

#include "lane_core.h"
#include "monitor/latency_counters.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

int last_cpu() {
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1;
}

void pin_this_thread_to_the_first_cpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  sched_setaffinity(0, sizeof set, &set);
}

constexpr std::uint32_t kSubmitted = 0;
constexpr std::uint32_t kPeriodic = 1;

// Notes when the last segment of each task started.
class NotingDriver final : public LaneDriver {
 public:
  explicit NotingDriver(const Clock& clock) : clock_(clock) {}
  Status start_segment(JobId job, std::uint32_t, std::uint64_t) noexcept override {
    started_ns[job.task.value].store(clock_.now().ns(), std::memory_order_release);
    return ok();
  }
  Result<SegmentState> poll() noexcept override { return SegmentState::kDone; }
  void cancel() noexcept override {}
  std::array<std::atomic<std::int64_t>, 2> started_ns{};

 private:
  const Clock& clock_;
};

LaneTask task_of(std::uint32_t id, bool periodic, Duration period) {
  LaneTask task;
  task.model.id = TaskId{id};
  task.model.segments = {{100_us, 0_ns}};
  task.model.period = period;
  task.model.deadline = RelativeDeadline{1_s};
  task.periodic = periodic;
  task.inbox_capacity = 1024;
  return task;
}

struct Discard final : trace::Recorder::Sink {
  void on_thread(ThreadId, const std::string&) override {}
  void on_declaration(const trace::Declaration&) override {}
  void on_events(ThreadId, std::span<const trace::Event>, std::uint64_t) override {}
};

struct BenchmarkLane {
  explicit BenchmarkLane(Duration spin, bool shallow_idle = true) {
    pin_this_thread_to_the_first_cpu();
    LaneConfig config;
    config.cpu = last_cpu();
    config.wait = {.spin = spin, .shallow_idle = shallow_idle};
    lane = std::move(*Lane::create(config, driver, clock, nullptr));
    (void)lane->start();
  }
  void note(benchmark::State& state) const {
    state.SetLabel(lane->real_time() ? "SCHED_FIFO" : lane->real_time_note());
  }
  // Waits until the lane has started a job of the task at or after `since`; returns when that was.
  TimePoint started_since(std::uint32_t task, TimePoint since) const {
    std::int64_t started = 0;
    while ((started = driver.started_ns[task].load(std::memory_order_acquire)) < since.ns()) {
      spin_pause();
    }
    return TimePoint::from_ns(started);
  }
  MonotonicClock clock;
  NotingDriver driver{clock};
  std::unique_ptr<Lane> lane;
};

// Half of a round trip of one cache line between the two CPUs: "near" some 60 ns, "far" some 250 or
// more.
void cache_line_one_way(benchmark::State& state) {
  pin_this_thread_to_the_first_cpu();
  std::atomic<std::int64_t> ball{0};
  auto partner =
      RealTimeThread::start({.name = "echo", .cpu = last_cpu()}, [&](const ThreadGrant&) {
        for (std::int64_t turn = 1;; turn += 2) {
          std::int64_t seen = 0;
          while ((seen = ball.load(std::memory_order_acquire)) != turn && seen >= 0) {
          }
          if (seen < 0) return;
          ball.store(turn + 1, std::memory_order_release);
        }
      });
  LatencyCounters latency;
  std::int64_t turn = 1;
  for (auto _ : state) {
    latency.begin();
    ball.store(turn, std::memory_order_release);
    while (ball.load(std::memory_order_acquire) != turn + 1) {
    }
    latency.end();
    turn += 2;
  }
  ball = -1;
  latency.report(state);
  for (auto& counter : state.counters) counter.second.value /= 2;
}
BENCHMARK(cache_line_one_way)->Iterations(200'000);

// The caller's price of submit(), and the time until the job's first instruction, to a lane that
// spins: a release every 400 µs, for which it stops sleeping 300 µs before, and a submission in the
// middle of that.
void submit_to_an_awake_lane(benchmark::State& state) {
  BenchmarkLane run(300_us);
  (void)run.lane->add(task_of(kPeriodic, true, 400_us));
  (void)run.lane->add(task_of(kSubmitted, false, 1_ns));
  LatencyCounters submit;
  LatencyCounters start;
  for (auto _ : state) {
    const TimePoint release = run.started_since(kPeriodic, run.clock.now());
    while (run.clock.now() < release + 200_us) spin_pause();
    const TimePoint before = run.clock.now();
    submit.begin();
    (void)run.lane->submit(TaskId{kSubmitted}, 0);
    submit.end();
    start.add(run.started_since(kSubmitted, before) - before);
  }
  run.note(state);
  if (state.range(0) == 0) submit.report(state);
  if (state.range(0) == 1) start.report(state);
}
BENCHMARK(submit_to_an_awake_lane)->ArgName("until_started")->Arg(0)->Arg(1)->Iterations(10'000);

// The same to a lane that sleeps on its futex.
void submit_to_a_parked_lane(benchmark::State& state) {
  BenchmarkLane run(0_us, state.range(1) != 0);
  (void)run.lane->add(task_of(kSubmitted, false, 1_ns));
  LatencyCounters submit;
  LatencyCounters start;
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    const TimePoint before = run.clock.now();
    submit.begin();
    (void)run.lane->submit(TaskId{kSubmitted}, 0);
    submit.end();
    start.add(run.started_since(kSubmitted, before) - before);
  }
  run.note(state);
  if (state.range(0) == 0) submit.report(state);
  if (state.range(0) == 1) start.report(state);
}
BENCHMARK(submit_to_a_parked_lane)
    ->ArgNames({"until_started", "shallow_idle"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->Iterations(3'000);

// Our own work per job, start to end on one thread: submit, take, release, select, two clock
// readings around an empty segment, complete; with a recorder and without. What admission charges
// as overheads is about this much.
void one_job_through_the_core(benchmark::State& state) {
  pin_this_thread_to_the_first_cpu();
  MonotonicClock clock;
  NotingDriver driver(clock);
  trace::Recorder recorder;
  const bool traced = state.range(0) != 0;
  LaneConfig config;
  config.overheads = {.release = 1_ms, .dispatch = 1_ms, .completion = 1_ms, .clock_error = 0_ns};
  LinuxSupplyProbe supply(std::nullopt);
  LaneCore core(config, driver, clock,
                {.recorder = &recorder,
                 .writer = traced ? recorder.add_thread("lane") : trace::Writer{},
                 .supply = state.range(1) != 0 ? &supply : nullptr,
                 .reports = nullptr});
  core.open(false);
  TaskState task(task_of(kSubmitted, false, 1_ns), 1);
  TaskState* const tasks[] = {&task};
  (void)core.add(tasks);
  Discard discard;
  std::int64_t jobs = 0;
  for (auto _ : state) {
    (void)task.inbox.submit({clock.now(), 0});
    (void)core.step();
    (void)core.step();
    if (++jobs % 4096 == 0) {
      state.PauseTiming();
      recorder.drain(discard);
      state.ResumeTiming();
    }
  }
}
BENCHMARK(one_job_through_the_core)->ArgNames({"traced", "metered"})->ArgsProduct({{0, 1}, {0, 1}});

// How late the first instruction of a job periodic at 1 ms comes after its arrival, over 5 s, by
// the length of the spin.
void release_lateness(benchmark::State& state) {
  for (auto _ : state) {
    BenchmarkLane run(Duration::microseconds(state.range(0)));
    LatencyCounters lateness;
    (void)run.lane->add(task_of(kPeriodic, true, 1_ms));
    std::this_thread::sleep_for(std::chrono::seconds(5));
    (void)run.lane->drain(1_s);
    // response - execution = from the arrival to the segment's start, for a lane without any other
    // job.
    const TaskStatistics statistics = run.lane->statistics()[0];
    for (std::size_t i = 0; i < statistics.response_ns.size(); ++i) {
      lateness.add(Duration::nanoseconds(statistics.response_ns[i] - statistics.execution_ns[i]));
    }
    run.note(state);
    lateness.report(state);
  }
}
BENCHMARK(release_lateness)
    ->ArgName("spin_us")
    ->Arg(0)
    ->Arg(60)
    ->Arg(200)
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace aegis::executor
