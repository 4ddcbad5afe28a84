// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace aegis::soak {

struct Memory {
  std::size_t resident = 0;
  std::size_t in_use = 0;  // of the heap, and mapped for large blocks
};

// Of this process, after malloc has given back what it can. Unlocks the process' memory for that,
// and locks it again where that is granted.
[[nodiscard]] Memory memory_of_process();

// A virtual machine whose hypervisor reports no stolen time: a stall within a segment then counts
// as the segment's own processor time (31 ms seen for one of 2 ms), and is told as an overrun.
[[nodiscard]] bool steals_silently();

// Of those this process may use: interrupts prefer the first.
[[nodiscard]] int last_cpu();

}  // namespace aegis::soak
