// SPDX-License-Identifier: Apache-2.0
//
// What a worker writes down: each job once, and each miss with the cause that was provoked.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "virtual_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using JobNumbers = VirtualWorker::JobNumbers;

// The one miss there was.
DeadlineMiss only_miss(VirtualWorker& worker) {
  const auto misses = worker.misses();
  EXPECT_EQ(misses.size(), 1U);
  EXPECT_EQ(worker.jobs().missed, 1U);
  if (misses.empty()) return {};
  EXPECT_EQ(worker.jobs().missed_because(misses.front().cause), 1U);
  return misses.front();
}
std::string cause_of_only_miss(VirtualWorker& worker) {
  return std::string(to_string(only_miss(worker).cause));
}
std::vector<Alert> alerts(VirtualWorker& worker, AlertKind kind) {
  struct Collector {
    std::vector<Alert> all;
  } collected;
  AlertQueue* const queues[] = {&worker.books.alerts()};
  AlertDelivery delivery({.on_alert = [&](const Alert& alert) { collected.all.push_back(alert); }},
                         queues);
  delivery.flush(worker.now());
  std::erase_if(collected.all, [&](const Alert& alert) { return alert.kind != kind; });
  return collected.all;
}

// A job as admission has proven it, with time to spare unless something happens.
JobNumbers proven(int name) {
  return {.name = name, .takes = 5_ms, .deadline = 8_ms, .wcet = 5_ms};
}

TEST(WorkerBooks, a_miss_says_who_when_and_by_how_much) {
  VirtualWorker worker;
  const auto kind = worker.define({.name = "camera"});
  TaskHandle task;
  worker.at(3_ms, [&] {
    JobNumbers job = proven(1);
    job.kind = kind;
    job.takes = 9_ms;
    task = worker.submit(job);
  });
  worker.run_until(1_s);
  ASSERT_EQ(worker.misses().size(), 1U);
  const DeadlineMiss miss = worker.misses().front();
  EXPECT_EQ(miss.task, task);
  EXPECT_STREQ(miss.name, "camera");
  EXPECT_EQ(miss.group, Priority::kNormal);
  EXPECT_EQ(miss.worker, 0U);
  EXPECT_EQ(miss.deadline_class, DeadlineClass::kSoft);
  EXPECT_EQ(VirtualWorker::since(miss.arrival), 3_ms);
  EXPECT_EQ(VirtualWorker::since(miss.deadline.value), 11_ms);
  EXPECT_EQ(miss.tardiness, 1_ms);
  EXPECT_FALSE(miss.still_running);
  EXPECT_FALSE(miss.skipped);
  EXPECT_EQ(miss.cause, MissCause::kOverrun);
  EXPECT_TRUE(worker.outcome(task).missed);
  const auto raised = alerts(worker, AlertKind::kDeadlineMiss);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised.front().task_name(), "camera");
  EXPECT_EQ(raised.front().measured, 1_ms);
  EXPECT_EQ(raised.front().declared, 8_ms);
  EXPECT_EQ(raised.front().cause, MissCause::kOverrun);
}

TEST(WorkerBooks, a_job_that_ends_at_its_deadline_is_in_time) {
  VirtualWorker worker;
  worker.submit({.name = 1, .takes = 8_ms, .deadline = 8_ms});
  worker.run_until(1_s);
  EXPECT_EQ(worker.jobs().missed, 0U);
}

//   C of the first 5 ms, it takes 12; the second, due at 13, ends at 17
TEST(WorkerBooks, an_overrun_is_the_cause_of_the_misses_behind_it) {
  VirtualWorker worker;
  worker.submit({.name = 1, .takes = 12_ms, .deadline = 12_ms, .wcet = 5_ms});
  worker.submit({.name = 2, .takes = 5_ms, .deadline = 13_ms, .wcet = 5_ms});
  worker.run_until(1_s);
  EXPECT_EQ(only_miss(worker).cause, MissCause::kOverrun);
  EXPECT_EQ(worker.jobs().overruns, 1U);
  const auto raised = alerts(worker, AlertKind::kOverrun);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised.front().measured, 12_ms);
  EXPECT_EQ(raised.front().declared, 5_ms);
}

TEST(WorkerBooks, a_plain_task_longer_than_declared_is_blocking) {
  for (const bool periodic : {false, true}) {
    VirtualWorker worker;
    worker.submit({.name = 1, .takes = 5_ms});
    if (periodic) {
      worker.submit_periodic({.name = 2,
                              .takes = [](std::uint64_t) { return 5_ms; },
                              .period = 100_ms,
                              .deadline = 8_ms,
                              .wcet = 5_ms,
                              .offset = 1_ms,
                              .activations = 1});
    } else {
      worker.at(1_ms, [&] { worker.submit(proven(2)); });
    }
    worker.run_until(1_s);
    EXPECT_EQ(cause_of_only_miss(worker), "blocking") << periodic;
  }
}

