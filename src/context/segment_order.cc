// SPDX-License-Identifier: Apache-2.0
#include "segment_order.h"

#include "aegis/base/check.h"

namespace aegis::context {

namespace {
constexpr auto kCode = ErrorCode::kFailedPrecondition;
}

Status SegmentOrder::begin(std::uint32_t segment) noexcept {
  if (closed_) return fail(Error::permanent(kCode, "model is closed after a fatal error"));
  if (running_) return fail(Error::permanent(kCode, "a segment of this model is running"));
  if (segment != segment_ && segment != 0) {
    return fail(Error::permanent(kCode, "segment is started out of order"));
  }
  segment_ = segment;
  running_ = true;
  return ok();
}

void SegmentOrder::done() noexcept {
  check(running_, "only a running segment ends");
  segment_ = is_last() ? 0 : segment_ + 1;
  running_ = false;
}

void SegmentOrder::failed(ErrorCategory category) noexcept {
  check(running_, "only a running segment fails");
  segment_ = 0;
  running_ = false;
  closed_ = category == ErrorCategory::kFatal;
}

}  // namespace aegis::context
