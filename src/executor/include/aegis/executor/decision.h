// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/future.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/saturating_after.h"
#include "aegis/executor/scheduled_task.h"

namespace aegis::executor {

// A decision that did not stand by its deadline.
struct DeadlineMissed {
  enum class How : std::uint8_t {
    kNotStarted,    // withdrawn: it never runs
    kStillRunning,  // what it finds will be dropped
    kFinishedLate,  // it stood, but too late, and was dropped
    kReceivedLate,  // it stood in time, but the caller's own thread came too late to take it
  };
  How how = How::kNotStarted;
  // Past the deadline: when it stood, if it finished late; else when decide_by looked.
  Duration tardiness;
};

// "not_started", "still_running", "finished_late", "received_late".
[[nodiscard]] constexpr std::string_view to_string(DeadlineMissed::How how) noexcept {
  switch (how) {
    case DeadlineMissed::How::kNotStarted:
      return "not_started";
    case DeadlineMissed::How::kStillRunning:
      return "still_running";
    case DeadlineMissed::How::kFinishedLate:
      return "finished_late";
    case DeadlineMissed::How::kReceivedLate:
      return "received_late";
  }
  return "invalid";
}

// A task's result if it stood by its deadline, and otherwise why not.
//
//   const auto decision = decide_by(scheduler, RelativeDeadline{5_us}, [&] { return quote(book);
//   }); if (decision) send(*decision); else if (decision.missed())
//   stand_aside(decision.missed()->how); else complain(decision.status().error());
//
// In time means in the caller's hands: the callable had returned by the deadline, and so says the
// clock once more just before the result is given out. One that came later is never given out,
// however soon after.
//
// decide_by() returns at the deadline at the latest, as far as the machine lets its thread run,
// also while the task still runs: the caller acts without it at once. The Decision then still lends
// its frame to the task, and its destructor waits for the task's end (future.h says why). So what
// the callable refers to is declared before the Decision.
template <class T>
class [[nodiscard]] Decision {
 public:
  // As decide_by().
  template <class F>
  Decision(NanosecondScheduler& scheduler, AbsoluteDeadline deadline, F&& callable,
           const JobOptions& options)
      : future_(schedule_for_result(scheduler, std::forward<F>(callable), deadline, options)),
        missed_(await(scheduler, deadline)) {}

  // Whether there is a result, in time.
  [[nodiscard]] bool in_time() const noexcept { return result_ != nullptr; }
  [[nodiscard]] explicit operator bool() const noexcept { return in_time(); }
  // It. Aborts when there is none.
  [[nodiscard]] const T& operator*() const noexcept { return *pointer(); }
  [[nodiscard]] const T* operator->() const noexcept { return pointer(); }

  // How it was missed; nothing if it was in time, or could not be tried at all.
  [[nodiscard]] const std::optional<DeadlineMissed>& missed() const noexcept { return missed_; }

  // An error if nothing can be decided so: the task could not be scheduled, threw before its
  // deadline, or was abandoned (Future::get says which). A miss is no error.
  [[nodiscard]] Status status() const {
    if (in_time() || missed_) return ok();
    return fail(future_.why_none());
  }

 private:
  // Longer than a wake-up takes even from deep idle, so that the last moments are not slept
  // through.
  static constexpr Duration kSpin = Duration::microseconds(100);

  [[nodiscard]] const T* pointer() const noexcept {
    check(result_ != nullptr, "a decision's value is asked for only if it was in time");
    return result_;
  }

  [[nodiscard]] std::optional<DeadlineMissed> await(NanosecondScheduler& scheduler,
                                                    AbsoluteDeadline deadline) {
    using How = DeadlineMissed::How;
    const TimePoint last_moments = std::max(deadline.value, TimePoint{} + kSpin) - kSpin;
    if (!future_.wait_until(last_moments) && !future_.wait_until(deadline.value, kSpin)) {
      const TimePoint now = scheduler.clock().now();
      const Result<Cancelled> cancelled = future_.cancel();
      const bool withdrawn = cancelled && *cancelled == Cancelled::kBeforeStart;
      if (withdrawn) return DeadlineMissed{How::kNotStarted, lateness(now, deadline)};
      if (!future_.ended()) return DeadlineMissed{How::kStillRunning, lateness(now, deadline)};
    }
    T* const result = future_.result();
    if (result == nullptr) return std::nullopt;
    const Duration late = lateness(future_.completion(), deadline);
    if (late > Duration::zero()) return DeadlineMissed{How::kFinishedLate, late};
    const Duration now = lateness(scheduler.clock().now(), deadline);
    if (now > Duration::zero()) return DeadlineMissed{How::kReceivedLate, now};
    result_ = result;
    return std::nullopt;
  }

