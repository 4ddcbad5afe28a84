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
#include <string_view>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/context/resource_budget.h"
#include "aegis/memory/host_region.h"
#include "aegis/memory/memory_account.h"
#include "aegis/memory/memory_source.h"
#include "aegis/memory/pool.h"

namespace aegis::context {

// What a tensor is made of, and the bytes of one element.
enum class ElementType : std::uint8_t { kFloat32, kFloat16, kInt64, kInt32, kInt8, kUint8, kBool };
[[nodiscard]] std::size_t size_of(ElementType type) noexcept;
[[nodiscard]] std::string_view to_string(ElementType type) noexcept;  // "float32", "int64", ...

// Larger than any tensor of a model that is to meet a deadline: at 100 GB/s, touching this much
// once takes 43 ms. What a hostile file declares beyond it is refused before anything of that size
// is allocated.
inline constexpr std::size_t kLargestTensorBytes = std::size_t{1} << 32;

// Caller-owned tensors start at multiples of this.
inline constexpr std::size_t kTensorAlignment = memory::kAlignment;

// One input or output of a model: static, so that its size is known before anything runs.
struct TensorDescription {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  // every extent known and > 0; empty: a scalar
  // The product of the extents and the element's size. Of a checked description only: see
  // check_shape.
  [[nodiscard]] std::size_t size_bytes() const noexcept;
  bool operator==(const TensorDescription&) const = default;
};

// Refuses what no backend may describe: an extent <= 0 (kUnsupported, "tensor 'x' has dynamic
// dimension 0") and more than kLargestTensorBytes (kOutOfRange). `symbol` names the dimension,
// where the format gives dimensions names.
[[nodiscard]] Status check_shape(const TensorDescription& tensor,
                                 std::span<const std::string> symbols = {});

// What a loaded model is, immutable.
struct ModelDescription {
  std::string name;
  std::string backend;          // "onnxruntime"
  std::string backend_version;  // "1.27.0"
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  std::uint32_t segment_count = 1;
  // As far as the backend can tell. `io` holds only what is the model's own: tensors between two
  // segments; inputs and outputs are the caller's. `activations` is the size of Binding::arena.
  memory::MemoryAccount memory;
};

// Options of a backend or a model by name, as the workload writes them; numbers and booleans as
// text.
using Options = std::map<std::string, std::string>;

// Which model to load, and within which limits.
struct LoadRequest {
  std::string name;
  // One file a segment, in order; for most models exactly one.
  std::vector<std::filesystem::path> parts;
  ResourceBudget budget;
  Options options;  // [model.options] of the workload; an unknown one is an error
  // Where the model's weights come from, for backends that let that be chosen; null: the host.
  // Outlives the model.
  memory::MemorySource* source = nullptr;
};

// Caller-owned memory for every input and output, fixed for the model's life. Each span is exactly
// size_bytes() long and starts at a multiple of kTensorAlignment; the arena is at least
// memory.activations long. Only the arena is shared with other models.
struct Binding {
  std::vector<std::span<std::byte>> inputs;
  std::vector<std::span<std::byte>> outputs;
  std::span<std::byte> arena = {};
};

// Whether the segment started last still runs.
enum class Progress : std::uint8_t { kRunning, kDone };

// One model, loaded. load and bind are slow; the rest is the lane's path.
//
// Contract (the conformance suite tests every line of it):
//  1. start_segment is called for segments 0, 1, ... in order; after the last, again from 0.
//     Segment 0 may be started whenever none is running (a job may be dropped between segments).
//     Any other order, and any start before bind, is refused with kFailedPrecondition.
//  2. Between start_segment and the poll that reports kDone or an error, only poll and cancel are
//     called; another start is refused as in line 1, and so is a poll while nothing runs. An error
//     from start_segment means that the segment has not begun; what goes wrong later, poll reports.
//  3. A backend that executes on the calling thread may finish inside start_segment; poll then
//     reports kDone at once.
//  4. cancel may come from another thread, at any time; it makes a running segment end early with
//     kCancelled (transient), and has no effect otherwise: one that has returned never reaches a
//     segment started later. The model is usable again from segment 0, as after every error that
//     is not fatal.
//  5. After an error of category fatal the model refuses everything with kFailedPrecondition.
//  6. Same inputs, same outputs, bit for bit, whatever ran between.
//  7. start_segment, poll and cancel neither allocate nor lock in AegisRT's own code.
//  8. bind succeeds once. It refuses a wrong number, size or alignment of tensors
//     (kInvalidArgument, naming the tensor) and is then without effect. It may run the model to
//     warm it up (the first run of many runtimes allocates), so inputs hold something valid, for
//     instance zeros, and outputs are overwritten. It leaves the arena alone: another model of the
//     lane may be running in it.
//  9. The arena is used only while a segment runs, and nothing in it outlives the segment: before
//     each, its content may be anything. A model that needs more of it than it said, or in another
//     order, reports kDeviation (permanent) and harms nobody.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
  [[nodiscard]] virtual const ModelDescription& describe() const noexcept = 0;
  // As the contract says. bind is slow; the others are the lane's path, cancel for any thread.
  [[nodiscard]] virtual Status bind(const Binding& binding) = 0;
  [[nodiscard]] virtual Status start_segment(std::uint32_t segment) noexcept = 0;
  [[nodiscard]] virtual Result<Progress> poll() noexcept = 0;
  virtual void cancel() noexcept = 0;
  // Requests for memory during runs that were not served from the arena, ever. Any thread.
  [[nodiscard]] virtual std::uint64_t unplanned_allocations() const noexcept { return 0; }
};

// Line 8 of the contract, for implementations of LoadedModel.
[[nodiscard]] Status check_binding(const ModelDescription& model, const Binding& binding);

// A runtime that loads compiled, static-shape models. Slow path only; one thread at a time. A model
// may outlive its backend.
class RuntimeBackend {
 public:
  virtual ~RuntimeBackend() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string version() const = 0;
  // Refuses a dynamic shape (kUnsupported, naming tensor and dimension), a missing or corrupt file,
  // more memory than the budget (kResourceExhausted), an unknown option (kInvalidArgument, naming
  // it and those known).
  [[nodiscard]] virtual Result<std::unique_ptr<LoadedModel>> load(const LoadRequest& request) = 0;
  // What models loaded here had not given back when they were destroyed; empty, or a bug in the
  // runtime. Any thread.
  [[nodiscard]] virtual std::vector<memory::Leak> leaks() const { return {}; }
};

// The versioned entry point of a backend: built in, or exported by a module as
// `aegis_backend_entry`.
inline constexpr std::uint32_t kBackendAbiVersion = 2;
struct BackendEntry {
  std::uint32_t abi_version = kBackendAbiVersion;  // stays first: read before the rest is trusted
  const char* name = "";
  // `options` come from [machine.backend.<name>] of the workload, e.g. the path of the runtime's
  // library.
  Result<std::unique_ptr<RuntimeBackend>> (*create)(const Options& options) = nullptr;
};

}  // namespace aegis::context
