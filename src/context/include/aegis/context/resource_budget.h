// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "aegis/base/error.h"
#include "aegis/base/time.h"

namespace aegis::context {

// What one model may use, hard. Fixed when its context is made; to change it, load the model anew.
struct ResourceBudget {
  // Weights, activations, inputs and outputs together; 0: unlimited (the report says so).
  std::size_t memory_bytes = 0;
  // Queues of work on the device; CPU models use exactly one.
  std::uint32_t streams = 1;
  // All segments of one job together, enforced: see scheduler::segment_limits. Nothing: the lane's
  // hang limit only.
  std::optional<Duration> compute_per_period;
};

// The one refusal of a model that does not fit its memory budget: kResourceExhausted, permanent,
// with model and both figures.
[[nodiscard]] Error over_budget(std::string_view model, std::size_t needed_bytes,
                                std::size_t allowed_bytes);

}  // namespace aegis::context
