// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/execution_context.h"

#include <utility>
#include <vector>

#include "plausible_data.h"

namespace aegis::context {

namespace {

std::vector<std::size_t> tensor_sizes(const ModelDescription& model) {
  std::vector<std::size_t> sizes;
  sizes.reserve(model.inputs.size() + model.outputs.size());
  for (const TensorDescription& tensor : model.inputs) sizes.push_back(tensor.size_bytes());
  for (const TensorDescription& tensor : model.outputs) sizes.push_back(tensor.size_bytes());
  return sizes;
}

Binding binding_of(const ModelDescription& model, const TensorMemory& tensors,
                   std::span<std::byte> arena) {
  Binding binding{.inputs = {}, .outputs = {}, .arena = arena};
  for (std::size_t i = 0; i < tensors.count(); ++i) {
    (i < model.inputs.size() ? binding.inputs : binding.outputs).push_back(tensors.tensor(i));
  }
  return binding;
}

// Before the tensors and the share exist: what they will take.
Status check_budget(const ModelDescription& model, const std::vector<std::size_t>& sizes,
                    std::size_t allowed) {
  std::size_t needed = model.memory.total();
  for (const std::size_t size : sizes) needed += memory::aligned(size);
  if (allowed != 0 && needed > allowed) return fail(over_budget(model.name, needed, allowed));
  return ok();
}

}  // namespace

Result<std::unique_ptr<ExecutionContext>> ExecutionContext::create(ContextId id,
                                                                   RuntimeBackend& backend,
                                                                   const LoadRequest& request,
                                                                   memory::LaneArena& arena) {
  Result<std::unique_ptr<LoadedModel>> model = backend.load(request);
  if (!model) return fail(model.error());
  const ModelDescription& description = (*model)->describe();
  const std::vector<std::size_t> sizes = tensor_sizes(description);
  if (const Status fits = check_budget(description, sizes, request.budget.memory_bytes); !fits) {
    return fail(fits.error());
  }
  Result<TensorMemory> tensors = TensorMemory::create(sizes);
  if (!tensors) return fail(tensors.error());
  Result<memory::ArenaShare> share = arena.share(description.memory.activations);
  if (!share) return fail(share.error());
  const Status bound = (*model)->bind(binding_of(description, *tensors, share->bytes()));
  if (!bound) return fail(bound.error());
  return std::unique_ptr<ExecutionContext>(new ExecutionContext(
      id, request.budget, std::move(*model), std::move(*tensors), std::move(*share)));
}

ExecutionContext::ExecutionContext(ContextId id, ResourceBudget budget,
                                   std::unique_ptr<LoadedModel> model, TensorMemory tensors,
                                   memory::ArenaShare share)
    : id_(id),
      budget_(budget),
      tensors_(std::move(tensors)),
      share_(std::move(share)),
      model_(std::move(model)) {}

memory::MemoryAccount ExecutionContext::memory() const noexcept {
  memory::MemoryAccount account = model().memory;
  account.io += tensors_.size_bytes();
  return account;
}

void ExecutionContext::fill_inputs(std::uint64_t seed) const {
  const std::vector<TensorDescription>& inputs = model().inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    fill_with_plausible_data(inputs[i].type, tensors_.tensor(i), seed + i);
  }
}

Status ExecutionContext::start_segment(std::uint32_t segment) noexcept {
  if (Status open = faults_.admit(); !open) return open;
  Status started = model_->start_segment(segment);
  if (!started) faults_.note(started.error());
  return started;
}

Result<Progress> ExecutionContext::poll() noexcept {
  Result<Progress> progress = model_->poll();
  if (!progress) faults_.note(progress.error());
  return progress;
}

}  // namespace aegis::context
