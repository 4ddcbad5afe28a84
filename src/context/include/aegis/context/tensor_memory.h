// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/memory/host_region.h"

namespace aegis::context {

// One region of locked, pre-faulted memory cut into tensors, each at a multiple of
// kTensorAlignment.
//
//   auto memory = TensorMemory::create(sizes);
//   memory->tensor(0)                            // zeros
//
// Slow path; the spans stay where they are when the owner is moved.
class TensorMemory {
 public:
  // kResourceExhausted with errno when the system gives no such region.
  [[nodiscard]] static Result<TensorMemory> create(std::span<const std::size_t> sizes_bytes);

  [[nodiscard]] std::size_t count() const noexcept { return tensors_.size(); }
  // By index, in the order of create(). Beyond the last it throws: a bug of the caller.
  [[nodiscard]] std::span<std::byte> tensor(std::size_t index) const { return tensors_.at(index); }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return region_.bytes().size(); }
  // See memory::HostRegion.
  [[nodiscard]] bool page_locked() const noexcept { return region_.page_locked(); }

 private:
  TensorMemory() = default;
  memory::HostRegion region_;
  std::vector<std::span<std::byte>> tensors_;
};

}  // namespace aegis::context
