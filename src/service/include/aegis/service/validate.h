// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/service/exit_code.h"
#include "aegis/service/problem.h"

namespace aegis::service {

// `aegisrt validate`: what to measure with, and how long.
struct ValidateRequest {
  // Scenario 4: any workload with its profile. Empty: a workload of the validation's own.
  std::filesystem::path workload;
  // A folder of at least three ONNX models (those of models/generate.py, or the user's), two of
  // them of a millisecond or more. Empty: scenarios use mock models, and what needs real ones is
  // not measured.
  std::filesystem::path models;
  std::uint32_t jobs = 1000;  // of each model in scenarios 1 and 2; the others scale with it
  std::uint64_t seed = 1;
  // Where workloads, profiles and traces are written. Empty: a temporary folder, gone afterwards.
  std::filesystem::path keep;
  const std::atomic<bool>* stop = nullptr;                   // set by a signal handler
  std::function<void(const std::string& line)> on_progress;  // may be empty
};

// Whether a promise holds on this machine.
enum class CriterionStatus : std::uint8_t {
  kMet,
  kMissed,
  kNotMeasured,  // see `obstacle`
};
[[nodiscard]] std::string_view to_string(CriterionStatus status);  // "not_measured"

// One promise of AegisRT, what was measured of it here, and what it is to be compared with.
struct Criterion {
  // Another way to do the same, measured in the same run.
  struct Baseline {
    std::string name;      // "FIFO", "isolated tight plans"
    std::string measured;  // in the same run
  };
  std::string id;        // "determinism", for scripts; stays the same from release to release
  std::string title;     // "execution times of one model vary little"
  std::string target;    // "CV below 5 %"
  std::string measured;  // "2.1 % to 4.3 %"
  std::vector<Baseline> baselines;
  CriterionStatus status = CriterionStatus::kNotMeasured;
  std::string obstacle;     // of this machine, when the criterion is not met; may be empty
  std::string how_to_read;  // one line
};

// What happened in one scenario.
struct ScenarioResult {
  std::string name;  // "1 running example"
  bool admitted = false;
  std::uint64_t jobs = 0;
  std::uint64_t misses = 0;
  std::uint64_t misses_in_lost_supply = 0;
  std::uint64_t decisions = 0;
  std::uint64_t reconstructed = 0;
  std::string audit;  // "passed"; empty: not traced
  std::string note;   // "refused with C as the theory says", ...
};

// All criteria, with the scenarios they were measured in.
struct ValidateReport {
  std::string machine;
  bool real_time = false;
  std::vector<std::string> left_out;  // models that cannot be used, and why
  std::vector<ScenarioResult> scenarios;
  std::vector<Criterion> criteria;
  // kYes: every criterion is met. kNo: one is not. kUndecided: none is missed, but some could not
  // be measured.
  [[nodiscard]] ExitCode exit_code() const;
};

// The success criteria with their baselines, in one run:
//
//   scenario 1   the running example: A and B, `jobs` of each; C refused, and admitted in segments
//   scenario 2   two models at once, `jobs` of each; the same in plain threads
//   scenario 3   three models whose stays overlap: they come and go while the others run
//   scenario 4   the request's workload, traced, exported and reconstructed
//
// and beside them random task sets through the analyses and the simulator, one workload under EDF,
// RM and FIFO, and the memory of real models in four arrangements. Minutes: scenario 1 alone lasts
// `jobs` times 100 ms. A Problem is an input that cannot be used, a machine on which nothing runs,
// or an interruption: nothing is concluded from a part. A criterion that is not met is a report.
[[nodiscard]] Outcome<ValidateReport> validate_machine(const ValidateRequest& request);

// A table of criteria, each with its baselines and how to read it, then the scenarios.
[[nodiscard]] std::string to_text(const ValidateReport& report);
// One object, `schema` 1: keys are added, never changed.
[[nodiscard]] std::string to_json(const ValidateReport& report);

}  // namespace aegis::service
