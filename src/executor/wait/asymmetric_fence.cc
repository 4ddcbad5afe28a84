// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/asymmetric_fence.h"

#include "platform/process_barrier.h"

namespace aegis::executor {
namespace {

// Registration belongs to the process, and so does the answer: all pairs of sides agree.
AsymmetricFence::Kind kind_of_this_process() noexcept {
  static const bool registered =
      platform::register_process_barrier() && platform::process_barrier();
  return AsymmetricFence::Kind{registered};
}

}  // namespace

AsymmetricFence::AsymmetricFence() noexcept : kind_(kind_of_this_process()) {}

bool AsymmetricFence::heavy_by_kernel() noexcept {
  // A full fence for this thread itself; the kernel promises one, the compiler must know.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const bool passed = platform::process_barrier();
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return passed;
}

}  // namespace aegis::executor
