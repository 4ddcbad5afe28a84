// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/fault_boundary.h"

namespace aegis::context {

Status FaultBoundary::admit() const noexcept {
  if (!closed()) return ok();
  const std::optional<Error> first = first_error();
  return fail(Error::permanent(ErrorCode::kFailedPrecondition, "context is closed after an error")
                  .with_detail(first.has_value() ? first->text : ""));
}

void FaultBoundary::note(const Error& error) noexcept {
  if (error.category == ErrorCategory::kTransient) {
    transient_errors_.fetch_add(1, std::memory_order_relaxed);
  } else {
    close(error);
  }
}

void FaultBoundary::close(const Error& reason) noexcept {
  State expected = State::kOpen;
  if (!state_.compare_exchange_strong(expected, State::kClosing, std::memory_order_acq_rel)) return;
  first_error_ = reason;
  state_.store(State::kClosed, std::memory_order_release);
}

std::optional<Error> FaultBoundary::first_error() const noexcept {
  if (state_.load(std::memory_order_acquire) != State::kClosed) return std::nullopt;
  return first_error_;
}

}  // namespace aegis::context
