// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace aegis::memory {

// Where one model's memory goes, in bytes.
struct MemoryAccount {
  std::size_t weights = 0;      // what the runtime keeps as long as the model is loaded
  std::size_t activations = 0;  // what a run needs of the lane's arena, working space included
  std::size_t scratch = 0;      // of the activations: the largest working space of one kernel
  std::size_t io = 0;           // inputs, outputs, and tensors between two segments
  std::size_t runtime = 0;      // the runtime's own books: graph, kernels, packed copies

  // What the model occupies when it is alone on its lane. Models of one lane share activations.
  [[nodiscard]] std::size_t total() const noexcept { return held() + activations; }
  // What it occupies whatever else is on its lane.
  [[nodiscard]] std::size_t held() const noexcept { return weights + io + runtime; }
  bool operator==(const MemoryAccount&) const = default;
};

}  // namespace aegis::memory
