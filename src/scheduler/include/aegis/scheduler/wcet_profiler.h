// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/lane_driver.h"
#include "aegis/scheduler/profile.h"
#include "aegis/scheduler/surroundings.h"

namespace aegis::scheduler {

// Where a measurement stands, for whoever waits for it.
struct ProfilerProgress {
  std::string_view lane;                   // ProfilerOptions::lane
  std::uint32_t round = 0;                 // from 1
  Condition condition = Condition::kWarm;  // that is measured next
};

// How to measure: on which thread, how often, how long, and what to leave out.
struct ProfilerOptions {
  std::optional<int> cpu;                 // pin to, as the lane will be
  std::optional<int> fifo_priority = 80;  // as the lane will run; nothing: the normal class
  std::uint32_t warm_up = 10;             // jobs of each model before the first sample
  // Samples of each model among the others; each other condition takes jobs_under() of them.
  std::uint32_t jobs = 300;
  // Further rounds follow until this much time has passed: what a machine does now and then (a
  // neighbour on the same host, a housekeeping thread) is seen by looking for long, not often.
  Duration least_time = Duration::zero();
  // Between two jobs the thread sleeps this long: the kernel keeps its share.
  Duration idle_gap = Duration::microseconds(200);
  // Under kAfterIdle it sleeps up to this long, at random: beyond the few milliseconds after which
  // Linux has put a CPU into its deepest idle state and dropped its clock.
  Duration longest_idle = Duration::milliseconds(8);
  // A sample during which the processor was away from the thread for longer than this is excluded
  // and counted: that is lost supply, which the analysis charges elsewhere, not execution time.
  Duration lost_threshold = Duration::microseconds(50);
  // A static network on one thread executes the same instructions every time, so a sample of more
  // than this many medians of its condition was not execution but a machine that stood still
  // without telling. Such samples are excluded and counted too, where they are at most one in two
  // hundred of their condition, or one of a hundred; more are the model's own and all are kept, and
  // so is any of fewer than a hundred. A machine shared with others stands still every few seconds:
  // charged to every segment that it meets, that would be most of the capacity. The report says how
  // long the longest one took, for whoever wants it in a WCET of his own.
  double implausible_medians = 3;
  double margin = 1.2;
  CoRunners co_runners = CoRunners::kAny;  // which conditions the WCET stands on
  std::uint64_t seed = 1;                  // of the order in which models alternate, and of gaps
  // Of each segment, all conditions together: no further round begins for `least_time` where it
  // could take more. The jobs asked for are measured all the same.
  std::uint64_t most_samples = std::numeric_limits<std::uint64_t>::max();
  std::string lane;  // whose models these are, for on_progress
  // Called on the profiling thread before each condition of each round, while no co-runner is at
  // work and no sample is taken; may be empty.
  std::function<void(const ProfilerProgress&)> on_progress;
  // Looked at before each job; set: the measurement ends with kCancelled. May be null.
  const std::atomic<bool>* stop = nullptr;
};

// A third of the jobs for every condition but kAmongModels, at least 20: each provokes one effect
// on purpose, so that fewer samples show it, and seven conditions take no longer than three.
[[nodiscard]] std::uint32_t jobs_under(Condition condition, std::uint32_t jobs) noexcept;

// Wall time, the profiling thread's own processor time, and what is done to the machine meanwhile;
// a test passes clocks and surroundings of its own.
struct ProfilerMachine {
  const Clock& wall;
  const Clock& cpu;
  Surroundings& surroundings;
};

// What was measured of one task, segment by segment.
struct MeasuredTask {
  TaskId task;
  std::vector<SegmentProfile> segments;
};

// What was measured of all tasks, and what of the request the machine refused.
struct Measurement {
  bool real_time = false;  // the thread got the real-time class it asked for
  std::string grant_note;  // what of that was refused and why; empty: nothing
  std::string note;        // what could not be provoked and why; empty: nothing
  std::vector<MeasuredTask> tasks;
};

// Measures execution times the way they will be spent: through the lane's driver, on a thread set
// up like the lane's, under every condition that the surroundings can provoke. The conditions take
// turns in rounds of at most 100 jobs, so that a machine that changes in between changes all.
//
// The estimate is max × margin over the samples kept of the conditions that count. It is a
// measurement: honest about how many samples it stands on, not a static bound. Where supply is lost
// (a stolen virtual CPU, a higher-priority thread) is told by wall time minus thread CPU time; such
// samples are excluded and counted.
//
// Blocks until done. Fails with the first job that fails, and with kCancelled (transient) within a
// job of being told to stop.
[[nodiscard]] Result<Measurement> measure_wcets(executor::LaneDriver& driver,
                                                const std::vector<ProfiledTask>& tasks,
                                                const ProfilerMachine& machine,
                                                const ProfilerOptions& options);

}  // namespace aegis::scheduler
