// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>

#include <fmt/format.h>

#include "workload_sections.h"

namespace aegis::service {

namespace {

using theory::policy::Policy;

constexpr std::array<std::pair<std::string_view, Policy>, 6> kPolicies{
    {{"edf", Policy::kEdf},
     {"np_edf", Policy::kEdf},
     {"rm", Policy::kRateMonotonic},
     {"dm", Policy::kDeadlineMonotonic},
     {"static", Policy::kStaticPriority},
     {"fifo", Policy::kFifo}}};
constexpr std::array<std::pair<std::string_view, scheduler::CoRunners>, 2> kCoRunners{
    {{"any", scheduler::CoRunners::kAny}, {"lane", scheduler::CoRunners::kLane}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 1> kDevices{{{"cpu", "cpu"}}};

// One second: an overhead as long as that is a machine that cannot be scheduled, or a wrong unit.
constexpr DurationRange kOverhead{Duration::zero(), Duration::seconds(1)};
// Beyond 1 ms the lane would spin through whole periods; it takes the place of sleeping, which the
// kernel needs.
constexpr DurationRange kSpin{Duration::zero(), Duration::milliseconds(1)};
// 99 belongs to the kernel's own migration and watchdog threads.
constexpr IntegerRange kFifoPriority{1, 98};
// cpu_set_t holds 1024 CPUs.
constexpr IntegerRange kCpu{0, 1023};
constexpr std::size_t kMostLanes = 64;

theory::Overheads read_overheads(TableReader read, theory::Overheads overheads) {
  read.duration("release", kOverhead, overheads.release);
  read.duration("dispatch", kOverhead, overheads.dispatch);
  read.duration("completion", kOverhead, overheads.completion);
  read.duration("clock_error", kOverhead, overheads.clock_error);
  read.finish();
  return overheads;
}

LaneSpec read_lane(TableReader& read) {
  LaneSpec lane;
  lane.line = read.line();
  read.require("name");
  read.name("name", lane.name);
  read.choice("device", kDevices, lane.device);
  read.integer("cpu", kCpu, lane.cpu);
  read.finish();
  return lane;
}

// A lane's CPU serves no other lane: the proof of each gives it the whole of its CPU.
void refuse_conflict(TableReader& read, const LaneSpec& lane, const std::vector<LaneSpec>& others) {
  for (const LaneSpec& other : others) {
    if (read.has("name") && lane.name == other.name) {
      read.report("name", fmt::format("\"{}\" is the name of the lane at line {} already",
                                      lane.name, other.line));
    }
    if (lane.cpu && lane.cpu == other.cpu) {
      read.report("cpu", fmt::format("{} serves lane \"{}\" at line {} already", *lane.cpu,
                                     other.name, other.line));
    }
  }
}

// A single lane is pinned to the last CPU; for several there is no such obvious choice.
void require_cpus(std::vector<TableReader>& readers, const MachineSpec& machine) {
  if (readers.size() < 2 || !machine.real_time) return;
  for (TableReader& read : readers) {
    if (!read.has("cpu")) read.report("cpu", "missing; several lanes need a CPU each");
  }
}

std::vector<LaneSpec> read_lanes(std::vector<TableReader>& readers) {
  std::vector<LaneSpec> lanes;
  for (TableReader& read : readers) {
    LaneSpec lane = read_lane(read);
    refuse_conflict(read, lane, lanes);
    if (lanes.size() == kMostLanes) read.report("", fmt::format("more than {} lanes", kMostLanes));
    lanes.push_back(std::move(lane));
    if (lanes.size() > kMostLanes) break;
  }
  return lanes;
}

}  // namespace

MachineSpec read_machine(TableReader read) {
  MachineSpec machine;
  read.choice("policy", kPolicies, machine.policy);
  if (auto overheads = read.table("overheads")) {
    machine.overheads = read_overheads(*overheads, machine.overheads);
  }
  read.duration("lost_supply", kOverhead, machine.lost_supply);
  read.boolean("real_time", machine.real_time);
  read.integer("fifo_priority", kFifoPriority, machine.fifo_priority);
  read.duration("spin", kSpin, machine.spin);
  read.choice("co_runners", kCoRunners, machine.co_runners);
  std::vector<TableReader> lanes = read.tables("lane");
  machine.lanes = read_lanes(lanes);
  require_cpus(lanes, machine);
  if (auto backends = read.table("backend")) {
    for (auto& [name, options] : backends->named_tables()) {
      options.all_options(machine.backends[name]);
    }
  }
  read.finish();
  return machine;
}

}  // namespace aegis::service
