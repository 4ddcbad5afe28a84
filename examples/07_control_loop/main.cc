// SPDX-License-Identifier: Apache-2.0
//
// A controller holds a mass at a position, every millisecond. Once, its computation takes four
// periods. The miss handler is told, the releases that found it busy are skipped (two old samples
// are worth less than one new one), and the loop goes on: the mass arrives all the same.
//
// Operators change the target meanwhile, and somebody may stop everything. Both reach the loop
// through one state in which a stop overtakes every target that still waits.
//
//   example_07_control_loop            what must hold on every machine
//   example_07_control_loop figures    what this one achieved

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "aegis/base/duration_text.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/prioritised_state.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::TimePoint;
using aegis::executor::DeadlineMiss;
using aegis::executor::NanosecondScheduler;
using aegis::executor::PeriodicTask;
using aegis::executor::PrioritisedState;
using aegis::executor::Priority;
using aegis::executor::SchedulerConfig;
using aegis::executor::TaskContext;

namespace {

constexpr Duration kPeriod = 1_ms;
constexpr std::uint64_t kActivations = 800;
constexpr std::uint64_t kSlowOne = 100;

// What the loop is to do, and who may change it: the most urgent first.
struct Orders {
  double target = 0;
  std::uint64_t stopped = 0;
};
struct Stop {
  void apply_to(Orders& orders) const noexcept { orders.stopped = 1; }
};
struct Target {
  double position = 0;
  void apply_to(Orders& orders) const noexcept { orders.target = position; }
};
using LoopOrders = PrioritisedState<Orders, Stop, Target>;

// A mass of 1 kg on rails, and a controller that pulls it like a damped spring. A step is a period
// long whenever it is taken: what is shown here does not depend on the machine.
class Loop {
 public:
  explicit Loop(const LoopOrders& orders) : orders_(orders) {}

  void step(const TaskContext& job) {
    const Orders orders = orders_.read();
    constexpr double dt = 0.05;
    const double force =
        orders.stopped != 0 ? -4 * speed_ : 4 * (orders.target - position_) - 4 * speed_;
    speed_ += force * dt;
    position_ += speed_ * dt;
    ++steps_;
    if (job.activation >= kSlowOne && !was_slow_) take_too_long(job);
  }
  [[nodiscard]] double position() const { return position_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  void take_too_long(const TaskContext& job) {
    was_slow_ = true;
    const TimePoint end = job.arrival + 4 * kPeriod;
    while (job.clock.now() < end) {
    }
  }

  const LoopOrders& orders_;
  double position_ = 0;
  double speed_ = 0;
  std::uint64_t steps_ = 0;
  bool was_slow_ = false;
};

// What the miss handler heard; it is called by an ordinary thread of the scheduler.
struct Misses {
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> skipped{0};
  std::atomic<std::uint64_t> worst_activation{0};
  std::atomic<std::int64_t> worst_ns{0};

  void note(const DeadlineMiss& miss) {
    if (miss.skipped) {
      ++skipped;
      return;
    }
    ++late;
    if (miss.tardiness.ns() > worst_ns) {
      worst_ns = miss.tardiness.ns();
      worst_activation = miss.activation;
    }
  }
};

void print_figures(const NanosecondScheduler& scheduler, const Misses& misses) {
  std::printf("late: %llu, skipped: %llu, worst %s at activation %llu\n",
              static_cast<unsigned long long>(misses.late.load()),
              static_cast<unsigned long long>(misses.skipped.load()),
              aegis::format_duration(Duration::nanoseconds(misses.worst_ns)).c_str(),
              static_cast<unsigned long long>(misses.worst_activation.load()));
  for (const auto& kind : scheduler.latency_stats().kinds) {
    if (kind.name != "loop") continue;
    std::printf("release to start: p50 %s, p99 %s, jitter %s\n",
                aegis::format_duration(kind.latencies.queueing.p50).c_str(),
                aegis::format_duration(kind.latencies.queueing.p99).c_str(),
                aegis::format_duration(kind.latencies.queueing.jitter).c_str());
  }
}

// What the overload rule turned away is counted as refused.
std::uint64_t skipped_by_the_account_of(const NanosecondScheduler& scheduler) {
  std::uint64_t skipped = 0;
  for (const auto& kind : scheduler.latency_stats().kinds) {
    if (kind.name == "loop") skipped += kind.jobs.refused;
  }
  return skipped;
}

int run(NanosecondScheduler& scheduler, const Misses& misses, bool figures) {
  LoopOrders orders(scheduler, Orders{});
  if (!orders.update(Target{.position = 1})) return 4;
  Loop loop(orders);
  const auto task = scheduler.schedule_periodic(
      [&loop](const TaskContext& job) { loop.step(job); },
      PeriodicTask{.name = "loop",
                   .period = kPeriod,
                   .overload = {.rule = aegis::theory::OverloadRule::kSkip},
                   .activations = kActivations},
      Priority::kCritical);
  if (!task) return 4;
  const auto outcome = scheduler.wait_for_completion(task->task);
  if (!outcome) return 4;

  const std::uint64_t skipped = skipped_by_the_account_of(scheduler);
  std::printf(
      "releases that neither ran nor were skipped: %lld\n",
      static_cast<long long>(kActivations) - static_cast<long long>(loop.steps() + skipped));
  std::printf("the slow step was late: %s\n", outcome->missed ? "yes" : "no");
  std::printf("releases skipped meanwhile: %s\n", skipped > 0 ? "yes" : "no");
  std::printf("the mass arrived: %s\n", std::abs(loop.position() - 1) < 0.01 ? "yes" : "no");

  // Three targets wait when somebody stops: the stop is next, whatever came before it.
  if (!orders.update(Target{.position = 2}) || !orders.update(Stop{})) return 4;
  if (!orders.wait_until_applied(scheduler.clock().now() + 10_s)) return 4;
  const Orders now = orders.read();
  std::printf("stopped: %s, target: %.0f\n", now.stopped != 0 ? "yes" : "no", now.target);
  if (!scheduler.shutdown(10_s)) return 4;  // whatever there was to tell has been told by now
  std::printf("the miss handler was told of it: %s\n", misses.late > 0 ? "yes" : "no");
  if (figures) print_figures(scheduler, misses);
  return 0;
}

}  // namespace

int main(int arguments, char**) {
  Misses misses;
  SchedulerConfig config{.name = "control"};
  config.group(Priority::kNormal).enabled = false;
  config.group(Priority::kLow).enabled = false;
  config.on_miss = [&misses](const DeadlineMiss& miss) { misses.note(miss); };
  const auto scheduler = NanosecondScheduler::create(config);
  if (!scheduler) {
    std::fprintf(stderr, "%s\n", scheduler.error().message().c_str());
    return 4;
  }
  return run(**scheduler, misses, arguments > 1);
}
