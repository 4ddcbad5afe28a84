// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aegis/base/time.h"

namespace aegis::executor {

// For stress tests: several threads do everything a scheduler offers, all at once, and in the midst
// of it the scheduler shuts down. What is done is drawn from the seed; in which order it meets is
// up to the machine.
//
// Properties, checked when all is over:
//   1. A body is called at most once (a periodic one: so often as its outcome says), and exactly
//      once if its outcome is that it completed or threw; not at all if it was refused.
//   2. Every body is destroyed exactly once, refused ones too, before anybody sees its task ended.
//   3. A task that was accepted ends: no wait without limit lasts, none is pending after shutdown.
//   4. Refusals have the codes that the headers name.
struct RandomProgram {
  std::uint64_t seed = 1;
  Duration length = Duration::milliseconds(300);  // until it shuts down
  bool real_time = false;                         // SCHED_FIFO workers
};

struct ProgramReport {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t completed = 0;  // of those whose outcome was seen
  std::uint64_t cancelled = 0;
  std::uint64_t taken_over = 0;  // between workers of a group
  std::vector<std::string> broken;
};

// Ordinary thread; starts and ends a scheduler and threads of its own.
[[nodiscard]] ProgramReport run_random_program(const RandomProgram& program);

}  // namespace aegis::executor
