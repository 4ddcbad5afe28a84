// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "backends/onnxruntime/part_chain.h"
#include "backends/onnxruntime/runtime_library.h"
#include "backends/onnxruntime/session_memory.h"

namespace aegis::context {

// How a session is made: one thread, sequential, never spinning, deterministic kernels, so that it
// runs where and when the lane runs it and gives the same bits each time.
//
// `planned`: its memory comes from SessionMemory, buffer by buffer; otherwise from ORT's own arena.
//
// `optimization`: what ORT rewrites in the graph while loading. A model that was cut into parts
// after optimisation is loaded with ORT_DISABLE_ALL: its bits and its cuts stay as they are.
struct SessionSettings {
  GraphOptimizationLevel optimization = ORT_ENABLE_ALL;
  bool planned = true;
};
[[nodiscard]] Result<Handle<OrtSessionOptions>> make_session_options(
    const RuntimeLibrary& runtime, const SessionSettings& settings);

// One ONNX file, loaded: one segment of a model.
class Session {
 public:
  // One clear error naming the file for whatever is wrong with it; static shapes of supported
  // element types only.
  [[nodiscard]] static Result<Session> load(std::shared_ptr<const RuntimeLibrary> runtime,
                                            const std::filesystem::path& file,
                                            const OrtSessionOptions& options,
                                            std::unique_ptr<SessionMemory> memory);
  ~Session();  // says what it leaks, if anything
  Session(Session&&) = default;
  Session& operator=(Session&&) = delete;

  [[nodiscard]] const PartDescription& describe() const noexcept { return description_; }
  [[nodiscard]] SessionMemory& memory() noexcept { return *memory_; }
  [[nodiscard]] const SessionMemory& memory() const noexcept { return *memory_; }

  // Fixes where the tensors are, in the order of the description. Replaces an earlier binding.
  [[nodiscard]] Status bind(std::span<const std::span<std::byte>> inputs,
                            std::span<const std::span<std::byte>> outputs);

  // Executes on the calling thread. Real-time: nothing of ours allocates; ORT's own bookkeeping
  // does, some KiB of heap a run. kDeviation when a planned session asked for other memory
  // than its plan foresees.
  [[nodiscard]] Status run(const OrtRunOptions& options) noexcept;

 private:
  Session(std::shared_ptr<const RuntimeLibrary> runtime, std::unique_ptr<SessionMemory> memory,
          Handle<OrtSession> session, PartDescription description);
  [[nodiscard]] Result<Handle<OrtValue>> value_over(const TensorDescription& tensor,
                                                    std::span<std::byte> memory) const;

  std::shared_ptr<const RuntimeLibrary> runtime_;
  std::unique_ptr<SessionMemory> memory_;  // outlives what asks it
  PartDescription description_;
  Handle<OrtSession> session_;
  std::vector<Handle<OrtValue>> values_;
  Handle<OrtIoBinding> binding_{nullptr, nullptr};
};

}  // namespace aegis::context
