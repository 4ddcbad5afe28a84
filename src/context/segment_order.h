// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "aegis/base/result.h"

namespace aegis::context {

// Lines 1, 2, 4 and 5 of LoadedModel's contract as a small state machine that every backend of ours
// goes through:
//
//   ready(k) --begin(k)--> running(k) --done-------------> ready(k+1, or 0 after the last)
//       '----begin(0)----> running(0)    |-failed----------> ready(0)
//                                        '-failed, fatal---> closed
//
// One thread. Real-time: does not allocate or lock.
class SegmentOrder {
 public:
  explicit SegmentOrder(std::uint32_t count) noexcept : count_(count) {}

  // Refuses with kFailedPrecondition, and then changes nothing.
  [[nodiscard]] Status begin(std::uint32_t segment) noexcept;
  void done() noexcept;
  void failed(ErrorCategory category) noexcept;

  [[nodiscard]] bool running() const noexcept { return running_; }
  [[nodiscard]] std::uint32_t segment() const noexcept { return segment_; }  // the one running
  [[nodiscard]] bool is_last() const noexcept { return segment_ + 1 == count_; }

 private:
  std::uint32_t count_;
  std::uint32_t segment_ = 0;  // running, or else next
  bool running_ = false;
  bool closed_ = false;
};

}  // namespace aegis::context
