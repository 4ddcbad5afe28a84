// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/session.h"

#include <array>
#include <utility>

#include "backends/onnxruntime/tensor_reading.h"

namespace aegis::context {

namespace {

// An error's detail holds 200 characters; this leaves most of them to ORT's own words.
std::string short_name(const std::filesystem::path& file) {
  constexpr std::size_t kLongest = 80;
  const std::string name = file.string();
  return name.size() <= kLongest ? name : "..." + name.substr(name.size() - kLongest + 3);
}

}  // namespace

Result<Handle<OrtSessionOptions>> make_session_options(const RuntimeLibrary& runtime,
                                                       const SessionSettings& settings) {
  constexpr const char* kText = "cannot set session options";
  const OrtApi& api = runtime.api();
  Result<Handle<OrtSessionOptions>> options = runtime.make<OrtSessionOptions>(
      api.ReleaseSessionOptions, kText, runtime.version(), api.CreateSessionOptions);
  if (!options) return options;
  OrtSessionOptions* raw = options->get();
  const std::array<OrtStatus*, 9> all_set{
      api.SetIntraOpNumThreads(raw, 1), api.SetInterOpNumThreads(raw, 1),
      api.SetSessionExecutionMode(raw, ORT_SEQUENTIAL),
      api.SetSessionGraphOptimizationLevel(raw, settings.optimization),
      api.SetDeterministicCompute(raw, true),
      api.AddSessionConfigEntry(raw, "session.intra_op.allow_spinning", "0"),
      api.AddSessionConfigEntry(raw, "session.inter_op.allow_spinning", "0"),
      // Without a memory pattern, which is ORT's own plan, each buffer is asked for by itself.
      settings.planned ? api.DisableMemPattern(raw) : nullptr,
      api.AddSessionConfigEntry(raw, "session.use_env_allocators", settings.planned ? "1" : "0")};
  Status all = ok();
  for (OrtStatus* setting : all_set) {
    if (const Status set = runtime.checked(setting, kText, runtime.version()); !set) all = set;
  }
  if (!all) return fail(all.error());
  return options;
}

Session::Session(std::shared_ptr<const RuntimeLibrary> runtime,
                 std::unique_ptr<SessionMemory> memory, Handle<OrtSession> session,
                 PartDescription description)
    : runtime_(std::move(runtime)),
      memory_(std::move(memory)),
      description_(std::move(description)),
      session_(std::move(session)) {}

Result<Session> Session::load(std::shared_ptr<const RuntimeLibrary> runtime,
                              const std::filesystem::path& file, const OrtSessionOptions& options,
                              std::unique_ptr<SessionMemory> memory) {
  const OrtApi& api = runtime->api();
  const SessionMemory::Scope scope(*memory);
  const std::string name = short_name(file);
  Result<Handle<OrtSession>> session = runtime->make<OrtSession>(
      api.ReleaseSession, "cannot load model", name, [&](OrtSession** out) {
        return api.CreateSession(runtime->environment(), file.c_str(), &options, out);
      });
  if (!session) return fail(session.error());
  memory->settle();
  Result<std::vector<TensorDescription>> inputs =
      read_tensors(*runtime, **session, TensorSide::kInputs, name);
  if (!inputs) return fail(inputs.error());
  Result<std::vector<TensorDescription>> outputs =
      read_tensors(*runtime, **session, TensorSide::kOutputs, name);
  if (!outputs) return fail(outputs.error());
  return Session(std::move(runtime), std::move(memory), std::move(*session),
                 {name, std::move(*inputs), std::move(*outputs)});
}

Session::~Session() {
  if (memory_ == nullptr) return;  // moved from
  {
    const SessionMemory::Scope scope(*memory_);
    binding_.reset();
    values_.clear();
    session_.reset();
  }
  const std::vector<memory::Leak> leaks = memory_->close();
  if (leaks.empty()) return;
  runtime_->note_leaks(leaks, std::move(memory_));
}

Result<Handle<OrtValue>> Session::value_over(const TensorDescription& tensor,
                                             std::span<std::byte> memory) const {
  constexpr const char* kText = "cannot bind tensor";
  const OrtApi& api = runtime_->api();
  const auto where = runtime_->make<OrtMemoryInfo>(
      api.ReleaseMemoryInfo, kText, tensor.name, [&](OrtMemoryInfo** out) {
        return api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, out);
      });
  if (!where) return fail(where.error());
  return runtime_->make<OrtValue>(api.ReleaseValue, kText, tensor.name, [&](OrtValue** out) {
    return api.CreateTensorWithDataAsOrtValue(where->get(), memory.data(), memory.size(),
                                              tensor.shape.data(), tensor.shape.size(),
                                              their_type(tensor.type), out);
  });
}

Status Session::bind(std::span<const std::span<std::byte>> inputs,
                     std::span<const std::span<std::byte>> outputs) {
  constexpr const char* kText = "cannot bind tensor";
  const OrtApi& api = runtime_->api();
  const SessionMemory::Scope scope(*memory_);
  Result<Handle<OrtIoBinding>> binding = runtime_->make<OrtIoBinding>(
      api.ReleaseIoBinding, kText, description_.file,
      [&](OrtIoBinding** out) { return api.CreateIoBinding(session_.get(), out); });
  if (!binding) return fail(binding.error());
  std::vector<Handle<OrtValue>> values;
  const auto bind_all = [&](const auto& tensors, auto memory, auto bind_one) -> Status {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      Result<Handle<OrtValue>> value = value_over(tensors[i], memory[i]);
      if (!value) return fail(value.error());
      values.push_back(std::move(*value));
      OrtStatus* status = bind_one(binding->get(), tensors[i].name.c_str(), values.back().get());
      if (Status bound = runtime_->checked(status, kText, tensors[i].name); !bound) return bound;
    }
    return ok();
  };
  if (Status bound = bind_all(description_.inputs, inputs, api.BindInput); !bound) return bound;
  if (Status bound = bind_all(description_.outputs, outputs, api.BindOutput); !bound) return bound;
  binding_ = std::move(*binding);
  values_ = std::move(values);
  return ok();
}

Status Session::run(const OrtRunOptions& options) noexcept {
  const SessionMemory::Scope scope(*memory_);
  memory_->begin_run();
  const Status ran =
      runtime_->checked(runtime_->api().RunWithBinding(session_.get(), &options, binding_.get()),
                        "model failed while running", description_.file);
  const Status as_planned = memory_->end_run(ran.has_value());
  return as_planned ? ran : as_planned;
}

}  // namespace aegis::context
