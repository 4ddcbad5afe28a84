// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/context/runtime_backend.h"
#include "aegis/executor/clock_keeper.h"
#include "aegis/executor/tsc_clock.h"
#include "aegis/scheduler/orchestrator.h"
#include "aegis/service/admit.h"
#include "aegis/service/problem.h"
#include "aegis/service/workload.h"
#include "aegis/trace/recorder.h"

namespace aegis::service {

// How to turn a workload into loaded models.
struct SessionRequest {
  std::filesystem::path workload;
  std::filesystem::path profile;  // empty: beside the workload
  std::optional<theory::policy::Policy> policy;
  std::uint64_t input_seed = 1;
  bool needs_wcets = true;  // false: about to measure them
};

// A workload with every model loaded and, unless it is about to be measured, every WCET known.
struct Session {
  Workload workload;
  std::unique_ptr<scheduler::Orchestrator> orchestrator;
  std::vector<TaskId> tasks;  // in the workload's order
  std::optional<std::string>
      refusal;  // a budget that does not suffice: a verdict, and models are missing
};

// Loads and checks everything a verb needs. Each model is first loaded in a child process, so that
// a file that crashes its runtime costs one clear line and not this process.
[[nodiscard]] Outcome<Session> open_session(const SessionRequest& request, const Clock& clock,
                                            trace::Recorder* recorder);

[[nodiscard]] context::LoadRequest load_request_of(const ModelSpec& model);

// The processor of the workload's first lane; nothing: the workload does not ask for real time and
// names none.
[[nodiscard]] std::optional<int> lane_cpu(const Workload& workload);

// The proof of every lane of a session.
[[nodiscard]] AdmitReport admission_of(const Session& session);

// Disciplines the clock of lanes as long as what it returns lives. A fallback is no failure: the
// trace says when and why. Both outlive it.
[[nodiscard]] Result<executor::ClockKeeper> keep_clock(executor::TscClock& clock,
                                                       trace::Recorder& recorder);

}  // namespace aegis::service
