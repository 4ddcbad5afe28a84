// SPDX-License-Identifier: Apache-2.0
//
// parse_workload: any text is a workload or one line. What docs/WORKLOAD.md promises of a workload
// holds of whatever was accepted, and a comment behind it changes nothing.
#include <algorithm>
#include <set>
#include <string>

#include "aegis/service/workload.h"

#include "fuzz_target.h"

namespace {

using aegis::Duration;
using aegis::fuzz::require;
using aegis::service::LaneSpec;
using aegis::service::MachineSpec;
using aegis::service::ModelSpec;

constexpr const char* kFile = "w.toml";
constexpr Duration kSecond = Duration::seconds(1);

bool within(Duration value, Duration from, Duration to) {
  return from <= value && value <= to;
}

void check_machine(const MachineSpec& machine) {
  const auto& overheads = machine.overheads;
  for (const Duration time : {overheads.release, overheads.dispatch, overheads.completion,
                              overheads.clock_error, machine.lost_supply}) {
    require(within(time, Duration::zero(), kSecond), "an overhead is at most a second");
  }
  require(machine.fifo_priority >= 1 && machine.fifo_priority <= 98, "a FIFO priority is ours");
  require(within(machine.spin, Duration::zero(), Duration::milliseconds(1)), "a spin is short");
  std::set<std::string> names;
  std::set<int> cpus;
  for (const LaneSpec& lane : machine.lanes) {
    require(names.insert(lane.name).second, "lanes have names of their own", lane.name);
    require(!lane.cpu || cpus.insert(*lane.cpu).second, "a CPU serves one lane", lane.name);
    require(lane.cpu || !machine.real_time || machine.lanes.size() == 1,
            "each of several real-time lanes names its CPU", lane.name);
  }
}

void check_times(const ModelSpec& model) {
  require(model.period >= Duration::microseconds(1), "a period is positive", model.name);
  require(model.deadline >= Duration::microseconds(1), "a deadline is positive", model.name);
  require(within(model.jitter, Duration::zero(), model.period), "jitter is within the period");
  require(!model.offset || (model.periodic && *model.offset >= Duration::zero()),
          "an offset is of a periodic model and not negative", model.name);
  require(model.bcet.empty() || model.bcet.size() == model.wcet.size(), "a BCET a segment");
  for (std::size_t k = 0; k < model.wcet.size(); ++k) {
    require(model.wcet[k] > Duration::zero(), "a WCET is positive", model.name);
    require(model.bcet.empty() || within(model.bcet[k], Duration::zero(), model.wcet[k]),
            "a BCET is within the WCET", model.name);
  }
}

void check_model(const ModelSpec& model, const MachineSpec& machine) {
  require(!model.name.empty(), "a model has a name");
  check_times(model);
  require(!model.parts.empty() || model.backend == "mock", "a model has a file", model.name);
  require(model.parts.empty() || model.wcet.empty() || model.parts.size() == model.wcet.size(),
          "a WCET a part", model.name);
  require(model.batch >= 1 && model.batch <= 65'536, "a batch is in range", model.name);
  require(model.budget.streams >= 1, "a model has a stream", model.name);
  const auto named = [&](const LaneSpec& lane) { return lane.name == model.lane; };
  require(model.lane.empty() || (machine.lanes.empty() && model.lane == LaneSpec{}.name) ||
              std::ranges::any_of(machine.lanes, named),
          "a model's lane exists", model.lane);
  require(model.line >= 1, "a model knows its line", model.name);
}

bool same(const ModelSpec& a, const ModelSpec& b) {
  return a.name == b.name && a.backend == b.backend && a.parts == b.parts && a.period == b.period &&
         a.deadline == b.deadline && a.jitter == b.jitter && a.offset == b.offset &&
         a.priority == b.priority && a.wcet == b.wcet && a.bcet == b.bcet &&
         a.periodic == b.periodic && a.batch == b.batch && a.lane == b.lane &&
         a.options == b.options && a.line == b.line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(aegis::fuzz::text_of(data, size));
  const auto workload = aegis::service::parse_workload(text, kFile);
  if (!workload) {
    aegis::fuzz::require_one_line(workload.error().message(), kFile);
    return 0;
  }
  check_machine(workload->machine);
  require(!workload->models.empty() && workload->models.size() <= 256, "1 to 256 models");
  std::set<std::string> names;
  for (const ModelSpec& model : workload->models) {
    check_model(model, workload->machine);
    require(names.insert(model.name).second, "models have names of their own", model.name);
  }
  const auto again = aegis::service::parse_workload(text + "\n# the end\n", kFile);
  require(again && std::ranges::equal(again->models, workload->models, same),
          "a comment behind it changes nothing", again ? "" : again.error().message());
  return 0;
}
