// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "aegis/service/audit.h"
#include "aegis/service/run.h"
#include "aegis/service/validate.h"

#include "validate_workload.h"

namespace aegis::service {

// One workload that has run, with what its trace says.
struct ScenarioRun {
  ScenarioResult result;
  RunReport report;
};

// Runs workloads in a folder and audits what they leave behind. One thread at a time.
class ScenarioRunner {
 public:
  ScenarioRunner(const ValidateRequest& request, std::filesystem::path folder)
      : request_(request), folder_(std::move(folder)) {}

  // Writes `<name>.toml`.
  [[nodiscard]] Outcome<std::filesystem::path> write(
      const std::string& name, const std::vector<ScenarioModel>& models) const;
  // Under the policy (nothing: the workload's), traced and audited; a set that is not admitted runs
  // all the same if the policy is given: it is then somebody else's order.
  struct Run {
    std::string name;
    std::filesystem::path workload;
    std::filesystem::path profile = {};
    Duration duration;
    std::optional<theory::policy::Policy> policy = {};
  };
  [[nodiscard]] Outcome<ScenarioRun> run(const Run& run) const;

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  void say(const std::string& line) const {
    if (request_.on_progress) request_.on_progress(line);
  }
  [[nodiscard]] const ValidateRequest& request() const { return request_; }

 private:
  const ValidateRequest& request_;
  std::filesystem::path folder_;
};

// Audits the trace of a finished run and enters the verdict and the decisions into the result.
[[nodiscard]] Outcome<AuditOutcome> judge_trace(const std::filesystem::path& trace,
                                                ScenarioResult& result);

// Scenario 1. The note says what admission answered of C, whole and in three segments.
struct RunningExample {
  ScenarioRun run;
  bool answers_right = false;
};
[[nodiscard]] Outcome<RunningExample> run_running_example(const ScenarioRunner& runner);

// Scenario 3, on a lane of its own: the models arrive one by one, the first leaves and comes back,
// the second leaves. Each model needs its WCETs.
struct ComingAndGoing {
  ScenarioResult result;
  bool arena_followed = false;  // never smaller than its largest model, never larger than needed
  std::uint64_t unplanned_allocations = 0;
  std::size_t leaks = 0;
};
[[nodiscard]] Outcome<ComingAndGoing> run_coming_and_going(const ScenarioRunner& runner,
                                                           const std::vector<ScenarioModel>& models,
                                                           Duration stage);

}  // namespace aegis::service
