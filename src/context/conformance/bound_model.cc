// SPDX-License-Identifier: Apache-2.0
#include "conformance/bound_model.h"

#include "aegis/base/check.h"

#include "plausible_data.h"

namespace aegis::context::conformance {

BoundModel::BoundModel(std::unique_ptr<LoadedModel> model) : model_(std::move(model)) {
  const ModelDescription& description = model_->describe();
  std::vector<std::size_t> sizes;
  for (const auto* tensors : {&description.inputs, &description.outputs}) {
    for (const TensorDescription& tensor : *tensors) sizes.push_back(tensor.size_bytes());
  }
  Result<TensorMemory> memory = TensorMemory::create(sizes);
  check(memory.has_value(), "tests get memory");
  memory_.emplace(std::move(*memory));
  Result<memory::HostRegion> arena = memory::HostRegion::create(description.memory.activations);
  check(arena.has_value(), "tests get memory");
  arena_ = std::move(*arena);
  binding_.arena = arena_.bytes();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    (i < description.inputs.size() ? binding_.inputs : binding_.outputs)
        .push_back(memory_->tensor(i));
  }
}

void BoundModel::fill_inputs(unsigned seed) {
  const std::vector<TensorDescription>& inputs = model_->describe().inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    fill_with_plausible_data(inputs[i].type, binding_.inputs[i], seed + i);
  }
}

Status BoundModel::finish_segment() noexcept {
  while (true) {
    const Result<Progress> progress = model_->poll();
    if (!progress) return fail(progress.error());
    if (*progress == Progress::kDone) return ok();
  }
}

Status BoundModel::run_job() noexcept {
  for (std::uint32_t segment = 0; segment < segments(); ++segment) {
    if (Status started = model_->start_segment(segment); !started) return started;
    if (Status finished = finish_segment(); !finished) return finished;
  }
  return ok();
}

std::vector<std::byte> BoundModel::outputs() const {
  std::vector<std::byte> all;
  for (const std::span<std::byte> output : binding_.outputs) {
    all.insert(all.end(), output.begin(), output.end());
  }
  return all;
}

}  // namespace aegis::context::conformance
