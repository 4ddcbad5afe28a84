// SPDX-License-Identifier: Apache-2.0
//
// A robot runs a detector and a planner. While they run, somebody wants to add a segmentation
// network that would break the detector's deadline, then a smaller one that fits; later the planner
// leaves. Nothing is taken in before the union is proved.

#include <cstdio>
#include <string>

#include "aegis/base/clock.h"
#include "aegis/context/backend_registry.h"
#include "aegis/scheduler/orchestrator.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::scheduler::ModelSetup;
using aegis::scheduler::Orchestrator;

namespace {

// The mock backend keeps time instead of computing, so this example needs no model files.
ModelSetup model(const std::string& name, Duration wcet, Duration period) {
  ModelSetup setup;
  setup.backend = "mock";
  setup.load.name = name;
  setup.load.options = {{"segments", "100us"}};
  setup.timing.segments = {{.wcet = wcet, .bcet = {}}};
  setup.timing.period = period;
  setup.timing.deadline = {period};
  return setup;
}

void tell(const char* what, const aegis::scheduler::Admission& admission) {
  std::printf("%s: %s\n  %s\n", what, admission.admitted ? "admitted" : "refused",
              admission.rationale.c_str());
}

int run() {
  const aegis::MonotonicClock clock;
  aegis::executor::LaneConfig lane;
  lane.fifo_priority.reset();  // an example must not need rights
  auto made = Orchestrator::create({.lanes = {lane}}, aegis::context::builtin_backends(), clock,
                                   /*recorder=*/nullptr);
  if (!made) return 4;
  Orchestrator& robot = **made;

  const auto detector = robot.load(model("detector", 10_ms, 40_ms));
  const auto planner = robot.load(model("planner", 20_ms, 100_ms));
  if (!detector || !planner) return 4;
  const auto started = robot.start({});
  if (!started || !started->front().admitted) return 1;
  tell("detector and planner", started->front());

  const auto big = robot.add(model("segmentation", 35_ms, 200_ms));
  if (!big) return 4;
  tell("segmentation, 35 ms at a time", *big);

  const auto small = robot.add(model("small segmentation", 15_ms, 200_ms));
  if (!small) return 4;
  tell("small segmentation, 15 ms at a time", *small);

  if (!robot.remove(*planner)) return 4;
  std::puts("planner: left between two of its segments");
  return robot.drain(1_s) ? 0 : 4;
}

}  // namespace

int main() {
  return run();
}
