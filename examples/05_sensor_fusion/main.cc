// SPDX-License-Identifier: Apache-2.0
//
// Two sensors are read every 100 µs; an estimate is made of both readings, within 150 µs of the
// sample. Three things are said to the scheduler and no lock is taken: the round is periodic, the
// readings are two tasks of it, and the fusion follows when both are done.
//
//                 +--> gyroscope -----+
//   every 100 us -|                   |--> fusion --> estimate, due 150 us after the round began
//                 +--> accelerometer -+
//
//   example_05_sensor_fusion            what must hold on every machine
//   example_05_sensor_fusion figures    what this one achieved

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "aegis/executor/nanosecond_scheduler.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::RelativeDeadline;
using aegis::TimePoint;
using aegis::executor::NanosecondScheduler;
using aegis::executor::PeriodicTask;
using aegis::executor::Priority;
using aegis::executor::SchedulerConfig;
using aegis::executor::TaskContext;

namespace {

constexpr Duration kPeriod = 100_us;
constexpr RelativeDeadline kFusionDue{150_us};
constexpr std::uint64_t kRounds = 5'000;

// What the sensors would say: a body that turns by one unit a round.
double gyroscope(std::uint64_t round) {
  return static_cast<double>(round) + 0.25;
}
double accelerometer(std::uint64_t round) {
  return static_cast<double>(round) - 0.25;
}

// One round. Each field has one writer, and who reads it comes after by the order of tasks.
struct Round {
  TimePoint began;
  double angle_by_gyroscope = 0;
  double angle_by_accelerometer = 0;
  double angle = 0;
  TimePoint fused;
  int fusions = 0;
  bool refused = false;  // the scheduler had no place for one of its tasks: said, not lost
};

class Fusion {
 public:
  explicit Fusion(NanosecondScheduler& scheduler) : scheduler_(scheduler), rounds_(kRounds) {}

  // The periodic task. A round that comes while the last one still begins is skipped and counted.
  void begin(const TaskContext& job) {
    Round& round = rounds_[job.activation];
    round.began = job.arrival;
    const std::uint64_t number = job.activation;
    const auto gyro = scheduler_.schedule_with_deadline(
        [&round, number] { round.angle_by_gyroscope = gyroscope(number); }, kFusionDue);
    const auto accel = scheduler_.schedule_with_deadline(
        [&round, number] { round.angle_by_accelerometer = accelerometer(number); }, kFusionDue);
    round.refused = !gyro || !accel;
    if (round.refused) return;
    const std::array readings{*gyro, *accel};
    const auto fusion = scheduler_.when_all(
        readings, [&round](const TaskContext& context) { fuse(round, context); },
        {.priority = Priority::kCritical});
    round.refused = !fusion;
  }

  [[nodiscard]] const std::vector<Round>& rounds() const { return rounds_; }

 private:
  static void fuse(Round& round, const TaskContext& job) {
    round.angle = (round.angle_by_gyroscope + round.angle_by_accelerometer) / 2;
    round.fused = job.clock.now();
    ++round.fusions;
  }

  NanosecondScheduler& scheduler_;
  std::vector<Round> rounds_;
};

void print_verdicts(const std::vector<Round>& rounds) {
  std::uint64_t begun = 0;
  std::uint64_t refused = 0;
  std::uint64_t fused = 0;
  std::uint64_t mixed = 0;
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    begun += rounds[i].began != TimePoint{} ? 1U : 0U;
    refused += rounds[i].refused ? 1U : 0U;
    fused += rounds[i].fusions == 1 ? 1U : 0U;
    mixed += rounds[i].fusions == 1 && rounds[i].angle != static_cast<double>(i) ? 1U : 0U;
  }
  std::printf("rounds begun: %s\n", begun > 0 ? "yes" : "no");
  std::printf("begun, not refused, and not fused once: %lld\n",
              static_cast<long long>(begun - refused) - static_cast<long long>(fused));
  std::printf("estimates that mix two rounds: %llu\n", static_cast<unsigned long long>(mixed));
}

void print_figures(const std::vector<Round>& rounds) {
  std::vector<Duration> taken;
  for (const Round& round : rounds) {
    if (round.fusions == 1) taken.push_back(round.fused - round.began);
  }
  std::ranges::sort(taken);
  const auto in_time =
      std::ranges::count_if(taken, [](Duration d) { return d <= kFusionDue.value; });
  std::printf("fused: %zu of %llu, within 150 us: %lld\n", taken.size(),
              static_cast<unsigned long long>(kRounds), static_cast<long long>(in_time));
  if (taken.empty()) return;
  std::printf("sample to estimate: p50 %lld ns, p99 %lld ns, max %lld ns\n",
              static_cast<long long>(taken[taken.size() / 2].ns()),
              static_cast<long long>(taken[taken.size() * 99 / 100].ns()),
              static_cast<long long>(taken.back().ns()));
}

}  // namespace

int main(int arguments, char**) {
  SchedulerConfig config{.name = "fusion"};
  config.group(Priority::kNormal).enabled = false;
  config.group(Priority::kLow).enabled = false;
  const auto scheduler = NanosecondScheduler::create(config);
  if (!scheduler) {
    std::fprintf(stderr, "%s\n", scheduler.error().message().c_str());
    return 4;
  }
  Fusion fusion(**scheduler);
  const auto rounds =
      (*scheduler)
          ->schedule_periodic(
              [&fusion](const TaskContext& job) { fusion.begin(job); },
              PeriodicTask{.name = "round", .period = kPeriod, .activations = kRounds});
  if (!rounds || !(*scheduler)->wait_for_completion(rounds->task, 20_s)) return 4;
  if (!(*scheduler)->run_until_idle(20_s)) return 4;  // the last round's fusion

  std::printf("%llu rounds of 100 us, each estimate due after 150 us\n",
              static_cast<unsigned long long>(kRounds));
  print_verdicts(fusion.rounds());
  if (arguments > 1) print_figures(fusion.rounds());
}
