// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>

#include "figures.h"
#include "hand_over.h"
#include "peers/all.h"

namespace aegis::benchmarks {
namespace {

constexpr std::array kEmptyGoals{Goal{.who = "AegisRT",
                                      .statistic = Statistic::kP50,
                                      .near = 200,
                                      .far = 200,
                                      .condition = " (200 are 5 M/s)"}};
constexpr Figure kEmpty{.id = "empty_tasks",
                        .title = "an empty task through one worker, in a stream",
                        .goals = kEmptyGoals};

// Counts the tasks that ended: what the submitter needs so as not to run ahead of the worker.
class Counter {
 public:
  [[nodiscard]] Task task() noexcept { return {.run = &Counter::run, .argument = this}; }
  [[nodiscard]] std::int64_t done() const noexcept { return done_.load(std::memory_order_acquire); }

 private:
  static void run(void* self) {
    std::atomic<std::int64_t>& done = static_cast<Counter*>(self)->done_;
    done.store(done.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  alignas(128) std::atomic<std::int64_t> done_{0};
};

// From the first submission to the end of the last task, per task. The submitter keeps at most
// kAhead tasks pending, less than any queue holds, and looks every kLook.
template <Executor Peer>
class Stream {
 public:
  static constexpr std::int64_t kTasks = 4'096;
  static constexpr std::int64_t kAhead = 512;
  static constexpr std::int64_t kLook = 128;

  Stream(Peer& peer, const Stopwatch& stopwatch) : peer_(peer), stopwatch_(stopwatch) {}

  // Nanoseconds a task; negative: some were lost.
  double run() {
    const std::int64_t begin = ticks();
    for (std::int64_t i = 0; i < kTasks; ++i) {
      if (i % kLook == 0 && !await(submitted_ - kAhead)) return -1;
      peer_.submit(counter_.task());
      ++submitted_;
    }
    if (!await(submitted_)) return -1;
    return stopwatch_.ns(ticks() - begin) / static_cast<double>(kTasks);
  }

 private:
  [[nodiscard]] bool await(std::int64_t tasks) const noexcept {
    const std::int64_t give_up = ticks() + stopwatch_.in_ticks(Duration::seconds(1));
    while (counter_.done() < tasks) {
      if (ticks() > give_up) return false;
    }
    return true;
  }
  Peer& peer_;
  Stopwatch stopwatch_;
  Counter counter_;
  std::int64_t submitted_ = 0;
};

template <Executor Peer>
void measure(const Plan& plan, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::size_t wanted = plan.samples(200);
  Samples each(wanted);
  Peer peer({.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority});
  std::string refused = on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority, [&] {
    StartNote note;
    Pace pace(stopwatch);
    Stream stream(peer, stopwatch);
    while (each.size() < wanted) {
      if (!rest_together(peer, pace, stopwatch, note)) return;
      const double ns = stream.run();
      if (ns < 0) return;
      each.add(ns);
    }
  });
  if (refused.empty()) refused = peer.refused();
  report.add(kEmpty, Peer::kName, each.summary(), refused);
}

}  // namespace

void measure_throughput(const Plan& plan, Report& report) {
  for_each_peer(
      Idle::kSpins, [&]<class Peer>() { measure<Peer>(plan, report); },
      [&](std::string_view name, std::string_view why) { report.absent(kEmpty, name, why); });
}

}  // namespace aegis::benchmarks
