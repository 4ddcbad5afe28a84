// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "aegis/base/clock.h"
#include "aegis/base/time.h"

namespace aegis::executor {

// What a task may know of the job it is running. Valid during the call only.
struct TaskContext {
  const Clock& clock;         // the scheduler's
  TimePoint arrival;          // when it was submitted, or its planned release
  TimePoint start;            // when this call began
  AbsoluteDeadline deadline;  // TimePoint::max(): none
  std::uint64_t activation;   // of a periodic task: 0, 1, 2, ... those skipped are counted
};

// What a task does: a callable kept in place, so that submitting one allocates nothing.
//
//   scheduler->schedule([&filter, sample] { filter.update(sample); });
//   scheduler->schedule([&](const TaskContext& job) { log(job.clock.now() - job.arrival); });
//
// Captures up to kCapacity bytes; more does not compile: capture a pointer. Move-only. An exception
// that leaves the callable ends its job as failed, see TaskEnd. Periodic tasks call it many times.
//
// Real-time: construction, move and call neither allocate nor lock in our own code.
class TaskBody {
 public:
  // One cache line with the pointer that tells what is inside.
  static constexpr std::size_t kCapacity = 56;

  TaskBody() noexcept = default;

  // Implicit by intent, so that a lambda can stand where a task is asked for.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, TaskBody> &&
             (std::invocable<std::decay_t<F>&> ||
              std::invocable<std::decay_t<F>&, const TaskContext&>))
  TaskBody(F&& callable) noexcept(  // NOLINT(google-explicit-constructor)
      std::is_nothrow_constructible_v<std::decay_t<F>, F&&>)
      : operations_(&kOperations<std::decay_t<F>>) {
    using Callable = std::decay_t<F>;
    static_assert(sizeof(Callable) <= kCapacity, "a task captures at most 56 bytes");
    static_assert(alignof(Callable) <= alignof(std::max_align_t), "a task is not over-aligned");
    static_assert(std::is_nothrow_move_constructible_v<Callable>, "a task moves without exception");
    ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(callable));
  }

  TaskBody(TaskBody&& other) noexcept { take(other); }
  TaskBody& operator=(TaskBody&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~TaskBody() { reset(); }

  [[nodiscard]] explicit operator bool() const noexcept { return operations_ != nullptr; }

  // Calls it. Precondition: there is one. Throws what it throws.
  void operator()(const TaskContext& context) { operations_->call(storage_, context); }

  // Destroys it; idempotent.
  void reset() noexcept {
    if (operations_ != nullptr && operations_->destroy != nullptr) operations_->destroy(storage_);
    operations_ = nullptr;
  }

 private:
  // Null members: a copy of the bytes moves it, nothing destroys it.
  struct Operations {
    void (*call)(void* callable, const TaskContext& context);
    void (*relocate)(void* from, void* to) noexcept;
    void (*destroy)(void* callable) noexcept;
  };

  template <class F>
  static void call(void* callable, const TaskContext& context) {
    if constexpr (std::invocable<F&, const TaskContext&>) {
      (*static_cast<F*>(callable))(context);
    } else {
      (*static_cast<F*>(callable))();
    }
  }
  template <class F>
  static void relocate(void* from, void* to) noexcept {
    ::new (to) F(std::move(*static_cast<F*>(from)));
    static_cast<F*>(from)->~F();
  }
  template <class F>
  static void destroy(void* callable) noexcept {
    static_cast<F*>(callable)->~F();
  }
  template <class F>
  static constexpr Operations kOperations{
      &call<F>, std::is_trivially_copyable_v<F> ? nullptr : &relocate<F>,
      std::is_trivially_destructible_v<F> ? nullptr : &destroy<F>};

  void take(TaskBody& other) noexcept {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ == nullptr) return;
    if (operations_->relocate != nullptr) {
      operations_->relocate(other.storage_, storage_);
    } else {
      std::memcpy(storage_, other.storage_, kCapacity);
    }
  }

  alignas(std::max_align_t) std::byte storage_[kCapacity];
  const Operations* operations_ = nullptr;
};

static_assert(sizeof(TaskBody) == 64, "a task and what is known of its type are one cache line");

}  // namespace aegis::executor
