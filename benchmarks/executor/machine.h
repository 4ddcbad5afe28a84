// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "samples.h"
#include "ticks.h"

namespace aegis::benchmarks {

// Where things run: the measuring thread on one processor, the worker on another. A virtual machine
// moves its processors within minutes, so the way of a cache line between the two is measured
// beside every figure: "near" below kNearNs, else "far".
struct Machine {
  int measuring_cpu = 0;
  int worker_cpu = 0;
  Stopwatch stopwatch;
};

// Two processors of those this process may run on, the first and the last; or none if it has one.
[[nodiscard]] bool find_processors(Machine& machine);

// "AMD EPYC, 2 CPUs, Linux 6.1"
[[nodiscard]] std::string machine_in_words();

// SCHED_FIFO priorities: above the kernel's threaded interrupts (50), below its own threads (99),
// the worker above the measuring thread, so that on a shared processor the measured one wins.
inline constexpr int kMeasuringPriority = 70;
inline constexpr int kWorkerPriority = 80;

// Runs `body` to its end on a SCHED_FIFO thread on `cpu` and returns what the kernel refused, in
// words (empty: nothing). The caller sleeps meanwhile. Bodies rest (see Pace).
std::string on_measuring_thread(int cpu, int priority, const std::function<void()>& body);

// The kernel's fair server stops a SCHED_FIFO thread that never sleeps for some 50 ms a second, and
// the machine must keep a way out: so whoever spins sleeps 100 µs in each millisecond.
class Pace {
 public:
  explicit Pace(const Stopwatch& stopwatch)
      : period_(stopwatch.in_ticks(Duration::microseconds(900))), since_(ticks()) {}
  [[nodiscard]] bool rest_is_due() const noexcept { return ticks() - since_ > period_; }
  void rest() noexcept;

  static constexpr std::int64_t kRestNs = 100'000;

 private:
  std::int64_t period_;
  std::int64_t since_;
};

void sleep_ns(std::int64_t ns) noexcept;

// Half of a round trip of one cache line between the two processors.
inline constexpr double kNearNs = 150;
[[nodiscard]] Summary cache_line_one_way(const Machine& machine, int round_trips);

}  // namespace aegis::benchmarks