TEST(WorkerBooks, a_queue_that_nobody_proved_is_overload) {
  VirtualWorker worker(VirtualWorker::settings(WorkerPolicy::kFifo));
  for (int i = 0; i < 100; ++i) worker.submit({.name = i, .takes = 100_us});
  worker.submit({.name = 100, .takes = 100_us, .deadline = 8_ms});
  worker.run_until(1_s);
  EXPECT_EQ(cause_of_only_miss(worker), "overload");
}

// The same among proven ones would be a hole in the proof.
TEST(WorkerBooks, a_miss_that_nothing_explains_is_unattributed) {
  VirtualWorker worker;
  worker.submit(proven(1));
  worker.submit(proven(2));
  worker.run_until(1_s);
  EXPECT_EQ(cause_of_only_miss(worker), "unattributed");
}

TEST(WorkerBooks, a_worker_that_wakes_late_releases_late) {
  for (const bool periodic : {false, true}) {
    VirtualWorker worker;
    worker.wakes_late = 5_ms;
    if (periodic) {
      worker.submit_periodic({.name = 1,
                              .takes = [](std::uint64_t) { return 5_ms; },
                              .period = 100_ms,
                              .deadline = 8_ms,
                              .wcet = 5_ms,
                              .offset = 10_ms,
                              .activations = 1});
    } else {
      worker.at(10_ms, [&] { worker.submit(proven(1)); });
    }
    worker.run_until(1_s);
    EXPECT_EQ(cause_of_only_miss(worker), "late_release") << periodic;
  }
}

// In the middle of an execution, 5 ms in which somebody else has the processor. The execution looks
// like an overrun too, but what happened to the machine is asked first.
TEST(WorkerBooks, a_processor_that_is_taken_away_is_named_by_who_took_it) {
  const auto cause = [](auto who) {
    VirtualWorker worker;
    worker.at(2_ms, [&] {
      worker.lose(5_ms);
      who(worker.usage);
    });
    worker.submit(proven(1));
    worker.run_until(1_s);
    return cause_of_only_miss(worker);
  };
  EXPECT_EQ(cause([](ThreadUsage&) {}), "lost_supply");
  EXPECT_EQ(cause([](ThreadUsage& usage) { ++usage.involuntary_switches; }), "preempted");
  EXPECT_EQ(cause([](ThreadUsage& usage) { ++usage.major_faults; }), "page_fault");
}

// A gap while it waits for work makes the next job late, and only the next busy period's.
TEST(WorkerBooks, a_gap_in_the_clock_of_a_waiting_worker_is_lost_supply) {
  VirtualWorker worker;
  worker.core->waited({.slept = false, .largest_gap = 6_ms, .late = {}, .sleeping = {}});
  worker.submit({.name = 1, .takes = 9_ms, .deadline = 8_ms, .wcet = 9_ms});
  worker.run_until(100_ms);
  EXPECT_EQ(cause_of_only_miss(worker), "lost_supply");
  worker.submit({.name = 2, .takes = 9_ms, .deadline = 8_ms, .wcet = 9_ms});
  worker.run_until(200_ms);
  ASSERT_EQ(worker.misses().size(), 2U);
  EXPECT_EQ(worker.misses()[1].cause, MissCause::kUnattributed);
  EXPECT_EQ(worker.books.supply().read().windows, 1U);
  EXPECT_EQ(alerts(worker, AlertKind::kLostSupply).size(), 1U);
}

TEST(WorkerBooks, evidence_of_one_busy_period_explains_nothing_of_the_next) {
  VirtualWorker worker;
  worker.submit({.name = 1, .takes = 20_ms, .wcet = 5_ms});
  worker.at(50_ms, [&] {
    worker.submit(proven(2));
    worker.submit(proven(3));
  });
  worker.run_until(1_s);
  EXPECT_EQ(cause_of_only_miss(worker), "unattributed");
}

TEST(WorkerBooks, soft_jobs_run_late_and_firm_ones_are_skipped) {
  VirtualWorker worker(VirtualWorker::settings(WorkerPolicy::kFifo));
  worker.submit({.name = 1, .takes = 10_ms});
  const auto late = [&](int name, DeadlineClass deadline_class) {
    return worker.submit(
        {.name = name, .takes = 1_ms, .deadline = 5_ms, .deadline_class = deadline_class});
  };
  const TaskHandle soft = late(2, DeadlineClass::kSoft);
  const TaskHandle firm = late(3, DeadlineClass::kFirm);
  worker.run_until(1_s);
  EXPECT_EQ(worker.outcome(soft).end, TaskEnd::kCompleted);
  EXPECT_TRUE(worker.outcome(soft).missed);
  EXPECT_EQ(worker.outcome(firm).end, TaskEnd::kSkipped);
  EXPECT_TRUE(worker.outcome(firm).missed);
  EXPECT_EQ(worker.outcome(firm).activations, 0U);
  EXPECT_EQ(worker.ran.size(), 2U);
  EXPECT_EQ(worker.jobs().completed, 2U);
  EXPECT_EQ(worker.jobs().refused, 1U);
}

