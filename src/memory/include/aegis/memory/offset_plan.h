// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/memory/lifetime.h"

namespace aegis::memory {

// Where each buffer of a run lies, as offsets from an arena's begin.
//
//   memory ^            a, b and c are alive over time; c begins where a has ended, so it takes
//          | ┌──b──┐    a's place, and the arena is as high as the two that are alive together.
//          | └─────┘
//          | ┌a┐┌──c──┐
//          | └─┘└─────┘
//          +-------------> time
struct OffsetPlan {
  std::vector<std::size_t> offsets;  // by buffer; multiples of kAlignment
  std::size_t height = 0;            // bytes of arena
};

// First fit, each buffer at the lowest offset where it overlaps no placed one that is alive with
// it. The order in which buffers are placed decides the height: the largest first, the largest area
// (size times lifetime) first, and the earliest first are tried, and the lowest plan is kept; among
// equals, the one tried first. Deterministic.
//
// Finding the lowest plan is NP-hard (dynamic storage allocation: Garey and Johnson, *Computers and
// Intractability*, 1979, problem SR2); on networks, whose few large tensors hardly overlap, this is
// at or near peak_bytes(), the lower bound. O(n^2 log n) in the number n of buffers, a few hundred.
[[nodiscard]] OffsetPlan plan_first_fit(const std::vector<Buffer>& buffers);

// Who solves does not judge: shares nothing with the planner, compares every pair. kInternal,
// naming the buffers, unless every offset is aligned, every buffer lies below `height`, and no two
// that are alive together share a byte.
[[nodiscard]] Status check_plan(const std::vector<Buffer>& buffers, const OffsetPlan& plan);

}  // namespace aegis::memory
