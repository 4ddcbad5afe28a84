// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/onnxruntime_model.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "backend_options.h"
#include "backends/onnxruntime/heap_meter.h"

namespace aegis::context {

namespace {

constexpr std::array<std::string_view, 1> kOptions{"optimization"};

// In its first run a session observes the sizes of its activations, in the second it takes one
// block for all of them (ORT's memory pattern); from then on nothing changes.
constexpr int kWarmUpRuns = 2;

Result<GraphOptimizationLevel> optimization_of(const Options& options) {
  if (const Status known = refuse_unknown_options(options, kOptions); !known)
    return fail(known.error());
  const auto found = options.find("optimization");
  if (found == options.end() || found->second == "all") return ORT_ENABLE_ALL;
  if (found->second == "extended") return ORT_ENABLE_EXTENDED;
  if (found->second == "basic") return ORT_ENABLE_BASIC;
  if (found->second == "none") return ORT_DISABLE_ALL;
  return fail(
      Error::permanent(ErrorCode::kInvalidArgument, "optimization is all, extended, basic or none")
          .with_detail(found->second));
}

// Also the cheapest test of a budget: a model's weights are never smaller than their file says.
Result<std::size_t> size_of_files(const std::vector<std::filesystem::path>& files) {
  std::size_t total = 0;
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    const bool regular = std::filesystem::is_regular_file(file, error);
    const std::uintmax_t size = regular ? std::filesystem::file_size(file, error) : 0;
    if (error) return fail(Error::system("cannot read model", file.string(), error.value()));
    if (!regular) {
      return fail(Error::permanent(ErrorCode::kInvalidArgument, "model is not a regular file")
                      .with_detail(file.string()));
    }
    total += static_cast<std::size_t>(size);
  }
  return total;
}

Result<std::vector<Session>> load_sessions(const std::shared_ptr<const RuntimeLibrary>& runtime,
                                           const LoadRequest& request) {
  const Result<GraphOptimizationLevel> optimization = optimization_of(request.options);
  if (!optimization) return fail(optimization.error());
  const Result<Handle<OrtSessionOptions>> options = make_session_options(*runtime, *optimization);
  if (!options) return fail(options.error());
  std::vector<Session> sessions;
  for (const std::filesystem::path& file : request.parts) {
    Result<Session> session = Session::load(runtime, file, **options);
    if (!session) return fail(session.error());
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

std::vector<std::size_t> sizes_of(const std::vector<TensorDescription>& tensors) {
  std::vector<std::size_t> sizes;
  sizes.reserve(tensors.size());
  for (const TensorDescription& tensor : tensors) sizes.push_back(tensor.size_bytes());
  return sizes;
}

Result<PartChain> connect(const std::vector<Session>& sessions) {
  std::vector<PartDescription> parts;
  parts.reserve(sessions.size());
  for (const Session& session : sessions) parts.push_back(session.describe());
  return connect_parts(parts);
}

std::vector<std::span<std::byte>> all_tensors(const TensorMemory& memory) {
  std::vector<std::span<std::byte>> tensors;
  tensors.reserve(memory.count());
  for (std::size_t i = 0; i < memory.count(); ++i) tensors.push_back(memory.tensor(i));
  return tensors;
}

}  // namespace

OnnxRuntimeModel::OnnxRuntimeModel(std::shared_ptr<const RuntimeLibrary> runtime,
                                   std::vector<Session> sessions, PartChain chain,
                                   TensorMemory intermediates, Handle<OrtRunOptions> run_options)
    : runtime_(std::move(runtime)),
      sessions_(std::move(sessions)),
      chain_(std::move(chain)),
      intermediates_(std::move(intermediates)),
      run_options_(std::move(run_options)),
      order_(static_cast<std::uint32_t>(sessions_.size())) {}

Result<std::unique_ptr<LoadedModel>> OnnxRuntimeModel::load(
    std::shared_ptr<const RuntimeLibrary> runtime, const LoadRequest& request) {
  const std::size_t allowed = request.budget.memory_bytes;
  const Result<std::size_t> file_bytes = size_of_files(request.parts);
  if (!file_bytes) return fail(file_bytes.error());
  if (allowed != 0 && *file_bytes > allowed) {
    return fail(over_budget(request.name, *file_bytes, allowed));
  }
  const HeapMeter heap;
  Result<std::vector<Session>> sessions = load_sessions(runtime, request);
  if (!sessions) return fail(sessions.error());
  Result<PartChain> chain = connect(*sessions);
  if (!chain) return fail(chain.error());
  Result<TensorMemory> intermediates = TensorMemory::create(sizes_of(chain->intermediates));
  if (!intermediates) return fail(intermediates.error());
  const OrtApi& api = runtime->api();
  Result<Handle<OrtRunOptions>> run_options = runtime->make<OrtRunOptions>(
      api.ReleaseRunOptions, "cannot set run options", request.name, api.CreateRunOptions);
  if (!run_options) return fail(run_options.error());

  const std::string version = runtime->version();
  std::unique_ptr<OnnxRuntimeModel> model(
      new OnnxRuntimeModel(std::move(runtime), std::move(*sessions), std::move(*chain),
                           std::move(*intermediates), std::move(*run_options)));
  if (const Status rehearsed = model->rehearse(); !rehearsed) return fail(rehearsed.error());
  const std::size_t held =
      std::max(heap.growth_bytes(), *file_bytes) + model->intermediates_.size_bytes();
  if (allowed != 0 && held > allowed) return fail(over_budget(request.name, held, allowed));
  model->description_ = {.name = request.name,
                         .backend = "onnxruntime",
                         .backend_version = version,
                         .inputs = model->chain_.inputs,
                         .outputs = model->chain_.outputs,
                         .segment_count = static_cast<std::uint32_t>(model->sessions_.size()),
                         .memory_bytes = held};
  return std::unique_ptr<LoadedModel>(std::move(model));
}

// On zeros in memory that goes away again: a model that cannot run at all is refused before it is
// admitted.
Status OnnxRuntimeModel::rehearse() {
  const Result<TensorMemory> inputs = TensorMemory::create(sizes_of(chain_.inputs));
  if (!inputs) return fail(inputs.error());
  const Result<TensorMemory> outputs = TensorMemory::create(sizes_of(chain_.outputs));
  if (!outputs) return fail(outputs.error());
  if (Status bound = bind_sessions({all_tensors(*inputs), all_tensors(*outputs)}); !bound) {
    return bound;
  }
  return warm_up();
}

Status OnnxRuntimeModel::bind_sessions(const Binding& binding) {
  const auto memory_of = [&](const std::vector<TensorPlace>& places) {
    std::vector<std::span<std::byte>> memory;
    for (const TensorPlace& place : places) {
      switch (place.owner) {
        case TensorPlace::Owner::kModelInput:
          memory.push_back(binding.inputs[place.index]);
          break;
        case TensorPlace::Owner::kModelOutput:
          memory.push_back(binding.outputs[place.index]);
          break;
        case TensorPlace::Owner::kIntermediate:
          memory.push_back(intermediates_.tensor(place.index));
          break;
      }
    }
    return memory;
  };
  for (std::size_t part = 0; part < sessions_.size(); ++part) {
    const PartChain::Places& places = chain_.parts[part];
    const Status bound = sessions_[part].bind(memory_of(places.inputs), memory_of(places.outputs));
    if (!bound) return bound;
  }
  return ok();
}

Status OnnxRuntimeModel::warm_up() {
  for (int run = 0; run < kWarmUpRuns; ++run) {
    for (Session& session : sessions_) {
      if (Status ran = session.run(*run_options_); !ran) return ran;
    }
  }
  return ok();
}

Status OnnxRuntimeModel::bind(const Binding& binding) {
  if (bound_) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "model is bound already"));
  }
  if (Status checked = check_binding(description_, binding); !checked) return checked;
  if (Status bound = bind_sessions(binding); !bound) return bound;
  if (Status warm = warm_up(); !warm) return warm;
  bound_ = true;
  return ok();
}

