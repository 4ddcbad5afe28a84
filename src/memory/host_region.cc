// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/host_region.h"

#include <cerrno>

#include <sys/mman.h>

#include "pages.h"

namespace aegis::memory {

Result<HostRegion> HostRegion::create(std::size_t bytes) {
  HostRegion region;
  if (bytes == 0) return region;
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return fail(Error::system("cannot get memory", "", errno));
  region.bytes_ = {static_cast<std::byte*>(pages), bytes};
  const Result<bool> locked = keep_in_memory(region.bytes_);
  if (!locked) return fail(locked.error());
  region.page_locked_ = *locked;
  return region;
}

HostRegion::~HostRegion() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace aegis::memory
