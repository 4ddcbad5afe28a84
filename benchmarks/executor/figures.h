// SPDX-License-Identifier: Apache-2.0
//
// The groups of figures, a source file each. Every call measures one repetition of all its rows.
#pragma once

#include "machine.h"
#include "report.h"

namespace aegis::benchmarks {

struct Plan {
  Machine machine;
  bool quick = false;  // every row, but only a few samples: shows that the program works

  // So many samples, or a few.
  [[nodiscard]] std::size_t samples(std::size_t full) const noexcept {
    return quick ? full / 100 : full;
  }
};

// submit.cc: what submit() costs its caller, and the time to the task's first instruction, both
// with a worker that spins.
void measure_submit(const Plan& plan, Report& report);
// rounds.cc: schedule a task and wait for its end, with and without the windows in which a
// processor was lost.
void measure_rounds(const Plan& plan, Report& report);
// wake.cc: the same to a worker that sleeps, with deep idle states and without.
void measure_wake(const Plan& plan, Report& report);
// release.cc: how late a periodic task starts, and what processor time that takes.
void measure_release(const Plan& plan, Report& report);
// switch.cc: from the end of a task to the next one on one processor, tasks and threads.
void measure_switch(const Plan& plan, Report& report);
// throughput.cc: empty tasks through one worker.
void measure_throughput(const Plan& plan, Report& report);
// misses.cc: deadline misses of an admitted set of periodic tasks, for 20 s.
void measure_misses(const Plan& plan, Report& report);
// allocations.cc: calls to the heap on the way of a task.
void measure_allocations(const Plan& plan, Report& report);

}  // namespace aegis::benchmarks
