// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/context/fault_boundary.h"
#include "aegis/context/resource_budget.h"
#include "aegis/context/runtime_backend.h"
#include "aegis/context/tensor_memory.h"
#include "aegis/memory/lane_arena.h"
#include "aegis/memory/memory_account.h"

namespace aegis::context {

// Everything one model has to itself: the loaded model, its input and output tensors, its immutable
// budget, its fault boundary, and its share of the lane's arena. Exactly one per model: a
// LoadedModel is owned, never shared, and a context can be neither copied nor moved.
//
//   auto context = ExecutionContext::create(ContextId{0}, *backend, request, arena);
//   (*context)->fill_inputs(seed);
//   (*context)->start_segment(0);
//
// Invariants:
// 1. memory().total() <= budget().memory_bytes, or the budget is unlimited: create() refuses
// otherwise.
// 2. Every error of start_segment and poll has passed faults() before the caller sees it.
class ExecutionContext {
 public:
  // Loads the model, gets page-locked tensors and a share of the lane's arena for it and binds them
  // (which may run it once to warm it up, though never in the arena). Slow path; other models of
  // the lane may run meanwhile. Refuses what the backend refuses, and kResourceExhausted when
  // model, tensors and share together exceed the budget. `arena` outlives the context.
  [[nodiscard]] static Result<std::unique_ptr<ExecutionContext>> create(ContextId id,
                                                                        RuntimeBackend& backend,
                                                                        const LoadRequest& request,
                                                                        memory::LaneArena& arena);
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  [[nodiscard]] ContextId id() const noexcept { return id_; }
  [[nodiscard]] const ModelDescription& model() const noexcept { return model_->describe(); }
  [[nodiscard]] const ResourceBudget& budget() const noexcept { return budget_; }
  // What keeps a failure of this model its own.
  [[nodiscard]] FaultBoundary& faults() noexcept { return faults_; }
  [[nodiscard]] const FaultBoundary& faults() const noexcept { return faults_; }
  // The model's account, with its inputs and outputs under `io`.
  [[nodiscard]] memory::MemoryAccount memory() const noexcept;
  [[nodiscard]] bool page_locked() const noexcept { return tensors_.page_locked(); }
  // See LoadedModel. Any thread.
  [[nodiscard]] std::uint64_t unplanned_allocations() const noexcept {
    return model_->unplanned_allocations();
  }

  // In the model's order. Inputs are zero until written; neither may be touched while a segment
  // runs.
  [[nodiscard]] std::span<std::byte> input(std::size_t index) const {
    return tensors_.tensor(index);
  }
  [[nodiscard]] std::span<const std::byte> output(std::size_t index) const {
    return tensors_.tensor(model().inputs.size() + index);
  }
  // Plausible data where there is no camera: real numbers in [-1, 1), integers in [0, 16) (valid in
  // any vocabulary), bytes over their range, truth values 0 or 1. The same seed gives the same
  // bytes on every machine.
  void fill_inputs(std::uint64_t seed) const;

  // LoadedModel's contract, through the fault boundary. Real-time; cancel from any thread.
  [[nodiscard]] Status start_segment(std::uint32_t segment) noexcept;
  [[nodiscard]] Result<Progress> poll() noexcept;
  void cancel() noexcept { model_->cancel(); }

 private:
  ExecutionContext(ContextId id, ResourceBudget budget, std::unique_ptr<LoadedModel> model,
                   TensorMemory tensors, memory::ArenaShare share);

  const ContextId id_;
  const ResourceBudget budget_;
  // Before model_: a model may point into its tensors and the arena until it is gone.
  TensorMemory tensors_;
  memory::ArenaShare share_;
  std::unique_ptr<LoadedModel> model_;
  FaultBoundary faults_;
};

}  // namespace aegis::context
