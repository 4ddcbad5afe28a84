// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <malloc.h>

namespace aegis::context {

// What the process's heap has grown by since construction: small blocks in use and large ones
// mapped, over all of the allocator's arenas. ORT's C API of 1.21 reports no allocator statistics,
// but all its memory comes from malloc. Only as good as the rest of the process is quiet meanwhile;
// under sanitizers, which replace malloc, it says 0.
class HeapMeter {
 public:
  [[nodiscard]] std::size_t growth_bytes() const {
    const std::size_t now = in_use();
    return now > before_ ? now - before_ : 0;
  }

 private:
  static std::size_t in_use() {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  std::size_t before_ = in_use();
};

}  // namespace aegis::context
