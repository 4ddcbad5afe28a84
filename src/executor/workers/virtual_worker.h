// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/base/clock.h"
#include "aegis/executor/saturating_after.h"

#include "completion.h"
#include "dependents.h"
#include "scheduler_state.h"
#include "worker_books.h"
#include "worker_core.h"

namespace aegis::executor {

// For tests: a worker on a time line of the test's own, without threads. Nothing takes time but
// tasks, and they take what the test says.
//
//   VirtualWorker worker({.policy = WorkerPolicy::kEdf});
//   worker.at(3_ms, [&] { worker.submit({.name = 7, .takes = 5_ms, .deadline = 20_ms}); });
//   worker.run_until(1_s);
//   EXPECT_EQ(worker.ran[0].end, ...);
//
// What at() plans happens at its instant, also within a task's execution, as what other threads do
// would.
class VirtualWorker {
 public:
  // One execution of a task.
  struct Ran {
    int name = 0;
    std::uint64_t activation = 0;
    TimePoint arrival, start, end;
    friend bool operator==(const Ran&, const Ran&) = default;
  };
  // A one-shot job. Its WCET is what makes it proven, as in the scheduler.
  struct JobNumbers {
    int name = 0;
    Duration takes;
    std::optional<Duration> deadline = {};  // relative; nothing: none
    std::optional<Duration> wcet = {};
    std::optional<Duration> period = {};  // for rate monotonic
    std::uint8_t level = 63;
    DeadlineClass deadline_class = DeadlineClass::kSoft;
    std::uint16_t kind = 0;
    bool throws = false;
  };
  struct PeriodicNumbers {
    int name = 0;
    std::function<Duration(std::uint64_t activation)> takes;
    Duration period;
    std::optional<Duration> deadline = {};
    std::optional<Duration> wcet = {};
    Duration offset = {};
    theory::Overload overload = {};
    std::uint64_t activations = 0;
    std::uint8_t level = 63;
    DeadlineClass deadline_class = DeadlineClass::kSoft;
    std::uint16_t kind = 0;
  };

  // Where the test's time begins: a machine has been up for a while before anybody schedules.
  static constexpr TimePoint kOrigin = TimePoint::from_ns(1'000'000'000'000);
  static constexpr std::size_t kSlots = 4096;
  static constexpr std::size_t kPeriodic = 64;
  static WorkerSettings settings(WorkerPolicy policy = WorkerPolicy::kEdf) {
    WorkerSettings settings;
    settings.policy = policy;
    settings.latency_budget = Duration::seconds(1000);
    settings.hang_limit = Duration::seconds(1000);
    settings.ready_capacity = 4 * kSlots;
    settings.max_periodic = kPeriodic;
    return settings;
  }

  explicit VirtualWorker(const WorkerSettings& chosen = settings())
      : config(chosen),
        state(1, clock, 64, 1),
        books(state, config, emergency, [this] { return usage; }) {
    state.groups[static_cast<std::size_t>(config.group)] = {.first = 0, .count = 1};
    for (std::uint32_t i = 0; i < 2; ++i) {
      state.submitters.add(std::make_unique<Submitter>(i, kSlots, 1));
      state.directory.add(i, state.submitters[i].slab);
    }
    core = std::make_unique<WorkerCore>(state, state.submitters[1], config, books);
    define({.name = "task"});
    core->begin();
  }
  VirtualWorker(const VirtualWorker&) = delete;
  VirtualWorker& operator=(const VirtualWorker&) = delete;

  std::uint16_t define(const TaskKindConfig& kind,
                       std::unique_ptr<SporadicSource> source = nullptr) {
    auto fresh = std::make_unique<KindState>();
    fresh->config = kind;
    fresh->source = std::move(source);
    fresh->monitors.push_back(std::make_unique<LatencyMonitor>(config.latency_budget));
    return static_cast<std::uint16_t>(*state.kinds.add(std::move(fresh)));
  }

  // Arrives now.
  TaskHandle submit(const JobNumbers& job) {
    Submitter& outside = state.submitters[0];
    const auto taken = outside.slab.take(Phase::kQueued);
    check(taken.has_value(), "the test's tasks fit");
    const JobTerms terms = terms_of(job);
    taken->slot->fill(body_of(job), terms);
    const SlotId id = SlotDirectory::id(0, taken->index);
    outside.accepted.add();
    state.enqueue(outside, id, terms);
    return state.directory.handle(id, taken->generation);
  }

