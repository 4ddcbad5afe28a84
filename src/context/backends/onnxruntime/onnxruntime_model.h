// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "aegis/context/runtime_backend.h"
#include "aegis/context/tensor_memory.h"

#include "backends/onnxruntime/part_chain.h"
#include "backends/onnxruntime/session.h"
#include "segment_order.h"

namespace aegis::context {

// One model on ONNX Runtime: one session a part, executed inside start_segment on the lane's own
// thread. Tensors that pass from part to part are in memory of the model's own; nothing is copied
// between segments.
class OnnxRuntimeModel final : public LoadedModel {
 public:
  // Loads, connects and runs the parts once on zeros, which is when ORT takes the memory it will
  // run in; then measures. See RuntimeBackend::load for what is refused.
  [[nodiscard]] static Result<std::unique_ptr<LoadedModel>> load(
      std::shared_ptr<const RuntimeLibrary> runtime, const LoadRequest& request);

  [[nodiscard]] const ModelDescription& describe() const noexcept override { return description_; }
  [[nodiscard]] Status bind(const Binding& binding) override;
  [[nodiscard]] Status start_segment(std::uint32_t segment) noexcept override;
  [[nodiscard]] Result<Progress> poll() noexcept override;
  void cancel() noexcept override;

 private:
  OnnxRuntimeModel(std::shared_ptr<const RuntimeLibrary> runtime, std::vector<Session> sessions,
                   PartChain chain, TensorMemory intermediates, Handle<OrtRunOptions> run_options);
  [[nodiscard]] Status bind_sessions(const Binding& binding);
  [[nodiscard]] Status warm_up();
  [[nodiscard]] Status rehearse();

  std::shared_ptr<const RuntimeLibrary> runtime_;
  std::vector<Session> sessions_;
  PartChain chain_;
  TensorMemory intermediates_;
  Handle<OrtRunOptions> run_options_;
  ModelDescription description_;

  bool bound_ = false;
  SegmentOrder order_;
  std::optional<Error> outcome_;  // of the segment that has run; nothing: it went well
  std::atomic<bool> running_{false};
  std::atomic<bool> cancel_asked_{false};
};

}  // namespace aegis::context
