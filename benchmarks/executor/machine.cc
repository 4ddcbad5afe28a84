// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <atomic>
#include <ctime>
#include <fstream>

#include <sched.h>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "aegis/executor/real_time_thread.h"

namespace aegis::benchmarks {

bool find_processors(Machine& machine) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 2) return false;
  machine.measuring_cpu = 0;
  while (!CPU_ISSET(static_cast<unsigned>(machine.measuring_cpu), &set)) ++machine.measuring_cpu;
  machine.worker_cpu = CPU_SETSIZE - 1;
  while (!CPU_ISSET(static_cast<unsigned>(machine.worker_cpu), &set)) --machine.worker_cpu;
  return true;
}

std::string machine_in_words() {
  std::ifstream info("/proc/cpuinfo");
  std::string model = "unknown processor";
  int processors = 0;
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("processor")) ++processors;
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      model = line.substr(colon + 2);
    }
  }
  utsname kernel{};
  uname(&kernel);
  return fmt::format("{}, {} CPUs, Linux {}", model, processors, kernel.release);
}

std::string on_measuring_thread(int cpu, int priority, const std::function<void()>& body) {
  auto thread =
      executor::RealTimeThread::start({.name = "measure", .cpu = cpu, .fifo_priority = priority},
                                      [&body](const executor::ThreadGrant&) { body(); });
  if (!thread) return std::string(thread.error().text);
  std::string refused = thread->grant().note;
  thread->join();
  return refused;
}

void sleep_ns(std::int64_t ns) noexcept {
  const timespec length{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &length, nullptr);
}

void Pace::rest() noexcept {
  sleep_ns(kRestNs);
  since_ = ticks();
}

Summary cache_line_one_way(const Machine& machine, int round_trips) {
  struct alignas(128) Ball {
    std::atomic<std::int64_t> turn{0};
  } ball;
  // The echo spins only while the ball moves: it ends with the last turn, a few milliseconds on.
  const std::int64_t last = 2 * static_cast<std::int64_t>(round_trips);
  auto echo = executor::RealTimeThread::start(
      {.name = "echo", .cpu = machine.worker_cpu}, [&](const executor::ThreadGrant&) {
        for (std::int64_t turn = 1; turn < last; turn += 2) {
          std::int64_t seen = 0;
          while ((seen = ball.turn.load(std::memory_order_acquire)) != turn) {
            if (seen < 0) return;
          }
          ball.turn.store(turn + 1, std::memory_order_release);
        }
      });
  Samples one_way(static_cast<std::size_t>(round_trips));
  if (!echo) return {};
  (void)on_measuring_thread(machine.measuring_cpu, kMeasuringPriority, [&] {
    Pace pace(machine.stopwatch);
    for (std::int64_t turn = 1; turn < last; turn += 2) {
      if (pace.rest_is_due()) pace.rest();
      const std::int64_t begin = ticks();
      ball.turn.store(turn, std::memory_order_release);
      while (ball.turn.load(std::memory_order_acquire) != turn + 1) {
      }
      one_way.add(machine.stopwatch.operation_ns(ticks() - begin) / 2);
    }
  });
  ball.turn.store(-1, std::memory_order_release);  // nobody may have played
  echo->join();
  return one_way.summary();
}

}  // namespace aegis::benchmarks
