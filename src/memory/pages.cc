// SPDX-License-Identifier: Apache-2.0
#include "pages.h"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>

namespace aegis::memory {

Result<bool> keep_in_memory(std::span<std::byte> pages) {
  const bool locked = ::mlock(pages.data(), pages.size()) == 0;  // touches them, too
  if (::madvise(pages.data(), pages.size(), MADV_POPULATE_WRITE) == 0) return locked;
  if (errno != EINVAL) return fail(Error::system("cannot get memory", "", errno));
  std::memset(pages.data(), 0, pages.size());  // an older kernel
  return locked;
}

}  // namespace aegis::memory
