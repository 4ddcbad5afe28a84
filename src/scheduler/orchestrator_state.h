// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "aegis/context/context_driver.h"
#include "aegis/context/execution_context.h"
#include "aegis/executor/lane.h"
#include "aegis/scheduler/orchestrator.h"

namespace aegis::scheduler {

// What the orchestrator keeps of a model and of a lane.

struct Orchestrator::Model {
  ModelSetup setup;
  std::string backend_version;
  std::unique_ptr<context::ExecutionContext> context;
  bool removed = false;

  // The task as its lane takes it.
  [[nodiscard]] executor::LaneTask lane_task() const {
    return {
        .model = setup.timing,
        .periodic = setup.periodic,
        .binding = {.stream = StreamId{0},
                    .context = context->id(),
                    .arena_offset_bytes = 0,
                    .arena_size_bytes = static_cast<std::int64_t>(context->memory().activations)},
        .on_job_end = setup.on_job_end};
  }
};

struct Orchestrator::LaneState {
  LaneState(executor::LaneConfig lane_config, memory::LaneArena& lane_arena)
      : config(std::move(lane_config)), arena(lane_arena), driver(config.max_tasks) {}
  executor::LaneConfig config;
  memory::LaneArena& arena;
  context::ContextDriver driver;
  std::unique_ptr<executor::Lane> lane;  // from start() on; ends before its driver
};

inline Error not_found(const char* what) {
  return Error::permanent(ErrorCode::kNotFound, what);
}

inline Error wrong_time(const char* what) {
  return Error::permanent(ErrorCode::kFailedPrecondition, what);
}

}  // namespace aegis::scheduler
