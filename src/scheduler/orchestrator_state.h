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
  Duration declared_bound = {};  // to the trace: holds for every job there has been

  // The task as admission sees it.
  [[nodiscard]] Candidate candidate() const {
    const context::ResourceBudget& budget = context->budget();
    return {.task = setup.timing,
            .budget = {.memory_needed_bytes = context->memory().total(),
                       .memory_allowed_bytes = budget.memory_bytes,
                       .compute_allowed = budget.compute_per_period}};
  }
  // The task as its lane takes it.
  [[nodiscard]] executor::LaneTask lane_task() const {
    return {
        .model = setup.timing,
        .periodic = setup.periodic,
        .binding = {.stream = StreamId{0},
                    .context = context->id(),
                    .arena_offset_bytes = 0,
                    .arena_size_bytes = static_cast<std::int64_t>(context->memory().activations)},
        .limits = segment_limits(setup.timing, setup.load.budget.compute_per_period),
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

  // A task that left in the middle of a busy period, whose jobs of that period still delay others.
  struct Departed {
    Candidate task;
    std::uint64_t busy_changes = 0;  // of the lane, when it had left
  };
  std::vector<Departed> departed;
};

inline Error not_found(const char* what) {
  return Error::permanent(ErrorCode::kNotFound, what);
}

inline Error wrong_time(const char* what) {
  return Error::permanent(ErrorCode::kFailedPrecondition, what);
}

}  // namespace aegis::scheduler
