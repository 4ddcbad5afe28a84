// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "validate_memory.h"
#include "validate_scenarios.h"
#include "validate_theory.h"

namespace aegis::service {

// Everything that was measured, before it is held against the targets.
struct ValidationFindings {
  TheoryFindings theory;
  RunningExample example;
  ScenarioRun two_models;
  bool real_models = false;          // in scenarios 2 and 3
  std::optional<RunReport> threads;  // scenario 2 in plain threads
  ComingAndGoing coming_and_going;
  ScenarioRun any_workload;
  ScenarioRun edf;  // one workload, three orders
  ScenarioRun rate_monotonic;
  ScenarioRun fifo;
  std::optional<MemoryFindings> memory;
  std::string models_obstacle;  // why there are none, or none for scenario 2
  Duration thread_hand_over;    // between two ordinary threads of one CPU, median
};

// `jobs`: how many of each model scenarios 1 and 2 were to have. What ran less, without a real-time
// class, or on a processor that was mostly taken away, is not measured: it neither meets nor
// misses.
[[nodiscard]] std::vector<Criterion> judge(const ValidationFindings& findings, std::uint32_t jobs);

}  // namespace aegis::service