  const T* result_ = nullptr;
  Future<T> future_;
  const std::optional<DeadlineMissed> missed_;
};

// What to do if there is no decision in time, known beforehand: otherwise(Quote::none()).
template <class T>
struct Otherwise {
  T value;
};
template <class T>
[[nodiscard]] Otherwise<std::decay_t<T>> otherwise(T&& value) {
  return {std::forward<T>(value)};
}

// A decision that always says something.
//
//   const auto order =
//       decide_by(scheduler, RelativeDeadline{5_us}, [&] { return quote(book); },
//       otherwise(kHold));
//   send(order.value());
template <class T>
class [[nodiscard]] DecisionOrDefault {
 public:
  // As decide_by().
  template <class F>
  DecisionOrDefault(NanosecondScheduler& scheduler, AbsoluteDeadline deadline, F&& callable,
                    Otherwise<T> fallback, const JobOptions& options)
      : fallback_(std::move(fallback.value)),
        decision_(scheduler, deadline, std::forward<F>(callable), options) {}

  // The result if it was in time, else what was said beforehand.
  [[nodiscard]] const T& value() const noexcept { return decision_ ? *decision_ : fallback_; }
  [[nodiscard]] bool is_default() const noexcept { return !decision_.in_time(); }
  // Why it is the default.
  [[nodiscard]] const Decision<T>& decision() const noexcept { return decision_; }

 private:
  T fallback_;
  Decision<T> decision_;
};

// The instant of a deadline that counts from now.
[[nodiscard]] inline AbsoluteDeadline instant_of(const NanosecondScheduler& scheduler,
                                                 RelativeDeadline deadline) noexcept {
  return {saturating_after(scheduler.clock().now(), deadline.value)};
}

// Runs the callable as a task of the scheduler and waits for its result until the deadline. The
// callable is one that TaskBody takes; it captures up to 48 bytes and returns an object. A relative
// deadline counts from the call.
//
// Ordinary or real-time threads, but not tasks of the same scheduler. Neither allocates nor locks;
// spins at first (BorrowCount::kSpin) and for the last 100 us, and sleeps in between.
template <class F>
[[nodiscard]] Decision<TaskResult<std::decay_t<F>>> decide_by(
    NanosecondScheduler& scheduler, AbsoluteDeadline deadline, F&& callable,
    const JobOptions& options = {.priority = Priority::kCritical}) {
  return {scheduler, deadline, std::forward<F>(callable), options};
}
template <class F>
[[nodiscard]] Decision<TaskResult<std::decay_t<F>>> decide_by(
    NanosecondScheduler& scheduler, RelativeDeadline deadline, F&& callable,
    const JobOptions& options = {.priority = Priority::kCritical}) {
  return {scheduler, instant_of(scheduler, deadline), std::forward<F>(callable), options};
}

// The same with a default for when there is none in time.
template <class F, class T>
[[nodiscard]] DecisionOrDefault<TaskResult<std::decay_t<F>>> decide_by(
    NanosecondScheduler& scheduler, AbsoluteDeadline deadline, F&& callable, Otherwise<T> fallback,
    const JobOptions& options = {.priority = Priority::kCritical}) {
  using R = TaskResult<std::decay_t<F>>;
  return {scheduler, deadline, std::forward<F>(callable), Otherwise<R>{std::move(fallback.value)},
          options};
}
template <class F, class T>
[[nodiscard]] DecisionOrDefault<TaskResult<std::decay_t<F>>> decide_by(
    NanosecondScheduler& scheduler, RelativeDeadline deadline, F&& callable, Otherwise<T> fallback,
    const JobOptions& options = {.priority = Priority::kCritical}) {
  return decide_by(scheduler, instant_of(scheduler, deadline), std::forward<F>(callable),
                   std::move(fallback), options);
}

}  // namespace aegis::executor
