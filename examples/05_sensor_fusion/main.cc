// SPDX-License-Identifier: Apache-2.0
//
// Two sensors are read every 100 µs; an estimate is made of both readings, to be used within 150 µs
// of the sample. No lock is taken: the round is a periodic task, the readings are two tasks of it,
// the fusion follows when both are done, and the estimates go on as a stream whose items are due.
//
//                 +--> gyroscope -----+
//   every 100 us -|                   |--> fusion ==> estimates, each due 150 us after its sample
//                 +--> accelerometer -+
//
// An estimate that is too late is dropped and said to be; none is lost in between.
//
//   example_05_sensor_fusion            what must hold on every machine
//   example_05_sensor_fusion figures    what this one achieved

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "aegis/base/duration_text.h"
#include "aegis/executor/latency_stream.h"
#include "aegis/executor/nanosecond_scheduler.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::RelativeDeadline;
using aegis::TimePoint;
using aegis::executor::LateItem;
using aegis::executor::LatencyStream;
using aegis::executor::NanosecondScheduler;
using aegis::executor::PeriodicTask;
using aegis::executor::Priority;
using aegis::executor::SchedulerConfig;
using aegis::executor::StreamCounters;
using aegis::executor::TaskContext;

namespace {

constexpr Duration kPeriod = 100_us;
constexpr RelativeDeadline kDue{150_us};
constexpr std::uint64_t kRounds = 5'000;

unsigned long long number(std::uint64_t value) {
  return value;
}

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
  double by_gyroscope = 0;
  double by_accelerometer = 0;
  bool fused = false;
  bool passed_on = false;
  bool refused = false;  // there was no place for one of its tasks: said, not lost
};
struct Estimate {
  std::uint64_t round = 0;
  double angle = 0;
  TimePoint sampled;
};
using Estimates = LatencyStream<Estimate>;

class Fusion {
 public:
  Fusion(NanosecondScheduler& scheduler, Estimates& estimates)
      : scheduler_(scheduler), estimates_(estimates), rounds_(kRounds) {}

  // The periodic task. A round that finds the last one still beginning is skipped, and counted.
  void begin(const TaskContext& job) {
    const std::uint64_t number = job.activation;
    Round& round = rounds_[number];
    round.began = job.arrival;
    const auto gyro = scheduler_.schedule_with_deadline(
        [&round, number] { round.by_gyroscope = gyroscope(number); }, kDue);
    const auto accel = scheduler_.schedule_with_deadline(
        [&round, number] { round.by_accelerometer = accelerometer(number); }, kDue);
    round.refused = !gyro || !accel;
    if (round.refused) return;
    const std::array readings{*gyro, *accel};
    const auto fusion = scheduler_.when_all(readings, [this, number] { fuse(number); },
                                            {.priority = Priority::kCritical});
    round.refused = !fusion;
  }

  [[nodiscard]] const std::vector<Round>& rounds() const { return rounds_; }

 private:
  // All fusions run on the one critical worker: the stream has one producer.
  void fuse(std::uint64_t number) {
    Round& round = rounds_[number];
    round.fused = true;
    const Estimate estimate{.round = number,
                            .angle = (round.by_gyroscope + round.by_accelerometer) / 2,
                            .sampled = round.began};
    round.passed_on = estimates_.push(estimate, round.began + kDue).has_value();
  }

  NanosecondScheduler& scheduler_;
  Estimates& estimates_;
  std::vector<Round> rounds_;
};

// Who uses the estimates. The stream calls it for one at a time.
struct Pilot {
  std::uint64_t used = 0;
  std::uint64_t told_late = 0;
  std::uint64_t mixed = 0;  // estimates that do not belong to their round
  std::vector<Duration> ages;

  Pilot() { ages.reserve(kRounds); }
  void use(const Estimate& estimate, TimePoint now) noexcept {
    ++used;
    if (estimate.angle != static_cast<double>(estimate.round)) ++mixed;
    ages.push_back(now - estimate.sampled);
  }
};

void print_verdicts(const std::vector<Round>& rounds, const Pilot& pilot,
                    const StreamCounters& estimates) {
  std::uint64_t begun = 0;
  std::uint64_t refused = 0;
  std::uint64_t fused = 0;
  for (const Round& round : rounds) {
    begun += round.began != TimePoint{} ? 1U : 0U;
    refused += round.refused ? 1U : 0U;
    fused += round.fused ? 1U : 0U;
  }
  const std::uint64_t late = estimates.processed_late + estimates.dropped;
  const std::uint64_t accounted = estimates.in_time + late + estimates.refused;
  std::printf("rounds begun: %s\n", begun > 0 ? "yes" : "no");
  std::printf("rounds begun, neither refused nor fused: %llu\n", number(begun - refused - fused));
  std::printf("estimates lost: %llu\n", number(fused - accounted));
  std::printf("late estimates nobody was told of: %llu\n", number(late - pilot.told_late));
  std::printf("estimates that mix two rounds: %llu\n", number(pilot.mixed));
}

void print_figures(Pilot& pilot, const StreamCounters& estimates) {
  std::printf("in time: %llu of %llu, used late: %llu, dropped: %llu\n", number(estimates.in_time),
              number(kRounds), number(estimates.processed_late), number(estimates.dropped));
  std::ranges::sort(pilot.ages);
  if (pilot.ages.empty()) return;
  const std::size_t last = pilot.ages.size() - 1;
  std::printf("sample to use: p50 %s, p99 %s, max %s\n",
              aegis::format_duration(pilot.ages[last / 2]).c_str(),
              aegis::format_duration(pilot.ages[last * 99 / 100]).c_str(),
              aegis::format_duration(pilot.ages[last]).c_str());
}

int run(NanosecondScheduler& scheduler, bool figures) {
  Pilot pilot;
  const aegis::Clock& clock = scheduler.clock();
  Estimates estimates(
      scheduler, {.capacity = 64},
      [&](const Estimate& estimate) noexcept { pilot.use(estimate, clock.now()); },
      [&](const LateItem<Estimate>&) noexcept { ++pilot.told_late; });
  Fusion fusion(scheduler, estimates);
  const auto rounds = scheduler.schedule_periodic(
      [&fusion](const TaskContext& job) { fusion.begin(job); },
      PeriodicTask{.name = "round", .period = kPeriod, .activations = kRounds});
  if (!rounds || !scheduler.wait_for_completion(rounds->task)) return 4;
  if (!scheduler.run_until_idle()) return 4;  // the last round's fusion
  estimates.close(1_s);

  std::printf("%llu rounds of 100 us, each estimate due after 150 us\n", number(kRounds));
  print_verdicts(fusion.rounds(), pilot, estimates.counters());
  if (figures) print_figures(pilot, estimates.counters());
  return 0;
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
  return run(**scheduler, arguments > 1);
}
