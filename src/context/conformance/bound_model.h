// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "aegis/context/runtime_backend.h"
#include "aegis/context/tensor_memory.h"

namespace aegis::context::conformance {

// A model and tensors for it, and the few things that the contract's lines do with them.
class BoundModel {
 public:
  explicit BoundModel(std::unique_ptr<LoadedModel> model);

  [[nodiscard]] LoadedModel& model() { return *model_; }
  [[nodiscard]] const Binding& binding() const { return binding_; }
  [[nodiscard]] std::uint32_t segments() const { return model_->describe().segment_count; }
  [[nodiscard]] Status bind() { return model_->bind(binding_); }

  void fill_inputs(unsigned seed);
  // All segments of one job, each polled until it ends; the first error.
  [[nodiscard]] Status run_job() noexcept;
  [[nodiscard]] Status finish_segment() noexcept;
  [[nodiscard]] std::vector<std::byte> outputs() const;

 private:
  std::optional<TensorMemory> memory_;
  memory::HostRegion arena_;
  std::unique_ptr<LoadedModel> model_;
  Binding binding_;
};

}  // namespace aegis::context::conformance
