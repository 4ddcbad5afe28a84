// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/timerfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "figures.h"
#include "peers/cyclictest.h"
#include "peers/nanosecond_worker.h"

namespace aegis::benchmarks {
namespace {

constexpr std::int64_t kPeriodNs = 1'000'000;
constexpr std::array kReleaseGoals{
    Goal{.who = "AegisRT, 200 us of spinning", .near = 200, .condition = " at <= 20 % CPU"},
    Goal{.who = "AegisRT, 60 us of spinning", .near = 1'000, .condition = " at <= 6 % CPU"}};
constexpr Figure kRelease{.id = "release",
                          .title = "release lateness at 1 ms",
                          .depends_on_caches = false,
                          .goals = kReleaseGoals};

constexpr std::string_view kOurs60 = "AegisRT, 60 us of spinning";
constexpr std::string_view kOurs200 = "AegisRT, 200 us of spinning";

timespec timespec_of(std::int64_t ns) noexcept {
  return {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
}

std::int64_t monotonic_ns() noexcept {
  return MonotonicClock().now().ns();
}

void sleep_until(std::int64_t ns) noexcept {
  const timespec at = timespec_of(ns);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

// The kernel's absolute sleep.
struct Nanosleep {
  void wait_for(std::int64_t release) const noexcept { sleep_until(release); }
};

// The kernel's periodic timer, read as a file.
class TimerFile {
 public:
  explicit TimerFile(std::int64_t first) : file_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    const itimerspec times{.it_interval = timespec_of(kPeriodNs), .it_value = timespec_of(first)};
    timerfd_settime(file_, TFD_TIMER_ABSTIME, &times, nullptr);
  }
  TimerFile(const TimerFile&) = delete;
  TimerFile& operator=(const TimerFile&) = delete;
  ~TimerFile() { close(file_); }

  void wait_for(std::int64_t release) const noexcept {
    // A late reader is told of several releases at once and reads no more for those.
    std::uint64_t expirations = 0;
    while (monotonic_ns() < release &&
           read(file_, &expirations, sizeof expirations) != sizeof expirations) {
    }
  }

 private:
  int file_;
};

// What a hybrid wait can reach at best: the kernel's sleep until `spin` before, then the clock.
struct SleepThenSpin {
  std::int64_t spin_ns;
  void wait_for(std::int64_t release) const noexcept {
    sleep_until(release - spin_ns);
    while (monotonic_ns() < release) {
    }
  }
};

struct Outcome {
  Summary lateness;
  double cpu_share = 0;
};

void add(std::string_view who, const Outcome& outcome, std::string_view refused, Report& report) {
  report.add(kRelease, who, outcome.lateness,
             fmt::format("{:.1f} % CPU{}{}", 100 * outcome.cpu_share, refused.empty() ? "" : "; ",
                         refused));
}

// What a periodic task of ours notes: the lateness of its first instruction, by the same clock that
// judges the others, and the worker's processor time from the first release to the last.
class PeriodicNotes {
 public:
  explicit PeriodicNotes(std::size_t wanted) : lateness_(wanted) {}
  void note(TimePoint arrival) noexcept {
    const TimePoint now = MonotonicClock().now();
    const TimePoint cpu = ThreadCpuClock().now();
    if (lateness_.size() == 0) {
      first_ = now;
      first_cpu_ = cpu;
    }
    lateness_.add(static_cast<double>((now - arrival).ns()));
    cpu_share_ = (cpu - first_cpu_).seconds_as_double() / (now - first_).seconds_as_double();
  }
  // After the task has ended.
  [[nodiscard]] Outcome outcome() {
    return {.lateness = lateness_.summary(), .cpu_share = cpu_share_};
  }

 private:
  Samples lateness_;
  TimePoint first_;
  TimePoint first_cpu_;
  double cpu_share_ = 0;
};

void measure_ours(const Plan& plan, std::string_view who, Duration spin, Report& report) {
  executor::SchedulerConfig config = NanosecondWorker::config_of(
      {.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority, .idle = Idle::kParks});
  config.spin.before_release = spin;
  auto scheduler = executor::NanosecondScheduler::create(std::move(config));
  if (!scheduler) return report.absent(kRelease, who, scheduler.error().text);
  const std::size_t wanted = plan.samples(2'000);
  PeriodicNotes notes(wanted);
  const std::vector<std::string> degraded = (*scheduler)->degraded();
  const auto task = (*scheduler)
                        ->schedule_periodic(
                            [&notes](const executor::TaskContext& job) { notes.note(job.arrival); },
                            Duration::nanoseconds(kPeriodNs), NanosecondWorker::kGroup);
  if (!task) return report.absent(kRelease, who, task.error().text);
  sleep_ns(static_cast<std::int64_t>(wanted) * kPeriodNs);
  (void)(*scheduler)->cancel(*task);
  scheduler->reset();  // joins the worker: the notes are ours again
  add(who, notes.outcome(), degraded.empty() ? "" : degraded.front(), report);
}

// Waits for release after release with `timer` and notes how late each wait ends.
template <class Timer>
Outcome releases(const Timer& timer, std::int64_t first, std::size_t wanted) {
  Samples lateness(wanted);
  const TimePoint cpu_before = ThreadCpuClock().now();
  const std::int64_t begin = monotonic_ns();
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::int64_t release = first + static_cast<std::int64_t>(i) * kPeriodNs;
    timer.wait_for(release);
    lateness.add(static_cast<double>(monotonic_ns() - release));
  }
  const auto cpu = static_cast<double>((ThreadCpuClock().now() - cpu_before).ns());
  return {.lateness = lateness.summary(),
          .cpu_share = cpu / static_cast<double>(monotonic_ns() - begin)};
}

template <class MakeTimer>
void measure(const Plan& plan, std::string_view who, MakeTimer make_timer, Report& report) {
  Outcome outcome;
  const std::string refused = on_measuring_thread(plan.machine.worker_cpu, kWorkerPriority, [&] {
    const std::int64_t first = monotonic_ns() + 2 * kPeriodNs;
    const auto timer = make_timer(first);
    outcome = releases(timer, first, plan.samples(2'000));
  });
  add(who, outcome, refused, report);
}

}  // namespace

void measure_release(const Plan& plan, Report& report) {
  measure_ours(plan, kOurs60, Duration::microseconds(60), report);
  measure_ours(plan, kOurs200, Duration::microseconds(200), report);
  measure(plan, "clock_nanosleep", [](std::int64_t) { return Nanosleep(); }, report);
  measure(plan, "timerfd", [](std::int64_t first) { return TimerFile(first); }, report);
  measure(
      plan, "clock_nanosleep, then 60 us of spinning",
      [](std::int64_t) { return SleepThenSpin{.spin_ns = 60'000}; }, report);
  measure(
      plan, "clock_nanosleep, then 200 us of spinning",
      [](std::int64_t) { return SleepThenSpin{.spin_ns = 200'000}; }, report);
  const auto timer = cyclictest({.cpu = plan.machine.worker_cpu,
                                 .fifo_priority = kWorkerPriority,
                                 .loops = plan.samples(2'000),
                                 .shallow_idle = false});
  if (timer) {
    report.add(kRelease, "cyclictest", *timer, "idle states as they are");
  } else {
    report.absent(kRelease, "cyclictest", timer.error().text);
  }
}

}  // namespace aegis::benchmarks
