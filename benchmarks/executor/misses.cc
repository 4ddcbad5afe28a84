// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <atomic>
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

void absent(Report& report, std::string_view why) {
  report.absent(kResponse, "AegisRT", why);
  report.absent(kMisses, "AegisRT", why);
}

// Twelve tasks each of the periods 10, 12, 15 and 20 ms share U = 0.7 evenly: 3,600 jobs a second,
// so five repetitions of 20 s are 360,000.
constexpr std::array<std::int64_t, 4> kPeriodsMs{10, 12, 15, 20};
constexpr std::int64_t kOfEachPeriod = 12;
constexpr std::int64_t kTasks = kOfEachPeriod * static_cast<std::int64_t>(kPeriodsMs.size());
constexpr std::int64_t kSeconds = 20;

Duration wcet_of(Duration period) {
  return period * 7 / (10 * kTasks);
}

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
std::string admit_all(executor::NanosecondScheduler& scheduler, Jobs& jobs) {
  for (std::int64_t i = 0; i < kTasks; ++i) {
    const Duration period =
        Duration::milliseconds(kPeriodsMs[static_cast<std::size_t>(i) % kPeriodsMs.size()]);
    const Duration wcet = wcet_of(period);
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

}  // namespace

void measure_misses(const Plan& plan, Report& report) {
  std::atomic<std::uint64_t> in_lost_supply{0};
  std::atomic<std::uint64_t> skipped{0};
  executor::SchedulerConfig config = NanosecondWorker::config_of(
      {.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority, .idle = Idle::kParks});
  config.on_miss = [&](const executor::DeadlineMiss& miss) {
    if (miss.skipped) ++skipped;
    if (miss.cause == executor::MissCause::kLostSupply) ++in_lost_supply;
  };
  auto scheduler = executor::NanosecondScheduler::create(std::move(config));
  if (!scheduler) return absent(report, scheduler.error().text);
  const std::int64_t seconds = plan.quick ? 0 : kSeconds;
  Jobs jobs{.stopwatch = plan.machine.stopwatch,
            .responses = Samples(static_cast<std::size_t>((seconds + 1) * 4'000))};
  const std::string refused = admit_all(**scheduler, jobs);
  if (!refused.empty()) return absent(report, refused);
  sleep_ns(plan.quick ? 100'000'000 : seconds * 1'000'000'000);
  scheduler->reset();  // joins the worker and delivers the last misses: the notes are ours again
  const Summary responses = jobs.responses.summary();
  report.add(kResponse, NanosecondWorker::kName, responses);
  const std::uint64_t all = jobs.late + skipped;
  const auto outside = static_cast<double>(all - std::min<std::uint64_t>(all, in_lost_supply));
  report.add(
      kMisses, NanosecondWorker::kName,
      {.p50 = outside, .p99 = outside, .max = outside, .count = responses.count},
      fmt::format("{} more within lost supply in the last repetition", in_lost_supply.load()));
}

}  // namespace aegis::benchmarks
