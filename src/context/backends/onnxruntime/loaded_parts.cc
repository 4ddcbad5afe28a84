// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/loaded_parts.h"

#include <algorithm>
#include <utility>

namespace aegis::context {

namespace {

Result<std::vector<Session>> load_sessions(const std::shared_ptr<const RuntimeLibrary>& runtime,
                                           const LoadRequest& request,
                                           const SessionSettings& settings) {
  // Shared by the sessions, and by what they may leak; a source that the request names is its own
  // master.
  const std::shared_ptr<memory::MemorySource> source =
      request.source == nullptr
          ? std::make_shared<memory::HostMemory>()
          : std::shared_ptr<memory::MemorySource>(request.source, [](memory::MemorySource*) {});
  const Result<Handle<OrtSessionOptions>> options = make_session_options(*runtime, settings);
  if (!options) return fail(options.error());
  std::vector<Session> sessions;
  sessions.reserve(request.parts.size());
  for (const std::filesystem::path& file : request.parts) {
    Result<Session> session = Session::load(runtime, file, **options,
                                            std::make_unique<SessionMemory>(source, request.name));
    if (!session) return fail(session.error());
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

Result<PartChain> connect(const std::vector<Session>& sessions) {
  std::vector<PartDescription> parts;
  parts.reserve(sessions.size());
  for (const Session& session : sessions) parts.push_back(session.describe());
  return connect_parts(parts);
}

}  // namespace

std::vector<std::size_t> sizes_of(const std::vector<TensorDescription>& tensors) {
  std::vector<std::size_t> sizes;
  sizes.reserve(tensors.size());
  for (const TensorDescription& tensor : tensors) sizes.push_back(tensor.size_bytes());
  return sizes;
}

LoadedParts::LoadedParts(std::shared_ptr<const RuntimeLibrary> runtime,
                         std::vector<Session> sessions, PartChain chain, TensorMemory intermediates,
                         Handle<OrtRunOptions> run_options)
    : runtime_(std::move(runtime)),
      sessions_(std::move(sessions)),
      chain_(std::move(chain)),
      intermediates_(std::move(intermediates)),
      run_options_(std::move(run_options)) {}

Result<LoadedParts> LoadedParts::load(const std::shared_ptr<const RuntimeLibrary>& runtime,
                                      const LoadRequest& request, const SessionSettings& settings) {
  Result<std::vector<Session>> sessions = load_sessions(runtime, request, settings);
  if (!sessions) return fail(sessions.error());
  Result<PartChain> chain = connect(*sessions);
  if (!chain) return fail(chain.error());
  Result<TensorMemory> intermediates = TensorMemory::create(sizes_of(chain->intermediates));
  if (!intermediates) return fail(intermediates.error());
  const OrtApi& api = runtime->api();
  Result<Handle<OrtRunOptions>> run_options = runtime->make<OrtRunOptions>(
      api.ReleaseRunOptions, "cannot set run options", request.name, api.CreateRunOptions);
  if (!run_options) return fail(run_options.error());
  return LoadedParts(runtime, std::move(*sessions), std::move(*chain), std::move(*intermediates),
                     std::move(*run_options));
}

memory::MemoryAccount LoadedParts::account() const noexcept {
  memory::MemoryAccount account{.io = intermediates_.size_bytes()};
  for (const Session& session : sessions_) {
    account.weights += session.memory().weight_bytes();
    const auto& planned = session.memory().planned();
    if (!planned) continue;
    // Parts run one after another, and nothing in the arena outlives one.
    account.activations = std::max(account.activations, planned->needed_bytes());
    account.scratch = std::max(account.scratch, planned->scratch_bytes());
  }
  return account;
}

std::size_t LoadedParts::held_bytes() const noexcept {
  std::size_t held = intermediates_.size_bytes();
  for (const Session& session : sessions_) held += session.memory().held_bytes();
  return held;
}

Status LoadedParts::bind(const Binding& binding) {
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
    if (memory(part).planned()) memory(part).place(binding.arena);
  }
  return ok();
}

Status LoadedParts::run_all() noexcept {
  for (std::size_t part = 0; part < sessions_.size(); ++part) {
    if (Status ran = run(part); !ran) return ran;
  }
  return ok();
}

void LoadedParts::terminate() noexcept {
  OrtStatus* status = runtime_->api().RunOptionsSetTerminate(run_options_.get());
  if (status != nullptr) runtime_->api().ReleaseStatus(status);
}

Status LoadedParts::resume() noexcept {
  return runtime_->checked(runtime_->api().RunOptionsUnsetTerminate(run_options_.get()),
                           "cannot start", "");
}

}  // namespace aegis::context
