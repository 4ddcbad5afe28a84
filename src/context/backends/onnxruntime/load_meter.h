// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace aegis::context {

// What the process has grown by since construction, measured on the process: the heap's own account
// (mallinfo2) and its anonymous pages (RssAnon and VmSwap of /proc/self/status). Neither sees
// everything: the first misses what is mapped past malloc, the second what was free on the heap
// before; so the larger counts. Only as good as the rest of the process is quiet meanwhile; under
// sanitizers, which replace malloc, pages alone count, and shadow memory with them: there it says
// 0.
class LoadMeter {
 public:
  LoadMeter();
  // `known`: what came from regions of our own meanwhile, and is counted elsewhere.
  [[nodiscard]] std::size_t growth_bytes(std::size_t known) const;

 private:
  std::size_t heap_before_;
  std::size_t pages_before_;
};

}  // namespace aegis::context
