// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/context/resource_budget.h"

namespace aegis::context {

enum class ElementType : std::uint8_t { kFloat32, kFloat16, kInt64, kInt32, kInt8, kUint8, kBool };
[[nodiscard]] std::size_t size_of(ElementType type) noexcept;

struct TensorDescription {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  // every extent known and > 0
  [[nodiscard]] std::size_t size_bytes() const;
};

// What a loaded model is, immutable.
struct ModelDescription {
  std::string name;
  std::string backend;          // "onnxruntime"
  std::string backend_version;  // "1.24.3"
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  std::uint32_t segment_count = 1;
  std::size_t memory_bytes =
      0;  // weights and state held while loaded, as far as the backend can tell
};

struct LoadRequest {
  std::string name;
  std::vector<std::filesystem::path>
      parts;  // one file a segment, in order; for most models exactly one
  ResourceBudget budget;
  std::map<std::string, std::string>
      options;  // [model.options] of the workload; an unknown one is an error
};

// Caller-owned memory for every input and output, fixed for the model's life. Each span is exactly
// size_bytes() long.
struct Binding {
  std::vector<std::span<std::byte>> inputs;
  std::vector<std::span<std::byte>> outputs;
};

enum class Progress : std::uint8_t { kRunning, kDone };

// One model, loaded. load and bind are slow; the rest is the lane's path.
//
// Contract (the conformance suite tests every line of it):
//  1. start_segment is called for segments 0, 1, ... in order; after the last, again from 0.
//  2. Between start_segment and the poll that reports kDone or an error, only poll and cancel are
//  called.
//  3. A backend that executes on the calling thread may finish inside start_segment; poll then
//  reports kDone at once.
//  4. cancel may come from another thread, at any time; it makes a running segment end early with
//  kCancelled, and has no
//     effect otherwise. The model is usable again from segment 0.
//  5. After an error of category fatal the model refuses everything with kFailedPrecondition.
//  6. Same inputs, same outputs, bit for bit, whatever ran between.
//  7. start_segment, poll and cancel neither allocate nor lock in AegisRT's own code.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
  [[nodiscard]] virtual const ModelDescription& describe() const noexcept = 0;
  [[nodiscard]] virtual Status bind(const Binding& binding) = 0;
  [[nodiscard]] virtual Status start_segment(std::uint32_t segment) noexcept = 0;
  [[nodiscard]] virtual Result<Progress> poll() noexcept = 0;
  virtual void cancel() noexcept = 0;
};

// A runtime that loads compiled, static-shape models. Slow path only; one thread at a time.
class RuntimeBackend {
 public:
  virtual ~RuntimeBackend() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string version() const = 0;
  // Refuses a dynamic shape (kUnsupported, naming tensor and dimension), a missing or corrupt file,
  // more memory than the budget (kResourceExhausted).
  [[nodiscard]] virtual Result<std::unique_ptr<LoadedModel>> load(const LoadRequest& request) = 0;
};

// The versioned entry point of a backend: built in, or exported by a module as
// `aegis_backend_entry`.
inline constexpr std::uint32_t kBackendAbiVersion = 1;
struct BackendEntry {
  std::uint32_t abi_version = kBackendAbiVersion;
  const char* name = "";
  // `options` come from [machine.backend.<name>] of the workload, e.g. the path of the runtime's
  // library.
  Result<std::unique_ptr<RuntimeBackend>> (*create)(
      const std::map<std::string, std::string>& options) = nullptr;
};

}  // namespace aegis::context
