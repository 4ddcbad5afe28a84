// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "backends/onnxruntime/part_chain.h"
#include "backends/onnxruntime/runtime_library.h"

namespace aegis::context {

// How a session is made: one thread, sequential, never spinning, deterministic kernels, so that it
// runs where and when the lane runs it and gives the same bits each time.
//
// `optimization`: what ORT rewrites in the graph while loading. A model that was cut into parts
// after optimisation is loaded with ORT_DISABLE_ALL: its bits and its cuts stay as they are.
[[nodiscard]] Result<Handle<OrtSessionOptions>> make_session_options(
    const RuntimeLibrary& runtime, GraphOptimizationLevel optimization);

// One ONNX file, loaded: one segment of a model.
class Session {
 public:
  // One clear error naming the file for whatever is wrong with it; static shapes of supported
  // element types only.
  [[nodiscard]] static Result<Session> load(std::shared_ptr<const RuntimeLibrary> runtime,
                                            const std::filesystem::path& file,
                                            const OrtSessionOptions& options);

  [[nodiscard]] const PartDescription& describe() const noexcept { return description_; }

  // Fixes where the tensors are, in the order of the description. Replaces an earlier binding.
  [[nodiscard]] Status bind(std::span<const std::span<std::byte>> inputs,
                            std::span<const std::span<std::byte>> outputs);

  // Executes on the calling thread. Real-time: nothing of ours allocates; ORT's own bookkeeping
  // does, from memory it holds since the warm-up.
  [[nodiscard]] Status run(const OrtRunOptions& options) noexcept;

 private:
  Session(std::shared_ptr<const RuntimeLibrary> runtime, Handle<OrtSession> session,
          PartDescription description);
  [[nodiscard]] Result<Handle<OrtValue>> value_over(const TensorDescription& tensor,
                                                    std::span<std::byte> memory) const;

  std::shared_ptr<const RuntimeLibrary> runtime_;
  PartDescription description_;
  Handle<OrtSession> session_;
  std::vector<Handle<OrtValue>> values_;
  Handle<OrtIoBinding> binding_{nullptr, nullptr};
};

}  // namespace aegis::context
