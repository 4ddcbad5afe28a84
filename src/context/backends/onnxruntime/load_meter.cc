// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/load_meter.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include <malloc.h>

namespace aegis::context {

namespace {

#ifdef AEGIS_SANITIZED
constexpr bool kMeterWorks = false;
#else
constexpr bool kMeterWorks = true;
#endif

// Small blocks in use and large ones mapped, over all of the allocator's arenas.
std::size_t heap_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::size_t anonymous_pages() {
  std::ifstream status("/proc/self/status");
  std::size_t kibibytes = 0;
  for (std::string key; status >> key;) {
    std::size_t value = 0;
    if ((key == "RssAnon:" || key == "VmSwap:") && status >> value) kibibytes += value;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return kibibytes * 1024;
}

// Pages of freed blocks do not count. Asking for them back (malloc_trim) would be more exact, but
// it locks the heap of every thread, the lanes' too, for as long as the kernel takes.
std::size_t pages_in_use() {
  const std::size_t free = ::mallinfo2().fordblks;
  const std::size_t pages = anonymous_pages();
  return pages > free ? pages - free : 0;
}

std::size_t growth(std::size_t before, std::size_t now) {
  return now > before ? now - before : 0;
}

}  // namespace

LoadMeter::LoadMeter() : heap_before_(heap_in_use()), pages_before_(pages_in_use()) {}

std::size_t LoadMeter::growth_bytes(std::size_t known) const {
  if (!kMeterWorks) return 0;
  const std::size_t pages = growth(pages_before_, pages_in_use());
  return std::max(growth(heap_before_, heap_in_use()), growth(known, pages));
}

}  // namespace aegis::context
