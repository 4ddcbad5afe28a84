// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <span>

#include "aegis/base/result.h"
#include "aegis/memory/host_region.h"

namespace aegis::memory {

// Where a pool's chunks come from: the host, or a device whose memory no code here may touch.
// Taking and giving back may stop the whole device for a while (cudaMalloc and cudaFree do), so
// nothing calls them while lanes run but a model's arrival and departure.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  // At least `bytes`, starting at a multiple of kAlignment. kResourceExhausted: there is no more.
  [[nodiscard]] virtual Result<std::span<std::byte>> take(std::size_t bytes) = 0;
  // What take() gave, whole.
  virtual void give_back(std::span<std::byte> chunk) noexcept = 0;
};

// Locked, pre-faulted pages of this process. One thread at a time.
class HostMemory final : public MemorySource {
 public:
  [[nodiscard]] Result<std::span<std::byte>> take(std::size_t bytes) override;
  void give_back(std::span<std::byte> chunk) noexcept override;

 private:
  std::list<HostRegion> regions_;
};

}  // namespace aegis::memory