  // When all of `before` have completed. None of them has ended yet.
  TaskHandle follow(const std::vector<TaskHandle>& before, const JobNumbers& job) {
    Submitter& outside = state.submitters[0];
    const auto taken = outside.slab.take(Phase::kHeld);
    check(taken.has_value(), "the test's tasks fit");
    taken->slot->fill(body_of(job), terms_of(job));
    const SlotId id = SlotDirectory::id(0, taken->index);
    outside.accepted.add();
    taken->slot->follows = true;
    taken->slot->input_failed.store(false);
    taken->slot->inputs_left.store(static_cast<std::uint32_t>(before.size()));
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto place = state.directory.place(before[i]);
      const auto pinned = place->slot->state.pin(place->generation, true);
      check(pinned == SlotState::Pin::kPinned, "the test's inputs are there");
      const bool added = Dependents::add(*place->slot, *taken->slot, Dependents::link(id, i));
      check(added, "the test's inputs have not ended");
      place->slot->state.unpin();
    }
    return state.directory.handle(id, taken->generation);
  }

  // Its first release is now and its offset.
  TaskHandle submit_periodic(const PeriodicNumbers& task) {
    Submitter& outside = state.submitters[0];
    const auto taken = outside.slab.take(Phase::kQueued);
    const bool queue = task.overload.rule == theory::OverloadRule::kQueue;
    const std::uint32_t most_unfinished = queue ? task.overload.queue_depth + 1 : 1;
    const auto index = core->periodic().reserve(most_unfinished);
    check(taken.has_value() && index.has_value(), "the test's tasks fit");
    const SlotId id = SlotDirectory::id(0, taken->index);
    core->periodic().fill(*index,
                          {.slot = id,
                           .period = task.period,
                           .offset = task.offset,
                           .deadline = RelativeDeadline{task.deadline.value_or(task.period)},
                           .activations = task.activations,
                           .most_unfinished = most_unfinished});
    const JobTerms terms{.urgency = {.arrival = now(),
                                     .wcet = task.wcet.value_or(Duration::zero()),
                                     .period = task.period,
                                     .level = task.level},
                         .kind = task.kind,
                         .periodic = *index,
                         .group = static_cast<std::uint8_t>(config.group),
                         .worker = 0,
                         .deadline_class = task.deadline_class,
                         .proven = task.wcet.has_value()};
    durations_[task.name] = task.takes;
    taken->slot->fill([this, name = task.name](const TaskContext& job) { execute(name, job); },
                      terms);
    taken->slot->outcome = {.arrival = saturating_after(now(), task.offset)};
    state.enqueue(outside, id, terms);
    return state.directory.handle(id, taken->generation);
  }

  // As the scheduler's cancel().
  SlotState::Claim cancel(TaskHandle task) {
    const auto place = state.directory.place(task);
    const auto claim = place->slot->state.claim(place->generation);
    if (claim != SlotState::Claim::kWon) return claim;
    const bool periodic = place->slot->terms.periodic != kNoPeriodic;
    state.ended_elsewhere +=
        Completion(state).end(place->id, TaskEnd::kCancelled, now(), Phase::kDead);
    if (periodic) state.ports[0]->periodic_cancelled.store(true);
    return claim;
  }

