// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"

namespace aegis::context {

// One region of memory cut into tensors, each at a multiple of kTensorAlignment. Every page is
// written before create() returns, so that no job pays for a first touch (1.7 to 9 microseconds a
// page), and locked where the system allows it, so that no page is ever taken away again.
//
//   auto memory = TensorMemory::create(sizes);
//   memory->tensor(0)                            // zeros
//
// Slow path; the spans stay where they are when the owner is moved.
class TensorMemory {
 public:
  // kResourceExhausted with errno when the system gives no such region.
  [[nodiscard]] static Result<TensorMemory> create(std::span<const std::size_t> sizes_bytes);
  ~TensorMemory();
  TensorMemory(TensorMemory&& other) noexcept;
  TensorMemory& operator=(TensorMemory&& other) noexcept;

  [[nodiscard]] std::size_t count() const noexcept { return tensors_.size(); }
  [[nodiscard]] std::span<std::byte> tensor(std::size_t index) const { return tensors_.at(index); }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return region_.size(); }
  // False where the limit on locked memory (RLIMIT_MEMLOCK) is in the way: pages may then fault
  // under memory pressure.
  [[nodiscard]] bool page_locked() const noexcept { return page_locked_; }

 private:
  TensorMemory() = default;
  std::span<std::byte> region_;
  std::vector<std::span<std::byte>> tensors_;
  bool page_locked_ = false;
};

}  // namespace aegis::context
