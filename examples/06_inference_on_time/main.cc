// SPDX-License-Identifier: Apache-2.0
//
// Three networks are to share one worker on which a started one cannot be interrupted. It is the
// running example at a tenth of its size, milliseconds:
//
//   A  2 of every 10, due after 5      B  1.5 of every 8, due after 4
//   C  3 of every 20, due after 10
//
// Each declares its WCET and runs only if it is proven that all keep their deadlines. Then single
// inferences of 1 ms are asked for in the time that is left.
//
//   example_06_inference_on_time            what must hold on every machine
//   example_06_inference_on_time figures    what this one achieved

#include <atomic>
#include <cstdio>
#include <string>

#include "aegis/base/duration_text.h"
#include "aegis/executor/nanosecond_scheduler.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::RelativeDeadline;
using aegis::Result;
using aegis::TimePoint;
using aegis::executor::Admission;
using aegis::executor::NanosecondScheduler;
using aegis::executor::PeriodicTask;
using aegis::executor::Priority;
using aegis::executor::SchedulerConfig;
using aegis::executor::TaskContext;
using aegis::executor::Wcet;

namespace {

// Computes for half of what was declared: a WCET is a bound, and this machine is not ours alone.
class Network {
 public:
  explicit Network(Duration wcet) : takes_(wcet / 2) {}
  void infer(const TaskContext& job) {
    const TimePoint end = job.start + takes_;
    while (job.clock.now() < end) {
    }
    ++inferences_;
  }
  [[nodiscard]] int inferences() const { return inferences_; }

 private:
  Duration takes_;
  std::atomic<int> inferences_{0};
};

// One worker with a CPU of its own and nothing beside it, or nothing could be proven.
SchedulerConfig one_worker() {
  SchedulerConfig config{.name = "inference"};
  for (const Priority other : {Priority::kCritical, Priority::kNormal, Priority::kLow}) {
    config.group(other).enabled = false;
  }
  return config;
}

Result<Admission> add(NanosecondScheduler& scheduler, Network& network, const PeriodicTask& task) {
  return scheduler.schedule_periodic([&network](const TaskContext& job) { network.infer(job); },
                                     task);
}

void tell(const std::string& what, const Admission& admission) {
  std::printf("%s: %s\n", what.c_str(), admission.admitted() ? "admitted" : "refused");
  if (admission.certificate) {
    for (const auto& task : admission.certificate->tasks) {
      std::printf("  %s responds within %s\n", task.name.c_str(),
                  aegis::format_duration(task.response_time).c_str());
    }
    return;
  }
  std::printf("  %s\n", admission.reason.c_str());
  for (const auto& advice : admission.advice) std::printf("  %s\n", advice.text.c_str());
}

void print_figures(const NanosecondScheduler& scheduler) {
  for (const auto& kind : scheduler.latency_stats().kinds) {
    if (kind.jobs.ended() == 0) continue;
    std::printf("%s: %llu jobs, %llu missed, response p99 %s\n", kind.name.c_str(),
                static_cast<unsigned long long>(kind.jobs.ended()),
                static_cast<unsigned long long>(kind.jobs.missed),
                aegis::format_duration(kind.latencies.response.p99).c_str());
  }
}

struct Networks {
  Network a{2_ms};
  Network b{1500_us};
  Network c{3_ms};
  Network single{1_ms};
};

int run(NanosecondScheduler& scheduler, Networks& networks, bool figures) {
  auto& [a, b, c, single] = networks;
  const auto first =
      add(scheduler, a,
          {.name = "A", .period = 10_ms, .deadline = RelativeDeadline{5_ms}, .wcet = Wcet{2_ms}});
  const auto second =
      add(scheduler, b,
          {.name = "B", .period = 8_ms, .deadline = RelativeDeadline{4_ms}, .wcet = Wcet{1500_us}});
  const auto third =
      add(scheduler, c,
          {.name = "C", .period = 20_ms, .deadline = RelativeDeadline{10_ms}, .wcet = Wcet{3_ms}});
  if (!first || !second || !third) return 4;
  tell("A", *first);
  tell("A and B", *second);
  tell("A, B and C", *third);

  const auto infer = [&networks](const TaskContext& job) { networks.single.infer(job); };
  const auto hurried = scheduler.schedule_with_wcet(infer, Wcet{1_ms}, RelativeDeadline{2_ms});
  if (!hurried) return 4;
  tell("and one inference of 1 ms, due after 2 ms", *hurried);
  const auto fits = scheduler.schedule_with_wcet(infer, Wcet{1_ms}, RelativeDeadline{5_ms});
  if (!fits) return 4;
  tell("and one of 1 ms, due after 5 ms", *fits);

  if (!scheduler.wait_for_completion(fits->task, 10_s)) return 4;
  const auto went_on = scheduler.wait_for_completion(first->task, 300_ms);  // it has no end
  for (const auto& task : {first->task, second->task}) {
    if (!scheduler.cancel(task) || !scheduler.wait_for_completion(task, 10_s)) return 4;
  }
  std::printf("A went on: %s\n", went_on ? "no" : "yes");
  std::printf("A and B ran: %s, C ran: %s, single inferences: %d\n",
              a.inferences() > 0 && b.inferences() > 0 ? "yes" : "no",
              c.inferences() > 0 ? "yes" : "no", single.inferences());
  if (figures) print_figures(scheduler);
  return 0;
}

}  // namespace

int main(int arguments, char**) {
  Networks networks;  // before the scheduler, which ends what still uses them
  const auto scheduler = NanosecondScheduler::create(one_worker());
  if (!scheduler) {
    std::fprintf(stderr, "%s\n", scheduler.error().message().c_str());
    return 4;
  }
  return run(**scheduler, networks, arguments > 1);
}