  [[nodiscard]] TimePoint now() const { return clock.now(); }
  // An instant as the test counts: from the origin.
  [[nodiscard]] static Duration since(TimePoint instant) { return instant - kOrigin; }
  [[nodiscard]] bool has_ended(TaskHandle task) const {
    return state.directory.place(task)->slot->state.has_ended();
  }
  [[nodiscard]] TaskOutcome outcome(TaskHandle task) const {
    return state.directory.place(task)->slot->outcome;
  }
  [[nodiscard]] JobCounters jobs(std::uint16_t kind = 0) const {
    JobCounters jobs = state.kinds[kind].monitors[0]->counters();
    jobs.cancelled += static_cast<std::uint64_t>(state.kinds[kind].never_ran.load());
    return jobs;
  }
  std::vector<DeadlineMiss> misses() {
    std::array<DeadlineMiss, 64> batch;
    const std::uint64_t end = books.misses().published();
    for (std::size_t n = 0; (n = books.misses().pop_into(batch, end)) > 0;) {
      misses_.insert(misses_.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return misses_;
  }

  // At an instant, counted from the origin; of one instant in the order planned.
  void at(Duration when, std::function<void()> what) {
    const auto after_equals = std::upper_bound(
        plan_.begin(), plan_.end(), when,
        [](Duration instant, const auto& planned) { return instant < planned.first; });
    plan_.insert(after_equals, {when, std::move(what)});
  }

  // Time passes, with the processor or without it: the clock moves, what is planned happens.
  void pass(Duration length, bool with_processor = true) {
    TimePoint end = now() + length;
    while (!plan_.empty() && kOrigin + plan_.front().first <= end) {
      const auto [when, what] = plan_.front();
      plan_.erase(plan_.begin());
      clock.set(std::max(now(), kOrigin + when));
      what();
      end += std::exchange(lost_, Duration::zero());
    }
    clock.set(std::max(now(), end));
    if (with_processor) usage.cpu_time += length;
  }
  // Planned within an execution: somebody else has the processor for so long, and the execution
  // ends so much later.
  void lose(Duration length) {
    clock.advance(length);
    lost_ += length;
  }

  // Lets the worker run until the clock is at `end` or beyond it. Whether it has stopped.
  bool run_until(Duration end) {
    while (now() < kOrigin + end) {
      const WorkerStep step = core->step();
      if (step.kind == WorkerStep::Kind::kStopped) return true;
      if (step.kind == WorkerStep::Kind::kRan && rests) rest();
      if (step.kind == WorkerStep::Kind::kIdle) sleep_until(std::min(step.wake_up, kOrigin + end));
    }
    return false;
  }

  const WorkerSettings config;
  ManualClock clock{kOrigin};
  ThreadUsage usage;    // what the kernel says of the worker
  bool rests = false;   // between jobs, as a worker with proven tasks does
  Duration wakes_late;  // beyond each planned or called wake-up
  std::function<void(const DeadlineMiss&)> emergency;  // before the first step
  std::function<void(int name)> during;                // within an execution, at its begin
  SchedulerState state;
  WorkerBooks books;
  std::unique_ptr<WorkerCore> core;
  std::vector<Ran> ran;

 private:
  JobTerms terms_of(const JobNumbers& job) const {
    return {.urgency = {.arrival = now(),
                        .deadline = {job.deadline ? now() + *job.deadline : TimePoint::max()},
                        .wcet = job.wcet.value_or(Duration::zero()),
                        .period = job.period.value_or(Duration::max()),
                        .level = job.level},
            .kind = job.kind,
            .group = static_cast<std::uint8_t>(config.group),
            .deadline_class = job.deadline_class,
            .proven = job.wcet.has_value()};
  }
  TaskBody body_of(const JobNumbers& job) {
    return [this, name = job.name, takes = job.takes,
            throws = job.throws](const TaskContext& context) {
      execute_for(name, takes, context);
      if (throws) throw name;
    };
  }
  void execute(int name, const TaskContext& job) {
    execute_for(name, durations_.at(name)(job.activation), job);
  }
  void execute_for(int name, Duration takes, const TaskContext& job) {
    if (during) during(name);
    pass(takes);
    ran.push_back({name, job.activation, job.arrival, job.start, now()});
  }
  // As WorkerThread does.
  void rest() {
    if (now() - last_rest_ < HybridWait::kRestEvery || core->proven_wait(now())) return;
    pass(kProvenRest, false);
    core->rested(kProvenRest);
    last_rest_ = now();
  }
  // As HybridWait would: until the instant, or until the worker is called.
  void sleep_until(TimePoint until) {
    const TimePoint asleep = now();
    while (now() < until && !core->called()) {
      const bool planned = !plan_.empty() && kOrigin + plan_.front().first < until;
      const TimePoint next = planned ? kOrigin + plan_.front().first : until;
      pass(std::max(next - now(), Duration::zero()), false);
    }
    if (now() == asleep) return;
    if (now() - asleep >= HybridWait::kRest) last_rest_ = now();
    pass(wakes_late, false);
    core->waited(
        {.slept = true, .largest_gap = {}, .late = wakes_late, .sleeping = now() - asleep});
  }

  std::map<int, std::function<Duration(std::uint64_t)>> durations_;
  std::vector<std::pair<Duration, std::function<void()>>> plan_;
  std::vector<DeadlineMiss> misses_;
  TimePoint last_rest_ = kOrigin;
  Duration lost_;  // in the execution that passes
};

}  // namespace aegis::executor
