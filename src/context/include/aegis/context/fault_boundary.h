// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "aegis/base/result.h"

namespace aegis::context {

// Keeps an error where it happened. Every context has one; nothing that passes through it reaches
// another context.
//
//   category     the job   the context                 the other contexts
//   transient    fails     goes on                     go on
//   permanent    fails     closed, first error kept    go on
//   fatal        fails     closed, first error kept    go on
//
// A closed context never opens again: to retry, load the model anew. kCancelled is transient: a
// lane that shuts down cancels healthy models. Who cancels because a model hangs calls close():
// ContextDriver::hung.
//
// Invariants:
// 1. closed() never turns false again: no transition leads back to kOpen.
// 2. first_error() once there never changes: only the thread that won the exchange from kOpen
//    writes it, and the store that follows publishes it.
//
// Any thread. Real-time: wait-free, does not allocate.
class FaultBoundary {
 public:
  // Refused with kFailedPrecondition, and the first error's text, once the context is closed.
  [[nodiscard]] Status admit() const noexcept;

  // Takes note of an error on its way out.
  void note(const Error& error) noexcept;

  // Closes the context for a reason found outside it, whatever the error's category.
  void close(const Error& reason) noexcept;

  [[nodiscard]] bool closed() const noexcept {
    return state_.load(std::memory_order_acquire) != State::kOpen;
  }
  // What closed the context. For a moment after closed() turns true there may be nothing yet.
  [[nodiscard]] std::optional<Error> first_error() const noexcept;
  [[nodiscard]] std::uint64_t transient_errors() const noexcept {
    return transient_errors_.load(std::memory_order_relaxed);
  }

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kClosed };
  std::atomic<State> state_{State::kOpen};
  std::atomic<std::uint64_t> transient_errors_{0};
  Error first_error_;  // valid in kClosed
};

}  // namespace aegis::context
