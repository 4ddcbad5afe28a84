// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "figures.h"
#include "peers/nanosecond_worker.h"

namespace aegis::benchmarks {
namespace {

constexpr Figure kResponse{.id = "response",
                           .title = "response of 48 admitted tasks, U = 0.7, deadlines 10 to 20 ms",
                           .depends_on_caches = false};
constexpr std::array kMissesGoals{Goal{.who = "AegisRT", .statistic = Statistic::kMax, .near = 1}};
constexpr Figure kMisses{.id = "misses",
                         .title = "their deadline misses outside lost supply, a repetition",
                         .unit = "jobs",
                         .depends_on_caches = false,
                         .goals = kMissesGoals};

constexpr Figure kShortResponse{
    .id = "response_1ms",
    .title = "response of 8 admitted tasks, U = 0.5, deadlines 1 and 2 ms",
    .depends_on_caches = false};
constexpr Figure kUnnamed{.id = "misses_1ms",
                          .title = "their deadline misses without a named cause, a repetition",
                          .unit = "jobs",
                          .depends_on_caches = false,
                          .goals = kMissesGoals};

// Tasks of four periods, equally many of each, that share a utilisation evenly.
struct Load {
  std::array<std::int64_t, 4> periods_ms;
  std::int64_t of_each_period = 0;
  std::int64_t utilisation_percent = 0;
  std::int64_t seconds = 0;

  [[nodiscard]] std::int64_t tasks() const {
    return of_each_period * static_cast<std::int64_t>(periods_ms.size());
  }
  [[nodiscard]] Duration wcet_of(Duration period) const {
    return period * utilisation_percent / (100 * tasks());
  }
};
// 3,600 jobs a second, so five repetitions of 20 s are 360,000.
constexpr Load kLong{{10, 12, 15, 20}, 12, 70, 20};
constexpr Load kShort{{1, 2, 1, 2}, 2, 50, 10};

// What the jobs of all tasks note; one worker runs them one after another.
struct Jobs {
  Stopwatch stopwatch;
  Samples responses;
  std::uint64_t late = 0;
  // Works for 95 % of the WCET: the rest is for what the declared bound has to cover beside the
  // work.
  void run(const executor::TaskContext& job, Duration wcet) noexcept {
    const std::int64_t until = ticks() + stopwatch.in_ticks(wcet * 95 / 100);
    while (ticks() < until) {
    }
    const TimePoint now = MonotonicClock().now();
    responses.add(static_cast<double>((now - job.arrival).ns()));
    if (now > job.deadline.value) ++late;
  }
};

// The first refusal in words; empty: all are admitted.
std::string admit_all(executor::NanosecondScheduler& scheduler, const Load& load, Jobs& jobs) {
  for (std::int64_t i = 0; i < load.tasks(); ++i) {
    const auto turn = static_cast<std::size_t>(i) % load.periods_ms.size();
    const Duration period = Duration::milliseconds(load.periods_ms[turn]);
    const Duration wcet = load.wcet_of(period);
    const auto admission = scheduler.schedule_periodic(
        [&jobs, wcet](const executor::TaskContext& job) { jobs.run(job, wcet); },
        executor::PeriodicTask{
            .name = fmt::format("task{}", i), .period = period, .wcet = executor::Wcet{wcet}},
        NanosecondWorker::kGroup);
    if (!admission) return admission.error().text;
    if (!admission->admitted()) return admission->reason;
  }
  return {};
}

// What a run of a load came to.
struct Outcome {
  std::string refused;
  Summary responses;
  std::uint64_t late = 0;  // of those that ran
  std::uint64_t skipped = 0;
  std::array<std::uint64_t, executor::kMissCauseCount> by_cause{};

  [[nodiscard]] std::uint64_t missed() const { return late + skipped; }
  [[nodiscard]] std::uint64_t because(executor::MissCause cause) const {
    return by_cause.at(static_cast<std::size_t>(cause));
  }
  [[nodiscard]] std::string in_words() const {
    std::string words;
    for (std::size_t i = 0; i < by_cause.size(); ++i) {
      if (by_cause[i] == 0) continue;
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", by_cause[i],
                           to_string(static_cast<executor::MissCause>(i)));
    }
    return words.empty() ? "none at all" : words;
  }
};

Outcome run(const Plan& plan, const Load& load) {
  Outcome outcome;
  executor::SchedulerConfig config = NanosecondWorker::config_of(
      {.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority, .idle = Idle::kParks});
  // On the reporting thread, which has ended before anybody looks.
  config.on_miss = [&](const executor::DeadlineMiss& miss) {
    outcome.by_cause.at(static_cast<std::size_t>(miss.cause)) += 1 + miss.further;
    if (miss.skipped) outcome.skipped += 1 + miss.further;
  };
  auto scheduler = executor::NanosecondScheduler::create(std::move(config));
  if (!scheduler) {
    outcome.refused = scheduler.error().text;
    return outcome;
  }
  const std::int64_t seconds = plan.quick ? 0 : load.seconds;
  Jobs jobs{.stopwatch = plan.machine.stopwatch,
            .responses = Samples(static_cast<std::size_t>((seconds + 1) * 8'000))};
  outcome.refused = admit_all(**scheduler, load, jobs);
  if (!outcome.refused.empty()) return outcome;
  sleep_ns(plan.quick ? 100'000'000 : seconds * 1'000'000'000);
  scheduler->reset();  // joins the worker and delivers the last misses: the notes are ours again
  outcome.responses = jobs.responses.summary();
  outcome.late = jobs.late;
  return outcome;
}

Summary number(std::uint64_t jobs, const Outcome& outcome) {
  const auto value = static_cast<double>(jobs);
  return {.p50 = value, .p99 = value, .max = value, .count = outcome.responses.count};
}

}  // namespace

void measure_misses(const Plan& plan, Report& report) {
  const Outcome of_long = run(plan, kLong);
  report.add(kResponse, NanosecondWorker::kName, of_long.responses, of_long.refused);
  const std::uint64_t lost = of_long.because(executor::MissCause::kLostSupply);
  report.add(kMisses, NanosecondWorker::kName,
             number(of_long.missed() - std::min(of_long.missed(), lost), of_long),
             of_long.refused.empty()
                 ? fmt::format("{} more within lost supply in the last repetition", lost)
                 : of_long.refused);
  const Outcome of_short = run(plan, kShort);
  report.add(kShortResponse, NanosecondWorker::kName, of_short.responses, of_short.refused);
  const std::uint64_t unnamed = of_short.because(executor::MissCause::kUnattributed);
  report.add(kUnnamed, NanosecondWorker::kName, number(unnamed, of_short),
             of_short.refused.empty() ? fmt::format("{} missed in the last repetition: {}",
                                                    of_short.missed(), of_short.in_words())
                                      : of_short.refused);
}

}  // namespace aegis::benchmarks
