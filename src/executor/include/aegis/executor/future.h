// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/borrow_count.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/saturating_after.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/task_body.h"
#include "aegis/executor/task_handle.h"

namespace aegis::executor {

template <class T>
class Future;

// What a callable returns when a task calls it.
template <class F>
using TaskResult = typename std::conditional_t<std::invocable<F&, const TaskContext&>,
                                               std::invoke_result<F&, const TaskContext&>,
                                               std::invoke_result<F&>>::type;

// A task's callable with the future that it fills. The members' order matters: what the callable
// captured is destroyed before its future learns that the body is gone.
template <class T, class F>
class FutureBody {
 public:
  // Lends the future to the body, until it is destroyed.
  FutureBody(Future<T>& future, F callable) noexcept
      : lease_(future), callable_(std::move(callable)) {}
  void operator()(const TaskContext& job) { lease_.future().run(callable_, job); }

 private:
  class Lease {
   public:
    explicit Lease(Future<T>& future) noexcept : future_(&future) { future_->lend(); }
    Lease(Lease&& other) noexcept : future_(std::exchange(other.future_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (future_ != nullptr) future_->take_back();
    }
    [[nodiscard]] Future<T>& future() const noexcept { return *future_; }

   private:
    Future<T>* future_;
  };

  Lease lease_;
  F callable_;
};

// A task and the place of its result, in one object that does not move:
//
//   auto plan = schedule_for_result(scheduler, [&] { return steer(map, pose); });
//   ...
//   if (Result<Angle> angle = plan.get(1_ms)) turn(*angle);
//
// The result lies in the future itself, in the caller's frame, so nothing is allocated, T may have
// any size, and the slot that the task ran in is free for others at once. Nothing can dangle: the
// destructor cancels a task that has not begun and waits for one that has, so what the callable
// refers to is safe if it was declared before the future. (A future that let its task go on
// instead would leave every `[&]` referring to a frame that is gone.)
//
// Its price: it cannot be moved or put into a container; it can be returned, as an array's element
// be initialised, and be emplaced, since a prvalue is constructed in place.
//
// Captures up to 48 bytes, TaskBody::kCapacity less a pointer. The scheduler outlives the future.
// One thread uses a future. A task of the same scheduler might wait for itself: there nothing is
// scheduled, and the future has ended with kFailedPrecondition; such tasks use then() and
// when_all().
//
// Real-time: scheduling and ended() neither allocate nor lock, get() and wait() spin for at most
// BorrowCount::kSpin and then sleep.
template <class T>
class [[nodiscard]] Future {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "a task without a result, or with a reference, is given to schedule()");

 public:
  // `submit` gives a body to a scheduler and says how: Result<TaskHandle>(TaskBody).
  template <class F, class Submit>
  Future(NanosecondScheduler& scheduler, F&& callable, const Submit& submit)
      : scheduler_(scheduler),
        task_(scheduler.called_from_a_task()
                  ? Result<TaskHandle>(fail(would_wait_for_itself()))
                  : submit(FutureBody<T, std::decay_t<F>>(*this, std::forward<F>(callable)))) {}
  Future(const Future&) = delete;
  Future& operator=(const Future&) = delete;
  // Cancels what has not begun, waits for what has, however long it takes.
  ~Future() {
    if (bodies_.any()) end_task();
    if (has_result_) std::destroy_at(&value_);
  }

  // The task's handle, or why it could not be scheduled: then the future has ended, without result.
  [[nodiscard]] const Result<TaskHandle>& task() const noexcept { return task_; }

  // Whether the result stands or will never come. One load.
  [[nodiscard]] bool ended() const noexcept { return !unanswered_.any(); }

  // Waits for that. False: not until then; the task goes on.
  [[nodiscard]] bool wait_until(TimePoint until, Duration spin = BorrowCount::kSpin) noexcept {
    return unanswered_.wait_for_none(scheduler_.clock(), until, spin);
  }
  [[nodiscard]] bool wait(Duration timeout = Duration::max()) noexcept {
    return wait_until(saturating_after(scheduler_.clock().now(), timeout));
  }

  // The result where it lies; null while there is none.
  [[nodiscard]] T* result() noexcept { return ended() && has_result_ ? &value_ : nullptr; }

