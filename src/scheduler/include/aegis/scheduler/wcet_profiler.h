// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/lane_driver.h"
#include "aegis/scheduler/profile.h"

namespace aegis::scheduler {

struct ProfilerOptions {
  std::optional<int> cpu;                 // pin to, as the lane will be
  std::optional<int> fifo_priority = 80;  // as the lane will run; nothing: the normal class
  std::uint32_t warm_up = 10;             // jobs of each model before the first sample
  std::uint32_t jobs = 300;               // samples of each model
  // Between two jobs the thread sleeps this long: the kernel keeps its share, and caches cool as
  // they do at run time.
  Duration idle_gap = Duration::microseconds(200);
  // A sample during which the processor was away from the thread for longer than this is excluded
  // and counted: that is lost supply, which the analysis charges elsewhere, not execution time.
  Duration lost_threshold = Duration::microseconds(50);
  // A static network on one thread executes the same instructions every time, so a sample of more
  // than this many medians was not execution but a machine that stood still without telling. Such
  // samples are excluded and counted too, unless they are more than one in two hundred: then the
  // variation is the model's own and all are kept.
  double implausible_medians = 3;
  double margin = 1.2;
  std::uint64_t seed = 1;  // of the order in which models alternate
};

// Wall time and the profiling thread's own processor time; a test passes clocks that it moves
// itself.
struct ProfilerClocks {
  const Clock& wall;
  const Clock& cpu;
};

struct ProfiledTask {
  TaskId task;
  std::uint32_t segments = 1;
};

struct MeasuredTask {
  TaskId task;
  std::vector<SegmentProfile> segments;
};

struct Measurement {
  bool real_time = false;  // the thread got the real-time class it asked for
  std::string note;        // what was refused and why; empty: nothing
  std::vector<MeasuredTask> tasks;
};

// Measures execution times the way they will be spent: through the lane's driver, on a thread set
// up like the lane's, all models alternating in a seeded random order, so that each finds the
// caches as its neighbours leave them.
//
// The estimate is max × margin over the samples kept. It is a measurement: honest about how many
// samples it stands on, not a static bound. Where supply is lost (a stolen virtual CPU, a
// higher-priority thread) is told by wall time minus thread CPU time; such samples are excluded and
// counted.
//
// Blocks until done. Fails with the first job that fails.
[[nodiscard]] Result<Measurement> measure_wcets(executor::LaneDriver& driver,
                                                const std::vector<ProfiledTask>& tasks,
                                                const ProfilerClocks& clocks,
                                                const ProfilerOptions& options);

}  // namespace aegis::scheduler
