// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "aegis/executor/cpu_latency.h"

#include "figures.h"
#include "hand_over.h"
#include "peers/all.h"
#include "peers/cyclictest.h"

namespace aegis::benchmarks {
namespace {

constexpr std::array kShallowGoals{Goal{.who = "AegisRT", .near = 5'000, .far = 5'000}};
constexpr Figure kShallow{.id = "wake_shallow",
                          .title = "submit to start, parked worker, cpu_dma_latency held",
                          .goals = kShallowGoals};
constexpr std::array kDeepGoals{Goal{.who = "AegisRT",
                                     .near = 1.3,
                                     .far = 1.3,
                                     .beside = "cyclictest",
                                     .condition = " below 1.3 x cyclictest"}};
constexpr Figure kDeep{.id = "wake_deep",
                       .title = "submit to start, parked worker, idle states as they are",
                       .goals = kDeepGoals};

// Between two submissions: long enough that every worker has parked and its processor idles.
constexpr std::int64_t kIdleNs = 500'000;

// What the kernel alone takes: a thread in FUTEX_WAIT and a FUTEX_WAKE, nothing else.
class BareFutex {
 public:
  static constexpr std::string_view kName = "futex alone";
  static constexpr bool kWatchesItsWorker = false;

  explicit BareFutex(const WorkerPlan& plan) : worker_(plan, [this] { step(); }) {}
  BareFutex(const BareFutex&) = delete;
  BareFutex& operator=(const BareFutex&) = delete;
  ~BareFutex() {
    worker_.stop();
    submit({.run = [](void*) {}});
  }

  void submit(Task task) {
    task_ = task;
    word_.store(1, std::memory_order_release);
    futex(FUTEX_WAKE_PRIVATE, 1);
  }
  [[nodiscard]] std::string refused() const { return worker_.refused(); }

 private:
  void step() {
    while (word_.load(std::memory_order_acquire) == 0) futex(FUTEX_WAIT_PRIVATE, 0);
    word_.store(0, std::memory_order_relaxed);
    task_.run(task_.argument);
  }
  void futex(int operation, std::uint32_t value) noexcept {
    syscall(SYS_futex, &word_, operation, value, nullptr, nullptr, 0);
  }

  std::atomic<std::uint32_t> word_{0};
  Task task_;  // the submitter's until word_ is 1, the worker's until its task has run
  WorkerThread worker_;
};
static_assert(Executor<BareFutex>);

template <Executor Peer>
void measure(const Plan& plan, const Figure& figure, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::size_t wanted = plan.samples(1'000);
  Samples wake(wanted);
  Peer peer(
      {.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority, .idle = Idle::kParks});
  std::string refused = on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority, [&] {
    StartNote note;
    while (wake.size() < wanted) {
      sleep_ns(kIdleNs);
      note.clear();
      const std::int64_t before = ticks();
      peer.submit(note.task());
      const std::int64_t started = note.await(stopwatch);
      if (started == 0) return;
      wake.add(stopwatch.ns(started - before));
    }
  });
  if (refused.empty()) refused = peer.refused();
  report.add(figure, Peer::kName, wake.summary(), refused);
}

void measure_all(const Plan& plan, const Figure& figure, bool shallow, Report& report) {
  for_each_peer(
      Idle::kParks, [&]<class Peer>() { measure<Peer>(plan, figure, report); },
      [&](std::string_view name, std::string_view why) { report.absent(figure, name, why); });
  measure<BareFutex>(plan, figure, report);
  const auto timer = cyclictest({.cpu = plan.machine.worker_cpu,
                                 .fifo_priority = kWorkerPriority,
                                 .loops = plan.samples(1'000),
                                 .shallow_idle = shallow});
  if (timer) {
    report.add(figure, "cyclictest", *timer, "a timer's wake-up, not a thread's");
  } else {
    report.absent(figure, "cyclictest", timer.error().text);
  }
}

}  // namespace

void measure_wake(const Plan& plan, Report& report) {
  {
    const auto held = executor::CpuLatencyRequest::hold();
    if (!held) report.fact("Not held: /dev/cpu_dma_latency was refused.");
    measure_all(plan, kShallow, true, report);
  }
  measure_all(plan, kDeep, false, report);
}

}  // namespace aegis::benchmarks
