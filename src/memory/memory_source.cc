// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/memory_source.h"

#include <algorithm>
#include <utility>

namespace aegis::memory {

Result<std::span<std::byte>> HostMemory::take(std::size_t bytes) {
  Result<HostRegion> region = HostRegion::create(bytes);
  if (!region) return fail(region.error());
  regions_.push_back(std::move(*region));
  return regions_.back().bytes();
}

void HostMemory::give_back(std::span<std::byte> chunk) noexcept {
  std::erase_if(regions_, [chunk](const HostRegion& region) {
    return region.bytes().data() == chunk.data();
  });
}

}  // namespace aegis::memory
