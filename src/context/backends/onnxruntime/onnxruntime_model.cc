// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/onnxruntime_model.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "backend_options.h"
#include "backends/onnxruntime/load_meter.h"
#include "backends/onnxruntime/rehearsal.h"

namespace aegis::context {

namespace {

constexpr std::array<std::string_view, 1> kOptions{"optimization"};

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

}  // namespace

OnnxRuntimeModel::OnnxRuntimeModel(LoadedParts parts, ModelDescription description)
    : parts_(std::move(parts)),
      description_(std::move(description)),
      order_(description_.segment_count) {}

Result<std::unique_ptr<LoadedModel>> OnnxRuntimeModel::load(
    const std::shared_ptr<const RuntimeLibrary>& runtime, const LoadRequest& request,
    bool planned) {
  const std::size_t allowed = request.budget.memory_bytes;
  const Result<std::size_t> file_bytes = size_of_files(request.parts);
  if (!file_bytes) return fail(file_bytes.error());
  if (allowed != 0 && *file_bytes > allowed) {
    return fail(over_budget(request.name, *file_bytes, allowed));
  }
  const Result<GraphOptimizationLevel> optimization = optimization_of(request.options);
  if (!optimization) return fail(optimization.error());

  const LoadMeter meter;
  Result<LoadedParts> parts =
      LoadedParts::load(runtime, request, {.optimization = *optimization, .planned = planned});
  if (!parts) return fail(parts.error());
  const Status rehearsed = planned ? plan_activations(*parts, request.name) : warm_up(*parts);
  if (!rehearsed) return fail(rehearsed.error());
  memory::MemoryAccount account = parts->account();
  account.runtime = meter.growth_bytes(parts->held_bytes());
  // At least what the files hold is somewhere, also where no meter works (under sanitizers).
  const std::size_t known = account.weights + account.runtime;
  if (known < *file_bytes) account.weights += *file_bytes - known;
  if (allowed != 0 && account.total() > allowed) {
    return fail(over_budget(request.name, account.total(), allowed));
  }
  ModelDescription description{.name = request.name,
                               .backend = "onnxruntime",
                               .backend_version = runtime->version(),
                               .inputs = parts->chain().inputs,
                               .outputs = parts->chain().outputs,
                               .segment_count = static_cast<std::uint32_t>(parts->count()),
                               .memory = account};
  return std::unique_ptr<LoadedModel>(
      new OnnxRuntimeModel(std::move(*parts), std::move(description)));
}

// Without a run where the memory is planned: nothing is left to warm up, and another model may be
// running in the arena.
Status OnnxRuntimeModel::bind(const Binding& binding) {
  if (bound_) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "model is bound already"));
  }
  if (Status checked = check_binding(description_, binding); !checked) return checked;
  if (Status bound = parts_.bind(binding); !bound) return bound;
  const bool planned = parts_.memory(0).planned().has_value();
  for (int run = 0; run < 2 && !planned; ++run) {
    if (Status ran = parts_.run_all(); !ran) return ran;
  }
  bound_ = true;
  return ok();
}

Status OnnxRuntimeModel::start_segment(std::uint32_t segment) noexcept {
  if (!bound_) return fail(Error::permanent(ErrorCode::kFailedPrecondition, "model is not bound"));
  if (Status in_order = order_.begin(segment); !in_order) return in_order;
  // In this order: a cancel that has returned before must not reach this segment (line 4 of the
  // contract).
  if (Status resumed = parts_.resume(); !resumed) {
    order_.failed(ErrorCategory::kPermanent);
    return resumed;
  }
  cancel_asked_.store(false, std::memory_order_relaxed);
  running_.store(true, std::memory_order_release);
  const Status ran = parts_.run(segment);
  running_.store(false, std::memory_order_release);
  outcome_ = ran ? std::nullopt : std::optional<Error>(ran.error());
  if (ran) return ok();
  unplanned_.store(count_unplanned(), std::memory_order_relaxed);
  if (ran.error().code != ErrorCode::kDeviation && cancel_asked_.load(std::memory_order_acquire)) {
    outcome_ = Error::transient(ErrorCode::kCancelled, "segment was cancelled");
  }
  return ok();
}

std::uint64_t OnnxRuntimeModel::count_unplanned() noexcept {
  std::uint64_t count = 0;
  for (std::size_t part = 0; part < parts_.count(); ++part) {
    const auto& planned = parts_.memory(part).planned();
    if (planned) count += planned->unplanned_allocations();
  }
  return count;
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
  parts_.terminate();
}

}  // namespace aegis::context
