// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "seats.h"

namespace aegis::executor {
namespace {

// Half of what an emergency may be late by. The same for handlers.
constexpr std::chrono::microseconds kLook{500};
// Without hard deadlines or handlers: well below any hang limit worth setting.
constexpr std::chrono::milliseconds kIdleLook{5};
constexpr Duration kDisciplineEvery = Duration::milliseconds(100);
constexpr std::uint32_t kNoWorker = 0xffffffff;

}  // namespace

Watch::Watch(const SchedulerConfig& config, SchedulerState& state, TscClock* clock,
             std::vector<WorkerBooks*> books)
    : config_(config),
      state_(state),
      clock_(clock),
      books_(std::move(books)),
      own_alerts_(kNoWorker),
      hung_told_(state.ports.size(), 0) {
  std::vector<AlertQueue*> queues{&own_alerts_};
  for (WorkerBooks* book : books_) queues.push_back(&book->alerts());
  delivery_ = std::make_unique<AlertDelivery>(AlertListener{.on_alert = config_.on_alert}, queues);
}

Watch::~Watch() {
  stop();
}

void Watch::stop() {
  ends_.store(true, std::memory_order_release);
  if (watcher_) watcher_->join();
  if (reporter_) reporter_->join();
}

Status Watch::start(std::optional<int> avoid_cpu) {
  auto watcher = RealTimeThread::start({.name = config_.name + "-watch", .avoid_cpu = avoid_cpu},
                                       [this](const ThreadGrant&) { watch(); });
  if (!watcher) return fail(watcher.error());
  watcher_ = std::move(*watcher);
  auto reporter = RealTimeThread::start({.name = config_.name + "-report", .avoid_cpu = avoid_cpu},
                                        [this](const ThreadGrant&) { report(); });
  if (!reporter) return fail(reporter.error());
  reporter_ = std::move(*reporter);
  return ok();
}

void Watch::watch() {
  Seats::mark_as_helper(state_.directory.scheduler());
  const std::chrono::microseconds pause = config_.emergency ? kLook : kIdleLook;
  TimePoint discipline_at = state_.clock.now() + kDisciplineEvery;
  while (!ends_.load(std::memory_order_acquire)) {
    for (std::uint32_t i = 0; i < state_.ports.size(); ++i) look_at(i);
    if (state_.clock.now() >= discipline_at) {
      discipline_clock();
      discipline_at = state_.clock.now() + kDisciplineEvery;
    }
    std::this_thread::sleep_for(pause);
  }
}

void Watch::look_at(std::uint32_t worker) {
  constexpr auto relaxed = std::memory_order_relaxed;
  RunningJob& running = state_.ports[worker]->running;
  const std::uint64_t number = running.number.load(std::memory_order_acquire);
  if (number % 2 == 0) return;
  const TimePoint now = state_.clock.now();
  const SlotId slot = running.slot.load(relaxed);
  const std::uint32_t kind = running.kind.load(relaxed);
  const std::uint32_t generation = running.generation.load(relaxed);
  const TimePoint start = TimePoint::from_ns(running.start_ns.load(relaxed));
  const Duration limit = Duration::nanoseconds(running.hung_after_ns.load(relaxed));
  const AbsoluteDeadline deadline{TimePoint::from_ns(running.hard_deadline_ns.load(relaxed))};
  const TimePoint arrival = TimePoint::from_ns(running.arrival_ns.load(relaxed));
  const std::uint64_t activation = running.activation.load(relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (running.number.load(relaxed) != number) return;  // another job meanwhile
  const std::string& name = state_.kinds[kind].config.name;
  if (now - start > limit && hung_told_[worker] != number) {
    hung_told_[worker] = number;
    Alert alert{.kind = AlertKind::kHungTask,
                .worker = worker,
                .at = now,
                .measured = now - start,
                .declared = limit};
    alert.set_task(name);
    own_alerts_.raise(alert);
  }
  if (!config_.emergency || now <= deadline.value || !running.claim_emergency(number)) return;
  config_.emergency({.task = state_.directory.handle(slot, generation),
                     .name = name.c_str(),
                     .group = books_[worker]->settings().group,
                     .worker = books_[worker]->settings().in_group,
                     .deadline_class = DeadlineClass::kHard,
                     .activation = activation,
                     .arrival = arrival,
                     .deadline = deadline,
                     .tardiness = now - deadline.value,
                     .still_running = true});
}

void Watch::discipline_clock() {
  if (clock_ == nullptr) return;
  clock_->discipline();
  if (fallback_told_ || clock_->state().source == TscState::Source::kCounter) return;
  fallback_told_ = true;
  own_alerts_.raise({.kind = AlertKind::kClockFallback, .worker = kNoWorker, .at = clock_->now()});
}

void Watch::report() {
  Seats::mark_as_helper(state_.directory.scheduler());
  while (!ends_.load(std::memory_order_acquire)) {
    deliver_misses();
    delivery_->deliver(state_.clock.now());
    std::this_thread::sleep_for(config_.on_miss || config_.on_alert ? kLook : kIdleLook);
  }
  deliver_misses();
  delivery_->flush(state_.clock.now());
}

void Watch::deliver_misses() {
  std::array<DeadlineMiss, 16> batch;
  for (WorkerBooks* book : books_) {
    trace::SpscRing<DeadlineMiss>& misses = book->misses();
    const std::uint64_t end = misses.published();
    for (std::size_t count = 0; (count = misses.pop_into(batch, end)) > 0;) {
      for (std::size_t i = 0; i < count && config_.on_miss; ++i) {
        try {
          config_.on_miss(batch[i]);
        } catch (...) {
          failed_handlers_.fetch_add(1, std::memory_order_relaxed);
        }
      }
    }
  }
}

}  // namespace aegis::executor
