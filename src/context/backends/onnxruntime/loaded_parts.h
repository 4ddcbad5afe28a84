// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "aegis/context/runtime_backend.h"
#include "aegis/context/tensor_memory.h"

#include "backends/onnxruntime/part_chain.h"
#include "backends/onnxruntime/session.h"

namespace aegis::context {

// The parts of one model, loaded and connected: one session a part, and the tensors between them.
// Moves; one thread at a time, but for terminate().
class LoadedParts {
 public:
  // Refuses as RuntimeBackend::load, but for the budget.
  [[nodiscard]] static Result<LoadedParts> load(
      const std::shared_ptr<const RuntimeLibrary>& runtime, const LoadRequest& request,
      const SessionSettings& settings);

  [[nodiscard]] std::size_t count() const noexcept { return sessions_.size(); }
  [[nodiscard]] const PartChain& chain() const noexcept { return chain_; }
  [[nodiscard]] SessionMemory& memory(std::size_t part) { return sessions_[part].memory(); }
  // weights, activations, scratch, io (tensors between parts); not `runtime`.
  [[nodiscard]] memory::MemoryAccount account() const noexcept;
  // What the parts' pools have from their source, and the tensors between parts.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  // Where the tensors are, and where the activations go, from the next run on.
  [[nodiscard]] Status bind(const Binding& binding);

  // One part, on the calling thread; real-time as Session::run.
  [[nodiscard]] Status run(std::size_t part) noexcept { return sessions_[part].run(*run_options_); }
  [[nodiscard]] Status run_all() noexcept;

  // Makes the running part end early, until resume(). terminate(): any thread.
  void terminate() noexcept;
  [[nodiscard]] Status resume() noexcept;

 private:
  LoadedParts(std::shared_ptr<const RuntimeLibrary> runtime, std::vector<Session> sessions,
              PartChain chain, TensorMemory intermediates, Handle<OrtRunOptions> run_options);

  std::shared_ptr<const RuntimeLibrary> runtime_;
  std::vector<Session> sessions_;
  PartChain chain_;
  TensorMemory intermediates_;
  Handle<OrtRunOptions> run_options_;
};

// The sizes of tensors, in order.
[[nodiscard]] std::vector<std::size_t> sizes_of(const std::vector<TensorDescription>& tensors);

}  // namespace aegis::context