Status OnnxRuntimeModel::start_segment(std::uint32_t segment) noexcept {
  if (!bound_) return fail(Error::permanent(ErrorCode::kFailedPrecondition, "model is not bound"));
  if (Status in_order = order_.begin(segment); !in_order) return in_order;
  // In this order: a cancel that has returned before must not reach this segment (line 4 of the
  // contract).
  const Status unset = runtime_->checked(
      runtime_->api().RunOptionsUnsetTerminate(run_options_.get()), "cannot start", "");
  if (!unset) {
    order_.failed(ErrorCategory::kPermanent);
    return unset;
  }
  cancel_asked_.store(false, std::memory_order_relaxed);
  running_.store(true, std::memory_order_release);
  const Status ran = sessions_[segment].run(*run_options_);
  running_.store(false, std::memory_order_release);
  outcome_ = ran ? std::nullopt : std::optional<Error>(ran.error());
  if (!ran && cancel_asked_.load(std::memory_order_acquire)) {
    outcome_ = Error::transient(ErrorCode::kCancelled, "segment was cancelled");
  }
  return ok();
}

Result<Progress> OnnxRuntimeModel::poll() noexcept {
  if (!order_.running()) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "no segment is running"));
  }
  if (outcome_.has_value()) {
    order_.failed(outcome_->category);
    return fail(*outcome_);
  }
  order_.done();
  return Progress::kDone;
}

// ORT looks at the flag between two kernels. One that read running_ just before the segment ended
// may reach the next one: the two overlap in time, so it may as well have come a moment later.
void OnnxRuntimeModel::cancel() noexcept {
  if (!running_.load(std::memory_order_acquire)) return;
  cancel_asked_.store(true, std::memory_order_release);
  OrtStatus* status = runtime_->api().RunOptionsSetTerminate(run_options_.get());
  if (status != nullptr) runtime_->api().ReleaseStatus(status);
}

}  // namespace aegis::context
