// SPDX-License-Identifier: Apache-2.0
//
// The path of a job allocates nothing: counted by the global operator new, for this thread, while
// it is told to.
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "aegis/executor/alert_delivery.h"

#include "lane/virtual_lane.h"
#include "monitor/latency_monitor.h"
#include "monitor/supply_windows.h"
#include "monitor/thread_usage.h"
#include "policy/ready_set.h"
#include "small_scheduler.h"

namespace {

thread_local bool counting = false;
thread_local long allocations = 0;

void* counted(std::size_t size) {
  if (counting) ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Not inlined: GCC would otherwise see free() of what it takes for another operator's memory, and
// warn.
#define AEGIS_REPLACED __attribute__((noinline))
AEGIS_REPLACED void* operator new(std::size_t size) {
  return counted(size);
}
AEGIS_REPLACED void* operator new[](std::size_t size) {
  return counted(size);
}
AEGIS_REPLACED void operator delete(void* memory) noexcept {
  std::free(memory);
}
AEGIS_REPLACED void operator delete[](void* memory) noexcept {
  std::free(memory);
}
AEGIS_REPLACED void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
AEGIS_REPLACED void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace aegis::executor {
namespace {

using namespace time_literals;

// Runs segments by moving the clock, and keeps no books.
class SilentDriver final : public LaneDriver {
 public:
  explicit SilentDriver(ManualClock& clock) : clock_(clock) {}
  Status start_segment(JobId job, std::uint32_t, std::uint64_t) noexcept override {
    clock_.advance(90_us);
    if (job.sequence % 97 == 0) return fail(Error::transient(ErrorCode::kBackend, "now and then"));
    return ok();
  }
  Result<SegmentState> poll() noexcept override { return SegmentState::kDone; }
  void cancel() noexcept override {}

 private:
  ManualClock& clock_;
};

TEST(LaneAllocation, thousands_of_jobs_allocate_nothing) {
  ManualClock clock;
  SilentDriver driver(clock);
  trace::Recorder recorder({.events_per_ring = 1U << 10});  // and a full one is no excuse
  JobReports reports(64);
  const LaneConfig config = lane_configuration();
  LaneCore core(config, driver, clock,
                {.recorder = &recorder,
                 .writer = recorder.add_thread("lane"),
                 .supply = nullptr,
                 .reports = &reports});
  core.open(false);
  LaneTask sometimes_full = lane_task({2, {100_us}, 400_us, 1_ms});
  sometimes_full.periodic = false;
  sometimes_full.inbox_capacity = 2;
  sometimes_full.on_job_end = [](const JobReport&) {};
  TaskState a(lane_task({0, {100_us, 100_us}, 500_us, 1_ms}), 100);
  TaskState b(lane_task({1, {100_us}, 300_us, 300_us}), 100);
  TaskState c(sometimes_full, 100);
  TaskState* const tasks[] = {&a, &b, &c};
  ASSERT_TRUE(core.add(tasks).has_value());
  counting = true;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 3 == 0) (void)c.inbox.submit({clock.now(), 0});
    const LaneStep step = core.step();
    if (step.kind == LaneStep::Kind::kIdle) clock.set(step.wake_up);
  }
  counting = false;
  EXPECT_EQ(allocations, 0);
  EXPECT_GT(a.completed.value() + b.completed.value() + c.completed.value(), 5'000);
  EXPECT_GT(a.refused.value() + b.refused.value() + c.refused.value(), 0);
}

// The monitor's writers, and the alerts that its findings raise.
TEST(MonitorAllocation, recording_and_raising_allocate_nothing) {
  const auto monitor = std::make_unique<LatencyMonitor>(10_us);
  AlertQueue alerts(0, 16);
  SupplyWindows windows;
  TimePoint now;
  const auto before = allocations;
  counting = true;
  for (int i = 0; i < 10'000; ++i) {
    JobRecord job{.arrival = now, .start = now + 11_us, .end = now + 30_us};
    job.missed = diagnose({.tardiness = 5_us, .lost = 7_us});
    job.declared_wcet = 15_us;
    if (monitor->record_job(job).overrun) {
      Alert alert{.kind = AlertKind::kOverrun, .cause = *job.missed};
      alert.set_task("a name that is longer than any small string holds");
      (void)alerts.raise(alert);
    }
    monitor->record_wake_up(2_us);
    (void)windows.note(30_us, 20_us);
    now = job.end;
    if (i % 100 == 0) (void)this_thread_usage();
  }
  const HistogramSnapshot taken = monitor->response().snapshot();
  counting = false;
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(taken.count(), 10'000U);
}

TEST(ReadySetAllocation, no_operation_allocates) {
  for (const WorkerPolicy policy :
       {WorkerPolicy::kEdf, WorkerPolicy::kRateMonotonic, WorkerPolicy::kLeastLaxity,
        WorkerPolicy::kFixedPriority, WorkerPolicy::kFifo}) {
    ReadySet ready(policy, 50);
    const auto before = allocations;
    counting = true;
    for (std::uint32_t i = 0; i < 5'000; ++i) {
      const Urgency urgency{.deadline = {TimePoint::from_ns(i * 7919 % 1000)},
                            .wcet = Duration::nanoseconds(i % 13),
                            .period = Duration::nanoseconds(1 + i % 17),
                            .level = static_cast<std::uint8_t>(i % 64)};
      (void)ready.push(ready.make(urgency, i, i % 2));
      if (i % 3 == 0) ready.pop();
      if (i % 5 == 0) (void)ready.take_best([](const ReadyTask& task) { return task.movable(); });
      if (i % 500 == 0) ready.remove_if([](const ReadyTask& task) { return task.slot % 2 == 0; });
    }
    counting = false;
    EXPECT_EQ(allocations, before) << to_string(policy);
  }
}

// Everything that submits, from a thread that is registered, and what the worker makes of it:
// followers that run and that fail, misses of every class with their alerts and the emergency,
// releases that are queued and turned away, cancellations, exceptions' bookkeeping.
class SchedulerAllocation : public testing::TestWithParam<WorkerPolicy> {
 protected:
  static SchedulerConfig config() {
    SchedulerConfig config = one_worker();
    config.policy = GetParam();
    config.queue_capacity = 256;
    config.latency_budget = 1_ns;
    config.emergency = [](const DeadlineMiss&) { emergencies.fetch_add(1); };
    config.on_miss = [](const DeadlineMiss&) {};
    config.on_alert = [](const Alert&) {};
    return config;
  }
  // Lets the worker begin to count, or stop; what it has counted.
  static long tell_worker(NanosecondScheduler& scheduler, bool count) {
    std::atomic<long> seen{0};
    const auto task = scheduler.schedule([&seen, count] {
      seen = allocations;
      counting = count;
    });
    EXPECT_TRUE(task.has_value());
    EXPECT_TRUE(scheduler.wait_for_completion(*task, kLong).has_value());
    return seen;
  }
  static inline std::atomic<int> emergencies{0};
};

TEST_P(SchedulerAllocation, submitting_and_running_allocate_nothing) {
  emergencies = 0;
  const auto scheduler = running(config());
  ASSERT_TRUE(scheduler->register_this_thread().has_value());
  const auto hard = scheduler->define({.name = "hard", .deadline_class = DeadlineClass::kHard});
  const auto firm = scheduler->define({.name = "firm", .deadline_class = DeadlineClass::kFirm});
  const auto source = scheduler->admit({.name = "source",
                                        .wcet = {1_us},
                                        .min_inter_arrival = 20_us,
                                        .deadline = {10_s},
                                        .unfinished = 8},
                                       Priority::kNormal);
  ASSERT_TRUE(source.has_value());
  const auto periodic =
      scheduler->schedule_periodic([] {},
                                   {.name = "periodic",
                                    .period = 50_us,
                                    .deadline = RelativeDeadline{1_us},
                                    .overload = {theory::OverloadRule::kQueue, 2}},
                                   Priority::kNormal);
  ASSERT_TRUE(periodic.has_value());
  const long worker_before = tell_worker(*scheduler, true);
  const long before = allocations;
  std::array<Result<TaskHandle>, 6> tasks{TaskHandle{}, TaskHandle{}, TaskHandle{},
                                          TaskHandle{}, TaskHandle{}, TaskHandle{}};
  int followers = 0;
  int jobs_of_source = 0;
  counting = true;
  for (int i = 0; i < 3'000; ++i) {
    const JobOptions of_class{.kind = i % 2 == 0 ? *hard : *firm};
    tasks[0] = scheduler->schedule([] {});
    tasks[1] = scheduler->schedule_with_deadline([] {}, RelativeDeadline{1_ns}, of_class);
    tasks[2] = scheduler->schedule_with_deadline([] {}, AbsoluteDeadline{}, Priority::kNormal);
    if (tasks[0] && tasks[1]) {
      tasks[3] = scheduler->then(*tasks[0], [] {});
      const std::array<TaskHandle, 2> inputs{*tasks[0], *tasks[1]};
      tasks[4] = scheduler->when_all(inputs, [] {});
      followers += tasks[4] ? 1 : 0;
      if (i % 3 == 0) (void)scheduler->cancel(*tasks[0]);
    }
    tasks[5] = scheduler->submit([] {}, source->kind);
    jobs_of_source += tasks[5] ? 1 : 0;
    if (i % 16 == 0) (void)scheduler->run_until_idle(kLong);
  }
  counting = false;
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(scheduler->run_until_idle(kLong).has_value());
  EXPECT_EQ(tell_worker(*scheduler, false), worker_before);
  EXPECT_GT(followers, 100);
  EXPECT_GT(emergencies, 100);
  EXPECT_EQ(jobs_of_source > 0, source->admitted());
}

INSTANTIATE_TEST_SUITE_P(EveryPolicy, SchedulerAllocation,
                         testing::Values(WorkerPolicy::kEdf, WorkerPolicy::kRateMonotonic,
                                         WorkerPolicy::kLeastLaxity, WorkerPolicy::kFixedPriority,
                                         WorkerPolicy::kFifo),
                         [](const auto& policy) { return std::string(to_string(policy.param)); });

TEST(LaneAllocation, the_counter_counts) {
  counting = true;
  const auto before = allocations;
  ::operator delete(::operator new(8));
  counting = false;
  EXPECT_EQ(allocations, before + 1);
}

}  // namespace
}  // namespace aegis::executor
