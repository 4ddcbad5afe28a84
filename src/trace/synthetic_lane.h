// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aegis/trace/trace.h"

namespace aegis::trace {

// A lane for tests: it decides, runs and records as the lane of the executor does, on a time line
// of its own, in a few lines that share no code with it nor with the audit.
struct SyntheticTask {
  std::string name;
  Duration period;
  Duration deadline;
  std::int64_t priority = 0;
  std::vector<Duration> segments{};  // WCETs
  std::string overload = "queue(4)";
  Duration bound{};  // declared response-time bound
};

struct SyntheticRun {
  std::string policy = "np_edf";
  std::vector<SyntheticTask> tasks{};
  Duration length = Duration::seconds(1);
  std::uint64_t seed = 1;
  bool admitted = false;
  double shortest = 0.5;   // execution times are uniform in [shortest, 1] x WCET
  int wrong_decision = 0;  // from this selection on, the first with two to choose from is wrong
  int overrun_one_in = 0;  // every so many segments one runs 1.5 x its WCET; 0: none
  Duration release_cost = Duration::microseconds(3);  // wake-up or inbox until released
  Duration dispatch_cost = Duration::microseconds(2);
  Duration completion_cost = Duration::microseconds(1);
  std::uint64_t phase_ns = 0;  // arrivals of task i begin at i x this
};

// The running example A(20,100,50) B(15,80,40) C(30,200,100) ms, C in as many segments as given.
[[nodiscard]] std::vector<SyntheticTask> running_example(int segments_of_c = 3);

// What was recorded, as the recorder would hand it over.
[[nodiscard]] Trace synthetic_trace(const SyntheticRun& run);
// A trace of these events by one thread, with the declarations of another trace.
[[nodiscard]] Trace with_events(const Trace& declarations, const std::vector<Event>& events);

}  // namespace aegis::trace
