// SPDX-License-Identifier: Apache-2.0
#include "scheduler_core.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace aegis::executor {
namespace {

// Handles name their scheduler by it, so no two of a process may share one; 0 is nobody's.
std::uint32_t next_number() noexcept {
  static std::atomic<std::uint32_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// A rest of the worker holds up a proven job as a plain task would.
AdmissionAssumptions with_rests(AdmissionAssumptions assumptions) {
  const auto rest = Duration::checked_add(kProvenRest, assumptions.overheads.release);
  assumptions.longest_plain_task =
      std::max(assumptions.longest_plain_task, rest.value_or(Duration::max()));
  return assumptions;
}

// Two of one real-time priority on one CPU cannot: while one runs the other does not, and one that
// looks again and again for the other's surplus would keep it from going on.
bool relieve_each_other(const WorkerPlan& a, const WorkerPlan& b) {
  const bool same_cpu = a.thread.cpu.has_value() && a.thread.cpu == b.thread.cpu;
  const bool in_turn = a.thread.fifo_priority.has_value();
  return a.settings.group == b.settings.group && !(same_cpu && in_turn);
}

std::size_t workers_in(const SchedulerConfig& config) {
  std::size_t workers = 0;
  for (const GroupConfig& group : config.groups) {
    if (group.enabled) workers += group.workers.value_or(config.workers);
  }
  return workers;
}

}  // namespace

NanosecondScheduler::Core::Core(SchedulerConfig asked)
    : config(std::move(asked)),
      number(next_number()),
      own_clock(config.clock == nullptr ? std::make_unique<TscClock>() : nullptr),
      state(number, own_clock ? *own_clock : *config.clock, config.max_kinds + 1,
            workers_in(config)) {}

NanosecondScheduler::Core::~Core() {
  finish();
}

Status NanosecondScheduler::Core::start() {
  const auto allowed = cpus_of_this_process();
  if (!allowed) return fail(allowed.error());
  plans_ = plan_workers(config, *allowed);
  since_ = state.clock.now();
  place_groups();
  add_submitters();
  (void)add_kind({.name = "task"}, Duration::zero(), nullptr);
  build_workers();
  if (config.shallow_idle) {
    if (auto held = CpuLatencyRequest::hold()) {
      shallow_idle_ = std::move(*held);
    } else {
      notes_.push_back(held.error().message());
    }
  }
  if (Status started = start_workers(); !started) return started;
  std::vector<WorkerBooks*> books;
  for (const auto& book : books_) books.push_back(book.get());
  watch_ = std::make_unique<Watch>(config, number, state, own_clock.get(), std::move(books));
  return watch_->start(plans_.front().thread.cpu);
}

void NanosecondScheduler::Core::place_groups() {
  for (const WorkerPlan& plan : plans_) {
    GroupPlace& place = state.groups[static_cast<std::size_t>(plan.settings.group)];
    if (place.count++ == 0) place.first = plan.settings.number;
  }
}

void NanosecondScheduler::Core::add_submitters() {
  const std::size_t workers = plans_.size();
  const auto add = [&](std::size_t capacity) {
    const auto next = static_cast<std::uint32_t>(state.submitters.size());
    auto submitter = std::make_unique<Submitter>(next, capacity, workers);
    submitter->in_use.store(true, std::memory_order_relaxed);
    state.directory.add(next, submitter->slab);
    state.submitters.add(std::move(submitter));
  };
  add(config.max_recurrent);
  for (std::size_t i = 0; i < workers; ++i) add(config.queue_capacity + 1);  // and its own
  // Every slot, a worker's being twice as many (a power of two), and what may queue up behind those
  // of periodic tasks.
  const std::size_t slots = (config.max_submitters + 2 * workers) * config.queue_capacity;
  ready_capacity_ = slots + config.max_recurrent + 1 + PeriodicJobs::kMostQueued;
}

void NanosecondScheduler::Core::build_workers() {
  for (WorkerPlan& plan : plans_) {
    plan.settings.ready_capacity = ready_capacity_;
    const std::uint32_t number_of_worker = plan.settings.number;
    books_.push_back(std::make_unique<WorkerBooks>(state, plan.settings, config.emergency));
    cores_.push_back(std::make_unique<WorkerCore>(state, state.submitters[1 + number_of_worker],
                                                  plan.settings, *books_.back()));
    desks_.push_back(
        std::make_unique<AdmissionDesk>(plan.settings.policy, with_rests(plan.settings.admission),
                                        *state.ports[number_of_worker], plan.unprovable));
  }
  siblings_.resize(cores_.size());
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    for (std::size_t k = 0; k < cores_.size(); ++k) {
      if (i != k && relieve_each_other(plans_[i], plans_[k])) {
        siblings_[i].push_back(cores_[k].get());
      }
    }
    cores_[i]->set_siblings(siblings_[i]);
  }
}

// If one cannot start, those that have are ended by the destructor.
Status NanosecondScheduler::Core::start_workers() {
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    threads_.push_back(std::make_unique<WorkerThread>(*cores_[i], state.submitters[1 + i], number,
                                                      state.clock, plans_[i].spin));
    if (Status started = threads_.back()->start(plans_[i].thread); !started) return started;
    const ThreadGrant& grant = threads_.back()->grant();
    const ThreadRequest& asked = plans_[i].thread;
    if (!grant.note.empty()) notes_.push_back(asked.name + ": " + grant.note);
    if (asked.cpu && !grant.pinned) {
      desks_[i]->prove_nothing("the worker could not be pinned: the kernel decides what it gets");
    }
    const bool wanted = asked.fifo_priority.has_value() || asked.reservation.has_value();
    if (config.require_real_time && wanted && !grant.real_time) {
      return fail(Error::permanent(ErrorCode::kPermissionDenied, "the real-time class is refused")
                      .with_detail(grant.note));
    }
  }
  return ok();
}

std::vector<std::string> NanosecondScheduler::Core::degraded() const {
  std::vector<std::string> notes = notes_;
  if (watch_ && watch_->failed_handlers() > 0) {
    notes.push_back(
        fmt::format("{} calls of handlers ended in an exception", watch_->failed_handlers()));
  }
  std::uint64_t untold = 0;
  for (const auto& books : books_) untold += books->misses().dropped();
  if (untold > 0) notes.push_back(fmt::format("{} misses came too fast for on_miss", untold));
  if (!own_clock) return notes;
  const TscState clock = own_clock->state();
  if (clock.source == TscState::Source::kKernelClock) notes.push_back(clock.reason);
  return notes;
}

}  // namespace aegis::executor
