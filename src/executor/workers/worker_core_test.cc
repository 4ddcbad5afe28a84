// SPDX-License-Identifier: Apache-2.0
//
// A worker in virtual time: what follows what, what is cancelled, how it ends, and that what was
// admitted does not miss.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "admission_desk.h"
#include "virtual_worker.h"

namespace aegis::executor {
namespace {

using namespace time_literals;
using Claim = SlotState::Claim;
using JobNumbers = VirtualWorker::JobNumbers;

std::vector<int> names(const VirtualWorker& worker) {
  std::vector<int> order;
  for (const auto& ran : worker.ran) order.push_back(ran.name);
  return order;
}

// ---- one job after another ----

TEST(WorkerCore, a_started_job_is_never_interrupted) {
  VirtualWorker worker;
  worker.submit({.name = 1, .takes = 10_ms});
  worker.at(1_ms, [&] { worker.submit({.name = 2, .takes = 1_ms, .deadline = 1_ms}); });
  worker.run_until(1_s);
  ASSERT_EQ(names(worker), (std::vector<int>{1, 2}));
  EXPECT_EQ(worker.ran[1].start, worker.ran[0].end);
}

TEST(WorkerCore, busy_and_idle_alternate_and_the_load_is_what_waits_and_runs) {
  VirtualWorker worker;
  const WorkerPort& port = *worker.state.ports[0];
  EXPECT_EQ(port.busy_changes.value() % 2, 0);
  for (int i = 0; i < 3; ++i) worker.submit({.name = i, .takes = 1_ms});
  std::vector<std::uint32_t> loads;
  worker.during = [&](int) {
    loads.push_back(port.load);
    EXPECT_EQ(port.busy_changes.value() % 2, 1);
    EXPECT_EQ(port.running.number % 2, 1U);
  };
  worker.run_until(10_ms);
  EXPECT_EQ(loads, (std::vector<std::uint32_t>{3, 2, 1}));
  EXPECT_EQ(port.load, 0U);
  EXPECT_EQ(port.busy_changes.value(), 2);
  worker.submit({.name = 4, .takes = 1_ms});
  worker.run_until(20_ms);
  EXPECT_EQ(port.busy_changes.value(), 4);
  EXPECT_EQ(port.running.number, 8U);
}

// ---- followers ----

TEST(WorkerCore, chains_and_diamonds_run_in_their_order) {
  VirtualWorker worker(VirtualWorker::settings(WorkerPolicy::kFifo));
  //      2
  //   1      4 - 5
  //      3
  const TaskHandle one = worker.submit({.name = 1, .takes = 1_ms});
  const TaskHandle two = worker.follow({one}, {.name = 2, .takes = 1_ms});
  const TaskHandle three = worker.follow({one}, {.name = 3, .takes = 1_ms});
  const TaskHandle four = worker.follow({two, three}, {.name = 4, .takes = 1_ms});
  worker.follow({four}, {.name = 5, .takes = 1_ms});
  worker.submit({.name = 9, .takes = 1_ms});
  worker.run_until(1_s);
  ASSERT_EQ(worker.ran.size(), 6U);
  std::map<int, std::size_t> place;
  for (std::size_t i = 0; i < worker.ran.size(); ++i) place[worker.ran[i].name] = i;
  EXPECT_EQ(place[1], 0U);
  EXPECT_LT(place[2], place[4]);
  EXPECT_LT(place[3], place[4]);
  EXPECT_EQ(place[5], 5U);
}

TEST(WorkerCore, eight_inputs_are_waited_for_in_whatever_order_they_end) {
  VirtualWorker worker;
  std::vector<TaskHandle> inputs;
  for (int i = 0; i < 8; ++i) {
    inputs.push_back(worker.submit({.name = i, .takes = 1_ms, .deadline = 100_ms - i * 1_ms}));
  }
  worker.follow(inputs, {.name = 8, .takes = 1_ms, .deadline = 1_us});
  worker.run_until(1_s);
  EXPECT_EQ(names(worker), (std::vector<int>{7, 6, 5, 4, 3, 2, 1, 0, 8}));
}

// However an input ends, if it is not completed its followers do not run, nor theirs.
TEST(WorkerCore, followers_of_what_did_not_complete_fail_and_are_counted) {
  for (const TaskEnd how :
       {TaskEnd::kThrew, TaskEnd::kCancelled, TaskEnd::kSkipped, TaskEnd::kAbandoned}) {
    VirtualWorker worker;
    worker.submit({.name = 1, .takes = 10_ms, .deadline = 10_ms});
    const TaskHandle input = worker.submit({.name = 2,
                                            .takes = 1_ms,
                                            .deadline = 9_ms + 1500_us,
                                            .deadline_class = DeadlineClass::kSoft,
                                            .throws = how == TaskEnd::kThrew});
    const TaskHandle late = worker.submit({.name = 3,
                                           .takes = 1_ms,
                                           .deadline = 10_ms + 600_us,
                                           .deadline_class = DeadlineClass::kFirm});
    const TaskHandle other = worker.submit({.name = 4, .takes = 1_ms, .deadline = 11_ms});
    const TaskHandle failing = how == TaskEnd::kSkipped ? late : input;
    const TaskHandle follower = worker.follow({other, failing}, {.name = 5, .takes = 1_ms});
    const TaskHandle its = worker.follow({follower}, {.name = 6, .takes = 1_ms});
    if (how == TaskEnd::kCancelled) {
      worker.at(5_ms, [&] { EXPECT_EQ(worker.cancel(input), Claim::kWon); });
    }
    if (how == TaskEnd::kAbandoned) {
      worker.at(5_ms, [&] { worker.state.draining = worker.state.abandoning = true; });
    }
    worker.run_until(1_s);
    EXPECT_EQ(worker.outcome(failing).end, how);
    for (const TaskHandle task : {follower, its}) {
      ASSERT_TRUE(worker.has_ended(task)) << to_string(how);
      EXPECT_EQ(worker.outcome(task).end, TaskEnd::kDependencyFailed) << to_string(how);
      EXPECT_EQ(worker.outcome(task).activations, 0U);
    }
    EXPECT_EQ(worker.jobs().ended(), 6U) << to_string(how);
  }
}

TEST(WorkerCore, a_held_follower_can_be_cancelled_and_its_inputs_do_not_care) {
  VirtualWorker worker;
  const TaskHandle input = worker.submit({.name = 1, .takes = 10_ms});
  const TaskHandle follower = worker.follow({input}, {.name = 2, .takes = 1_ms});
  worker.at(5_ms, [&] { EXPECT_EQ(worker.cancel(follower), Claim::kWon); });
  worker.run_until(1_s);
  EXPECT_EQ(names(worker), (std::vector<int>{1}));
  EXPECT_EQ(worker.outcome(follower).end, TaskEnd::kCancelled);
  EXPECT_EQ(worker.state.directory.place(follower)->slot->state.phase(), Phase::kEnded);
  EXPECT_EQ(worker.jobs().cancelled, 1U);
}

// A long chain is ended in a loop: on a thread's stack a recursion so deep would not fit.
TEST(WorkerCore, a_chain_of_failing_followers_needs_no_stack) {
  VirtualWorker worker;
  TaskHandle last = worker.submit({.name = 0, .takes = 1_ms, .throws = true});
  const int length = static_cast<int>(VirtualWorker::kSlots) - 1;
  for (int i = 0; i < length; ++i) last = worker.follow({last}, {.name = 1, .takes = 1_ms});
  worker.run_until(1_s);
  EXPECT_EQ(worker.outcome(last).end, TaskEnd::kDependencyFailed);
  EXPECT_EQ(worker.jobs().failed, 1U);
  EXPECT_EQ(worker.jobs().cancelled, static_cast<std::uint64_t>(length));
}

// ---- counting ----

// Jobs, followers, cancellations at random instants, and the end: each submission is in exactly one
// counter, and each body was run or dropped.
TEST(WorkerCore, every_submission_is_counted_once) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const auto upto = [&](std::uint64_t most) {
      return Duration::microseconds(static_cast<std::int64_t>(random() % most));
    };
    VirtualWorker worker;
    std::vector<TaskHandle> tasks;
    const auto submit = [&](int name) {
      JobNumbers job{.name = name, .takes = upto(900)};
      job.throws = random() % 5 == 0;
      if (random() % 2 == 0) job.deadline = upto(3'000);
      job.deadline_class = static_cast<DeadlineClass>(random() % 3);
      std::vector<TaskHandle> inputs;
      for (const TaskHandle task : tasks) {
        if (inputs.size() < 3 && random() % 8 == 0 && !worker.has_ended(task))
          inputs.push_back(task);
      }
      tasks.push_back(inputs.empty() ? worker.submit(job) : worker.follow(inputs, job));
    };
    for (int i = 0; i < 40; ++i) {
      worker.at(upto(20'000), [&, i] { submit(i); });
      if (i % 4 == 0) {
        worker.at(upto(20'000), [&] {
          if (!tasks.empty()) worker.cancel(tasks[random() % tasks.size()]);
        });
      }
    }
    const bool abandon = random() % 2 == 0;
    if (abandon) {
      worker.at(21_ms, [&] { worker.state.draining = worker.state.abandoning = true; });
    }
    worker.run_until(1_s);
    ASSERT_EQ(tasks.size(), 40U);
    std::map<TaskEnd, std::uint64_t> ends;
    for (const TaskHandle task : tasks) {
      ASSERT_TRUE(worker.has_ended(task)) << "seed " << seed;
      ++ends[worker.outcome(task).end];
    }
    const JobCounters jobs = worker.jobs();
    EXPECT_EQ(jobs.completed, ends[TaskEnd::kCompleted]) << "seed " << seed;
    EXPECT_EQ(jobs.failed, ends[TaskEnd::kThrew]) << "seed " << seed;
    EXPECT_EQ(jobs.refused, ends[TaskEnd::kSkipped]) << "seed " << seed;
    EXPECT_EQ(jobs.cancelled, ends[TaskEnd::kCancelled] + ends[TaskEnd::kDependencyFailed] +
                                  ends[TaskEnd::kAbandoned])
        << "seed " << seed;
    const std::int64_t counted =
        worker.state.ports[0]->ended.value() + worker.state.ended_elsewhere;
    ASSERT_EQ(counted, 40) << "seed " << seed;
    std::uint64_t by_cause = 0;
    for (const std::uint64_t count : jobs.missed_by_cause) by_cause += count;
    EXPECT_EQ(jobs.missed, by_cause);
    EXPECT_EQ(worker.misses().size(), jobs.missed);
  }
}

// ---- the end ----

TEST(WorkerCore, it_stops_when_told_and_nothing_waits) {
  VirtualWorker worker;
  const TaskHandle task = worker.submit({.name = 1, .takes = 1_ms});
  const TaskHandle waiting = worker.submit({.name = 2, .takes = 1_ms});
  worker.at(500_us, [&] {
    worker.state.draining = worker.state.abandoning = worker.state.stopping = true;
  });
  EXPECT_TRUE(worker.run_until(1_s));
  EXPECT_EQ(worker.outcome(task).end, TaskEnd::kCompleted);
  EXPECT_EQ(worker.outcome(waiting).end, TaskEnd::kAbandoned);
}

// ---- what was proven ----

// Admitted sets, run as unkindly as the proof allows: everything takes its WCET, comes as early as
// it may and all at once, just after a plain task as long as any may be has begun; and the worker
// rests when it owes it. No job misses.
TEST(WorkerAdmission, what_is_admitted_does_not_miss) {
  constexpr WorkerPolicy kProvable[] = {WorkerPolicy::kEdf, WorkerPolicy::kRateMonotonic,
                                        WorkerPolicy::kFixedPriority, WorkerPolicy::kFifo};
  int admitted = 0;
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    const auto between = [&](std::int64_t low, std::int64_t high) {
      return Duration::microseconds(std::uniform_int_distribution<std::int64_t>(low, high)(random));
    };
    WorkerSettings settings = VirtualWorker::settings(kProvable[seed % 4]);
    settings.admission.overheads = {};
    const Duration plain = between(1, 1'000);
    settings.admission.longest_plain_task = std::max(plain, kProvenRest);
    VirtualWorker worker(settings);
    worker.rests = true;
    AdmissionDesk desk(settings.policy, settings.admission, *worker.state.ports[0], {});
    // FIFO serves plain tasks after all proven ones too, since those have a set of their own.
    for (int i = 0; i < 6; ++i) {
      PeriodicTask task;
      task.name = std::to_string(i);
      task.period = between(1'000, 20'000);
      task.wcet = Wcet{between(50, 4'000)};
      task.deadline = RelativeDeadline{between(500, 25'000)};
      task.level = static_cast<std::uint8_t>(random() % 64);
      task.overload = {theory::OverloadRule::kQueue, 500};
      const auto answer = desk.ask(model_of(task));
      if (answer.verdict != theory::Verdict::kSchedulable) {
        EXPECT_FALSE(answer.reason.empty());
        ++refused;
        continue;
      }
      EXPECT_TRUE(answer.certificate.has_value());
      ++admitted;
      worker.at(1_ns, [&worker, task, i] {
        worker.submit_periodic({.name = i,
                                .takes = [c = task.wcet->value](std::uint64_t) { return c; },
                                .period = task.period,
                                .deadline = task.deadline->value,
                                .wcet = task.wcet->value,
                                .overload = task.overload,
                                .level = task.level});
      });
    }
    for (int i = 0; i < 100; ++i) {
      const Duration when = i == 0 ? Duration::zero() : between(0, 200'000);
      worker.at(when,
                [&worker, plain] { worker.submit({.name = 100, .takes = plain, .level = 0}); });
    }
    worker.run_until(200_ms);
    ASSERT_EQ(worker.jobs().missed, 0U)
        << "seed " << seed << ", " << to_string(settings.policy) << ": job "
        << worker.misses().front().task.valid() << " late by "
        << worker.misses().front().tardiness.ns() << " ns";
  }
  EXPECT_GT(admitted, 400);
  EXPECT_GT(refused, 200);
}

// Between two plain jobs it rests, between two proven ones it does not: no rest is in the proof but
// one, in the place of a plain task.
TEST(WorkerAdmission, no_rest_begins_while_a_proven_job_waits) {
  VirtualWorker worker;
  worker.rests = true;
  for (int i = 0; i < 4; ++i) {
    worker.submit({.name = i, .takes = 2_ms, .deadline = 1_s, .wcet = 2_ms});
  }
  for (int i = 4; i < 6; ++i) worker.submit({.name = i, .takes = 2_ms});
  worker.run_until(100_ms);
  const auto gap = [&](std::size_t i) { return worker.ran[i].start - worker.ran[i - 1].end; };
  ASSERT_EQ(worker.ran.size(), 6U);
  EXPECT_EQ(gap(1) + gap(2) + gap(3), 0_ms);
  EXPECT_EQ(gap(4), kProvenRest);
  EXPECT_EQ(gap(5), kProvenRest);
}

TEST(WorkerAdmission, a_refusal_says_why_and_what_would_have_been_admitted) {
  WorkerPort port;
  AdmissionDesk desk(WorkerPolicy::kEdf, {.overheads = {}, .longest_plain_task = 0_ms}, port, {});
  const auto running_example = [](const char* name, Duration c, Duration t, Duration d) {
    return model_of(
        PeriodicTask{.name = name, .period = t, .deadline = RelativeDeadline{d}, .wcet = Wcet{c}});
  };
  EXPECT_EQ(desk.ask(running_example("A", 20_ms, 100_ms, 50_ms)).verdict,
            theory::Verdict::kSchedulable);
  EXPECT_EQ(desk.ask(running_example("B", 15_ms, 80_ms, 40_ms)).verdict,
            theory::Verdict::kSchedulable);
  const theory::Task c = running_example("C", 30_ms, 200_ms, 100_ms);
  const auto answer = desk.ask(c);
  EXPECT_EQ(answer.verdict, theory::Verdict::kUnschedulable);
  EXPECT_FALSE(answer.reason.empty());
  EXPECT_FALSE(desk.advice_for(c).empty());
  EXPECT_EQ(desk.tasks().size(), 2U);
}

TEST(WorkerAdmission, of_an_unprovable_worker_nothing_is_admitted_and_the_reason_given) {
  WorkerPort port;
  AdmissionDesk desk(WorkerPolicy::kLeastLaxity, {}, port, "no analysis covers llf");
  const theory::Task task = model_of(PeriodicTask{.name = "A", .period = 1_s, .wcet = Wcet{1_ms}});
  const auto answer = desk.ask(task);
  EXPECT_EQ(answer.verdict, theory::Verdict::kUnknown);
  EXPECT_EQ(answer.reason, "no analysis covers llf");
  EXPECT_TRUE(desk.advice_for(task).empty());
}

// X ends at 10 in the busy period in which Y1 and Y2 wait. {Y1, Y2, Z} is schedulable, but Z, which
// comes at 10, misses: its share is X's, and X has used it already.
//
//   X, Y1, Y2: C = 10 each, D = 50, 30, 30       Z: C = 10, D = 20
//
//   X(0..10)  Y1(10..20)  Y2(20..30)  Z(30..40), due at 30
//   ^ Y1, Y2 arrive   ^ Z arrives
TEST(WorkerAdmission, a_flood_of_plain_jobs_makes_no_look_longer_where_something_is_proven) {
  VirtualWorker worker;
  constexpr std::uint32_t kFlood = 40;
  const auto look = [&](bool proven) {
    worker.state.ports[0]->serves_proven.store(proven);
    for (std::uint32_t i = 0; i < kFlood; ++i) worker.submit({.name = 1, .takes = 1_us});
    (void)worker.core->step();
    const std::uint32_t taken = worker.state.ports[0]->load.load();
    while (worker.core->step().kind == WorkerStep::Kind::kRan) {
    }
    return taken;
  };
  EXPECT_EQ(look(false), kFlood);
  EXPECT_EQ(look(true), 8U);
}

TEST(WorkerAdmission, a_share_is_given_back_only_when_the_worker_has_been_idle) {
  WorkerSettings settings = VirtualWorker::settings();
  settings.admission = {.overheads = {}, .longest_plain_task = 0_ms};
  VirtualWorker worker(settings);
  AdmissionDesk desk(settings.policy, settings.admission, *worker.state.ports[0], {});
  const auto model = [](Duration deadline) {
    return model_of(SporadicTask{.name = "task",
                                 .wcet = Wcet{10_ms},
                                 .min_inter_arrival = 1_s,
                                 .deadline = RelativeDeadline{deadline}});
  };
  const auto submit = [&](int name, Duration deadline) {
    worker.submit({.name = name, .takes = 10_ms, .deadline = deadline, .wcet = 10_ms});
  };
  using theory::Verdict;
  const auto x = desk.ask(model(50_ms));
  ASSERT_EQ(x.verdict, Verdict::kSchedulable);
  ASSERT_EQ(desk.ask(model(30_ms)).verdict, Verdict::kSchedulable);
  ASSERT_EQ(desk.ask(model(30_ms)).verdict, Verdict::kSchedulable);
  submit('X', 50_ms);
  worker.at(1_ns, [&] {
    submit('1', 30_ms);
    submit('2', 30_ms);
  });
  worker.at(10_ms + 2_ns, [&] {
    desk.leaves(x.task);
    EXPECT_NE(desk.ask(model(20_ms)).verdict, Verdict::kSchedulable) << "X has used its share";
    submit('Z', 20_ms);  // nevertheless
  });
  worker.run_until(100_ms);
  ASSERT_EQ(worker.misses().size(), 1U) << "giving the share back at once would have been wrong";
  EXPECT_EQ(names(worker).back(), 'Z');
  EXPECT_EQ(desk.ask(model(20_ms)).verdict, Verdict::kSchedulable) << "idle since";
}

}  // namespace
}  // namespace aegis::executor
