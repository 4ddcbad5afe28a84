// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/tensor_memory.h"

#include <utility>

namespace aegis::context {

Result<TensorMemory> TensorMemory::create(std::span<const std::size_t> sizes_bytes) {
  std::size_t total = 0;
  for (const std::size_t size : sizes_bytes) total += memory::aligned(size);
  Result<memory::HostRegion> region = memory::HostRegion::create(total);
  if (!region) return fail(region.error());
  TensorMemory tensors;
  tensors.region_ = std::move(*region);
  std::size_t at = 0;
  for (const std::size_t size : sizes_bytes) {
    tensors.tensors_.push_back(tensors.region_.bytes().subspan(at, size));
    at += memory::aligned(size);
  }
  return tensors;
}

}  // namespace aegis::context
