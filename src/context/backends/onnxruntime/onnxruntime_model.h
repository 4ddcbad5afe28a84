// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "aegis/context/runtime_backend.h"

#include "backends/onnxruntime/loaded_parts.h"
#include "segment_order.h"

namespace aegis::context {

// One model on ONNX Runtime: one session a part, executed inside start_segment on the lane's own
// thread. Tensors that pass from part to part are in memory of the model's own; nothing is copied
// between segments. Activations are in the lane's arena, each at its planned place, unless ORT
// plans for itself (the backend's option `memory`).
class OnnxRuntimeModel final : public LoadedModel {
 public:
  // Loads, connects and rehearses the parts (rehearsal.h), then measures what the process has
  // grown by. See RuntimeBackend::load for what is refused.
  [[nodiscard]] static Result<std::unique_ptr<LoadedModel>> load(
      const std::shared_ptr<const RuntimeLibrary>& runtime, const LoadRequest& request,
      bool planned);

  [[nodiscard]] const ModelDescription& describe() const noexcept override { return description_; }
  [[nodiscard]] Status bind(const Binding& binding) override;
  [[nodiscard]] Status start_segment(std::uint32_t segment) noexcept override;
  [[nodiscard]] Result<Progress> poll() noexcept override;
  void cancel() noexcept override;
  [[nodiscard]] std::uint64_t unplanned_allocations() const noexcept override {
    return unplanned_.load(std::memory_order_relaxed);
  }

 private:
  OnnxRuntimeModel(LoadedParts parts, ModelDescription description);
  [[nodiscard]] std::uint64_t count_unplanned() noexcept;

  LoadedParts parts_;
  ModelDescription description_;

  bool bound_ = false;
  SegmentOrder order_;
  std::optional<Error> outcome_;  // of the segment that has run; nothing: it went well
  std::atomic<bool> running_{false};
  std::atomic<bool> cancel_asked_{false};
  std::atomic<std::uint64_t> unplanned_{0};
};

}  // namespace aegis::context
