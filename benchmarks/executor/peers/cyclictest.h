// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "aegis/base/result.h"

#include "../samples.h"

namespace aegis::benchmarks {

// cyclictest of rt-tests: how late clock_nanosleep wakes a SCHED_FIFO thread, the real-time
// community's own yardstick for a kernel and a machine.
struct CyclictestRun {
  int cpu = 0;
  int fifo_priority = 0;
  std::size_t loops = 0;
  // It holds /dev/cpu_dma_latency at 0 itself, unless told to leave the machine as it is.
  bool shallow_idle = true;
};

// A child process, a millisecond a loop. kNotFound: not installed. kBackend: it said nothing
// that could be read.
[[nodiscard]] Result<Summary> cyclictest(const CyclictestRun& run);

}  // namespace aegis::benchmarks