  // Waits for the result and moves it out. Errors: task()'s; transient kTimeout (call again);
  // permanent kInternal: the callable threw; permanent kCancelled: the task ended before it began,
  // in one of the ways that wait_for_completion(*task()) can still tell.
  [[nodiscard]] Result<T> get(Duration timeout = Duration::max()) {
    if (!wait(timeout)) {
      return fail(Error::transient(ErrorCode::kTimeout, "the task has no result yet"));
    }
    if (has_result_) return std::move(value_);
    return fail(why_none());
  }

  // When the result stood, on the worker. Precondition: result() is not null.
  [[nodiscard]] TimePoint completion() const noexcept { return completion_; }

  // As NanosecondScheduler::cancel(); task()'s error if there is no task.
  [[nodiscard]] Result<Cancelled> cancel() {
    if (!task_) return fail(task_.error());
    return scheduler_.cancel(*task_);
  }

  // Why an ended future has no result. Precondition: it has ended, and has none.
  [[nodiscard]] Error why_none() const {
    if (!task_) return task_.error();
    if (began_) return Error::permanent(ErrorCode::kInternal, "the task threw an exception");
    return Error::permanent(ErrorCode::kCancelled, "the task ended before it began");
  }

 private:
  template <class U, class F>
  friend class FutureBody;

  static Error would_wait_for_itself() noexcept {
    return Error::permanent(ErrorCode::kFailedPrecondition,
                            "a task that waits for its own scheduler would wait for itself");
  }
  void lend() noexcept {
    unanswered_.lend();
    bodies_.lend();
  }
  // The worker, inside the task. The answer comes before the worker's books are written.
  template <class F>
  void run(F& callable, const TaskContext& job) {
    began_ = true;
    if constexpr (std::invocable<F&, const TaskContext&>) {
      ::new (static_cast<void*>(&value_)) T(callable(job));
    } else {
      ::new (static_cast<void*>(&value_)) T(callable());
    }
    completion_ = job.clock.now();
    has_result_ = true;
    answer();
  }
  void take_back() noexcept {
    if (!answered_) answer();
    bodies_.take_back();
  }
  void answer() noexcept {
    answered_ = true;
    unanswered_.take_back();
  }
  void end_task() noexcept {
    const Result<Cancelled> cancelled = cancel();
    check(cancelled || cancelled.error().code == ErrorCode::kNotFound,
          "a future's scheduler outlives it");
    const bool gone = bodies_.wait_for_none(scheduler_.clock());
    check(gone, "a wait without limit ends when its cause does");
  }

  NanosecondScheduler& scheduler_;
  BorrowCount unanswered_;
  BorrowCount bodies_;
  // The worker's until unanswered_ says otherwise.
  bool began_ = false;
  bool has_result_ = false;
  bool answered_ = false;
  TimePoint completion_;
  union {
    T value_;
  };
  const Result<TaskHandle> task_;  // last: its task may run before the constructor returns
};

// A task whose result is wanted: schedule(), and schedule_with_deadline(), with a future. The
// callable is one that TaskBody takes, and returns an object. Errors are found in task() and come
// out of get(). Real-time, like those.
template <class F>
[[nodiscard]] Future<TaskResult<std::decay_t<F>>> schedule_for_result(
    NanosecondScheduler& scheduler, F&& callable, const JobOptions& options = {}) {
  return {scheduler, std::forward<F>(callable),
          [&](TaskBody body) { return scheduler.schedule(std::move(body), options); }};
}
template <class F>
[[nodiscard]] Future<TaskResult<std::decay_t<F>>> schedule_for_result(
    NanosecondScheduler& scheduler, F&& callable, AbsoluteDeadline deadline,
    const JobOptions& options = {.priority = Priority::kHigh}) {
  return {scheduler, std::forward<F>(callable), [&](TaskBody body) {
            return scheduler.schedule_with_deadline(std::move(body), deadline, options);
          }};
}
template <class F>
[[nodiscard]] Future<TaskResult<std::decay_t<F>>> schedule_for_result(
    NanosecondScheduler& scheduler, F&& callable, RelativeDeadline deadline,
    const JobOptions& options = {.priority = Priority::kHigh}) {
  return {scheduler, std::forward<F>(callable), [&](TaskBody body) {
            return scheduler.schedule_with_deadline(std::move(body), deadline, options);
          }};
}

}  // namespace aegis::executor