TEST(WorkerBooks, a_firm_job_may_begin_at_its_deadline) {
  VirtualWorker worker(VirtualWorker::settings(WorkerPolicy::kFifo));
  worker.submit({.name = 1, .takes = 5_ms});
  worker.submit(
      {.name = 2, .takes = 1_ms, .deadline = 5_ms, .deadline_class = DeadlineClass::kFirm});
  worker.run_until(1_s);
  EXPECT_EQ(worker.ran.size(), 2U);
}

// Of a hard job that is late: at its end by the worker, unless the watchdog was first.
TEST(WorkerBooks, the_emergency_is_called_once_a_job) {
  for (const bool watchdog_first : {false, true}) {
    VirtualWorker worker;
    std::vector<DeadlineMiss> told;
    worker.emergency = [&](const DeadlineMiss& miss) { told.push_back(miss); };
    worker.at(7_ms, [&] {
      RunningJob& running = worker.state.ports[0]->running;
      if (watchdog_first) {
        EXPECT_TRUE(running.claim_emergency(running.number));
      }
    });
    for (int i = 0; i < 2; ++i) {
      worker.submit({.name = i,
                     .takes = 10_ms,
                     .deadline = 5_ms + i * 1_us,
                     .deadline_class = DeadlineClass::kHard});
    }
    worker.submit({.name = 2, .takes = 1_ms, .deadline = 5_ms});
    worker.run_until(1_s);
    ASSERT_EQ(told.size(), watchdog_first ? 1U : 2U);
    EXPECT_EQ(told.back().deadline_class, DeadlineClass::kHard);
    EXPECT_EQ(told.back().tardiness, 16_ms - 1_us);  // the plain one came between
    EXPECT_FALSE(told.back().still_running);
    EXPECT_EQ(worker.misses().size(), 3U) << "the handler hears of all";
  }
}

TEST(WorkerBooks, the_emergency_is_called_for_hard_releases_turned_away) {
  VirtualWorker worker;
  std::vector<std::uint64_t> told;
  worker.emergency = [&](const DeadlineMiss& miss) {
    EXPECT_TRUE(miss.skipped);
    told.push_back(miss.activation);
  };
  worker.submit_periodic({.name = 1,
                          .takes = [](std::uint64_t k) { return k == 0 ? 25_ms : 1_ms; },
                          .period = 10_ms,
                          .deadline = 100_ms,
                          .activations = 4,
                          .deadline_class = DeadlineClass::kHard});
  worker.run_until(1_s);
  EXPECT_EQ(told, (std::vector<std::uint64_t>{1, 2}));
}

TEST(WorkerBooks, the_latency_budget_is_of_jobs_that_found_nothing_before_them) {
  WorkerSettings settings = VirtualWorker::settings();
  settings.latency_budget = 50_us;
  VirtualWorker worker(settings);
  worker.wakes_late = 80_us;
  worker.at(10_ms, [&] {
    worker.submit({.name = 1, .takes = 1_ms});
    worker.submit({.name = 2, .takes = 1_ms});
  });
  worker.run_until(1_s);
  const auto raised = alerts(worker, AlertKind::kLatencyBudget);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised.front().measured, 80_us);
  EXPECT_EQ(raised.front().declared, 50_us);
  EXPECT_EQ(worker.jobs().over_latency_budget, 2U);
  EXPECT_EQ(worker.books.wake_up().snapshot().max(), 80_us);
}

TEST(WorkerBooks, what_a_follower_waits_for_its_inputs_is_no_latency) {
  WorkerSettings settings = VirtualWorker::settings();
  settings.latency_budget = 50_us;
  VirtualWorker worker(settings);
  const TaskHandle first = worker.submit({.name = 1, .takes = 10_ms});
  const TaskHandle second = worker.follow({first}, {.name = 2, .takes = 1_ms});
  worker.run_until(1_s);
  EXPECT_EQ(worker.jobs().over_latency_budget, 0U);
  EXPECT_EQ(VirtualWorker::since(worker.outcome(second).arrival), 10_ms);
}

TEST(WorkerBooks, an_exception_is_a_failure_and_an_alert) {
  VirtualWorker worker;
  const TaskHandle task = worker.submit({.name = 1, .takes = 1_ms, .throws = true});
  worker.run_until(1_s);
  EXPECT_EQ(worker.outcome(task).end, TaskEnd::kThrew);
  EXPECT_EQ(worker.jobs().failed, 1U);
  EXPECT_EQ(alerts(worker, AlertKind::kTaskThrew).size(), 1U);
}

}  // namespace
}  // namespace aegis::executor
