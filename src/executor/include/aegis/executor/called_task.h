// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/borrow_count.h"
#include "aegis/executor/cache_line.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/task_body.h"

namespace aegis::executor {

// How a called task ends a look; tests put a wrong one in its place.
struct CalledTaskProtocol {
  // A call that came during the look is seen before the job ends.
  static constexpr bool kLooksAgain = true;
};

// What a look at the work came to.
struct Look {
  bool more = false;  // there is more to do, as a job of its own, so that others get their turn
  AbsoluteDeadline next{TimePoint::max()};  // its deadline
};

// A task that looks for work when it is called. However often it is called, at most one job of it
// is queued or running, and a look begins after every call. So its work needs no lock: looks never
// overlap, and each sees what those before it left.
//
//           call: schedule             begin                no call meanwhile
//   idle ---------------------> called ------> looking -------------------------> idle
//                                 ^  \___________/  ^ |
//                                 |   call          | | look.more: a new job
//                                 +-----------------+-+
//
// Invariants
//   1. Whoever changes `idle` schedules; nobody else does. A job leaves `looking` for `idle` only
//      if nothing else was written there, so work left before a call is looked at after it.
//   2. What a caller wrote before call() is visible to the look it causes: both change one word.
//
// call(): any thread, real-time: one atomic exchange, and a submission when idle. The look runs on
// a worker; it must not throw. The destructor and what waits are for ordinary threads, not for
// tasks of the same scheduler, which might wait for themselves.
template <class Protocol = CalledTaskProtocol>
class BasicCalledTask {
 public:
  // The look: `owner` as given to the constructor.
  using LookAt = Look (*)(void* owner, const TaskContext& job) noexcept;

  // The scheduler and the owner outlive it.
  BasicCalledTask(NanosecondScheduler& scheduler, const JobOptions& options, void* owner,
                  LookAt look) noexcept
      : scheduler_(scheduler), options_(options), owner_(owner), look_(look) {}
  BasicCalledTask(const BasicCalledTask&) = delete;
  BasicCalledTask& operator=(const BasicCalledTask&) = delete;
  ~BasicCalledTask() { stop(); }

  // Makes the task look, by the deadline if that is what decides. Errors: those of schedule(), then
  // this call, and those of other threads at the same instant, are without effect: call again. A
  // scheduler that shuts down abandons a queued job like any other, and further calls have no
  // effect either; is_quiet() then says so.
  [[nodiscard]] Status call(AbsoluteDeadline deadline) {
    if (word_.exchange(kCalled, std::memory_order_acq_rel) != kIdle) return ok();
    Status scheduled = schedule(deadline);
    if (!scheduled) word_.store(kIdle, std::memory_order_release);
    return scheduled;
  }

  // No job is queued or running: what is left to do is to be done by a call, or by nobody.
  [[nodiscard]] bool is_quiet() const noexcept { return !jobs_.any(); }
  // Waits for that. False: not until then. Ordinary threads, one at a time.
  [[nodiscard]] bool wait_until_quiet(TimePoint until) noexcept {
    return jobs_.wait_for_none(scheduler_.clock(), until);
  }
  // No more looks; waits for one that has begun, and for the worker to find that a queued one has
  // nothing to do. No calls at the same time or after. Idempotent.
  void stop() noexcept {
    stopped_.store(true, std::memory_order_release);
    const bool quiet = jobs_.wait_for_none(scheduler_.clock());
    check(quiet, "a wait without limit ends when its cause does");
  }

 private:
  static constexpr std::uint32_t kIdle = 0;
  static constexpr std::uint32_t kCalled = 1;
  static constexpr std::uint32_t kLooking = 2;

  // What the scheduler holds: run or dropped, it is given back once.
  class Body {
   public:
    explicit Body(BasicCalledTask& task) noexcept : task_(&task) { task.jobs_.lend(); }
    Body(Body&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
    Body& operator=(Body&&) = delete;
    ~Body() {
      if (task_ != nullptr) task_->jobs_.take_back();
    }
    void operator()(const TaskContext& job) { task_->run(job); }

   private:
    BasicCalledTask* task_;
  };

  [[nodiscard]] Status schedule(AbsoluteDeadline deadline) {
    const auto scheduled = scheduler_.schedule_with_deadline(Body(*this), deadline, options_);
    if (!scheduled) return fail(scheduled.error());
    return ok();
  }

  void run(const TaskContext& job) {
    while (!stopped_.load(std::memory_order_acquire)) {
      word_.exchange(kLooking, std::memory_order_acq_rel);
      const Look look = look_(owner_, job);
      if (look.more) {
        const Status again = schedule(look.next);
        // Either the look is another worker's from here on, or the scheduler takes no more jobs.
        if (again || again.error().category != ErrorCategory::kTransient) return;
        continue;  // no place for a job: then without a break
      }
      if (!go_idle()) continue;
      return;
    }
  }
  [[nodiscard]] bool go_idle() noexcept {
    std::uint32_t looking = kLooking;
    if constexpr (Protocol::kLooksAgain) {
      return word_.compare_exchange_strong(looking, kIdle, std::memory_order_acq_rel);
    }
    word_.store(kIdle, std::memory_order_release);
    return true;
  }

  NanosecondScheduler& scheduler_;
  const JobOptions options_;
  void* const owner_;
  const LookAt look_;
  std::atomic<bool> stopped_{false};
  BorrowCount jobs_;
  alignas(kCacheLine) std::atomic<std::uint32_t> word_{kIdle};
};

// The one in use.
using CalledTask = BasicCalledTask<>;

}  // namespace aegis::executor
