// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <ctime>
#include <string>

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "aegis/executor/real_time_thread.h"

#include "figures.h"
#include "hand_over.h"
#include "peers/all.h"

namespace aegis::benchmarks {
namespace {

constexpr std::array kTasksGoals{Goal{.who = "AegisRT", .near = 200, .far = 200}};
constexpr Figure kTasks{
    .id = "task_switch", .title = "from task to task on one worker", .goals = kTasksGoals};
constexpr std::array kThreadsGoals{
    Goal{.who = "sched_yield", .statistic = Statistic::kP50, .near = 2'000}};
constexpr Figure kThreads{.id = "thread_switch",
                          .title = "from SCHED_FIFO thread to thread on one processor",
                          .depends_on_caches = false,
                          .goals = kThreadsGoals};

// Tasks that wait in the queue while a first one holds the worker; then they run one after another,
// and each writes down when. What lies between two of them is the worker's own: end of one, take,
// begin of the next.
class Train {
 public:
  static constexpr std::size_t kLength = 64;  // fits every queue; longer ones only average the same

  Task gate() noexcept { return {.run = &Train::hold, .argument = this}; }
  Task carriage() noexcept { return {.run = &Train::pass, .argument = this}; }
  void prepare() noexcept {
    passed_.store(0, std::memory_order_relaxed);
    open_.store(false, std::memory_order_relaxed);
  }
  void open() noexcept { open_.store(true, std::memory_order_release); }
  // False: not within a second.
  [[nodiscard]] bool await(const Stopwatch& stopwatch) const noexcept {
    const std::int64_t give_up = ticks() + stopwatch.in_ticks(Duration::seconds(1));
    while (passed_.load(std::memory_order_acquire) < kLength) {
      if (ticks() > give_up) return false;
    }
    return true;
  }
  [[nodiscard]] const std::array<std::int64_t, kLength>& times() const noexcept { return times_; }

 private:
  static void hold(void* self) {
    while (!static_cast<Train*>(self)->open_.load(std::memory_order_acquire)) {
    }
  }
  static void pass(void* self) {
    Train& train = *static_cast<Train*>(self);
    const std::size_t index = train.passed_.load(std::memory_order_relaxed);
    train.times_[index] = ticks();
    train.passed_.store(index + 1, std::memory_order_release);
  }

  alignas(128) std::atomic<bool> open_{false};
  alignas(128) std::atomic<std::size_t> passed_{0};
  std::array<std::int64_t, kLength> times_{};
};

template <Executor Peer>
void measure_tasks(const Plan& plan, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::size_t wanted = plan.samples(20'000);
  Samples switches(wanted);
  Peer peer({.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority});
  std::string refused = on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority, [&] {
    StartNote note;
    Train train;
    Pace pace(stopwatch);
    while (switches.size() < wanted) {
      if (pace.rest_is_due() && !rest_together(peer, pace, stopwatch, note)) return;
      train.prepare();
      peer.submit(train.gate());
      for (std::size_t i = 0; i < Train::kLength; ++i) peer.submit(train.carriage());
      train.open();
      // Looking at the train's lines while it runs would slow it: the measuring thread sleeps.
      sleep_ns(Pace::kRestNs);
      if (!train.await(stopwatch)) return;
      for (std::size_t i = 1; i < Train::kLength && switches.size() < wanted; ++i) {
        switches.add(stopwatch.operation_ns(train.times()[i] - train.times()[i - 1]));
      }
    }
  });
  if (refused.empty()) refused = peer.refused();
  report.add(kTasks, Peer::kName, switches.summary(), refused);
}

// Two SCHED_FIFO threads of one priority on one processor that pass a turn to each other, in bursts
// of kTurns each; between bursts both sleep, since together they would fill the processor. Strictly
// in turn, so every turn begins with a switch.
template <class Pass>
class TwoThreads {
 public:
  static constexpr int kTurns = 200;

  TwoThreads(const Plan& plan, std::size_t bursts)
      : stopwatch_(plan.machine.stopwatch), bursts_(bursts), samples_(2 * bursts * kTurns) {
    const executor::ThreadRequest request{
        .name = "switch", .cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority};
    const std::int64_t begin = MonotonicClock().now().ns() + 5'000'000;
    const auto body = [this, begin](std::uint32_t me) {
      return [this, begin, me](const executor::ThreadGrant&) { play(me, begin); };
    };
    auto first = executor::RealTimeThread::start(request, body(0));
    auto second = executor::RealTimeThread::start(request, body(1));
    if (!first || !second) stop_.store(true);  // nobody to play with
    refused_ = first ? first->grant().note : first.error().text;
    if (first) first->join();
    if (second) second->join();
  }

  [[nodiscard]] Summary summary() { return samples_.summary(); }
  [[nodiscard]] const std::string& refused() const { return refused_; }

 private:
  void play(std::uint32_t me, std::int64_t begin) {
    for (std::size_t burst = 0; burst < bursts_; ++burst) {
      const std::int64_t ns = begin + static_cast<std::int64_t>(burst) * 3'000'000;
      const timespec at{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
      for (int turn = 0; turn < kTurns; ++turn) {
        while (turn_.load(std::memory_order_acquire) != me) {
          if (stop_.load()) return;
          pass_.await(turn_, 1 - me);
        }
        const std::int64_t now = ticks();
        if (turn > 0) samples_.add(stopwatch_.operation_ns(now - given_.load()));
        given_.store(ticks());
        turn_.store(1 - me, std::memory_order_release);
        pass_.give(turn_);
      }
    }
  }

  Stopwatch stopwatch_;
  std::size_t bursts_;
  Samples samples_;  // of whoever's turn it is
  std::string refused_;
  Pass pass_;
  std::atomic<std::uint32_t> turn_{0};
  std::atomic<std::int64_t> given_{0};
  std::atomic<bool> stop_{false};
};

// The cheapest way to give the processor away: nobody sleeps, nobody is woken.
struct Yield {
  void await(std::atomic<std::uint32_t>&, std::uint32_t) const noexcept { sched_yield(); }
  void give(std::atomic<std::uint32_t>&) const noexcept {}
};

// One wakes the other and sleeps: what a blocking hand-over takes.
struct Futex {
  // Without a time limit, as setting a timer would be most of what is measured.
  void await(std::atomic<std::uint32_t>& turn, std::uint32_t others) const noexcept {
    syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, others, nullptr, nullptr, 0);
  }
  void give(std::atomic<std::uint32_t>& turn) const noexcept {
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
};

template <class Pass>
void measure_threads(const Plan& plan, std::string_view who, Report& report) {
  TwoThreads<Pass> threads(plan, plan.samples(100) + 1);
  report.add(kThreads, who, threads.summary(), threads.refused());
}

}  // namespace

void measure_switch(const Plan& plan, Report& report) {
  for_each_peer(
      Idle::kSpins, [&]<class Peer>() { measure_tasks<Peer>(plan, report); },
      [&](std::string_view name, std::string_view why) { report.absent(kTasks, name, why); });
  measure_threads<Yield>(plan, "sched_yield", report);
  measure_threads<Futex>(plan, "futex ping-pong", report);
}

}  // namespace aegis::benchmarks
