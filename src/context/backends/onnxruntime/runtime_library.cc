// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/runtime_library.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <vector>

#include <dlfcn.h>

#include <fmt/format.h>

#include "backends/onnxruntime/session_memory.h"
#include "backends/onnxruntime/status_text.h"

namespace aegis::context {

namespace {

// Tried when the build found no library, or it has moved since.
constexpr const char* kSystemLibrary = "libonnxruntime.so.1";

ErrorCode code_of(OrtErrorCode code) noexcept {
  switch (code) {
    case ORT_NO_SUCHFILE:
      return ErrorCode::kNotFound;
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
      return ErrorCode::kCorrupt;
    case ORT_NOT_IMPLEMENTED:
      return ErrorCode::kUnsupported;
    case ORT_INVALID_ARGUMENT:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kBackend;
  }
}

// "<subject>: <essence of the message>", in place: this may run on a lane.
std::string_view compose(std::string_view subject, std::string_view message,
                         std::array<char, Error::kDetailCapacity>& buffer) noexcept {
  const auto end =
      fmt::format_to_n(buffer.data(), buffer.size(), "{}: {}", subject, essence_of(message));
  return {buffer.data(), std::min(end.size, buffer.size())};
}

struct Opened {
  void* handle = nullptr;
  std::string why_not;
};

Opened open_first(const std::vector<std::string>& paths) {
  Opened result;
  for (const std::string& path : paths) {
    result.handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (result.handle != nullptr) return result;
    const char* words = ::dlerror();  // NOLINT(concurrency-mt-unsafe): per thread in glibc
    if (result.why_not.empty() && words != nullptr) result.why_not = words;
  }
  return result;
}

Error refused(ErrorCode code, const char* text, std::string_view detail) {
  return Error::permanent(code, text).with_detail(detail);
}

}  // namespace

Result<std::shared_ptr<const RuntimeLibrary>> RuntimeLibrary::open(std::string_view path) {
  ::setenv("ORT_DISABLE_TELEMETRY", "1", 1);  // NOLINT(concurrency-mt-unsafe): see the header
  const Opened library =
      open_first(path.empty() ? std::vector<std::string>{AEGIS_ONNXRUNTIME_LIBRARY, kSystemLibrary}
                              : std::vector<std::string>{std::string(path)});
  if (library.handle == nullptr) {
    return fail(refused(ErrorCode::kNotFound, "cannot load ONNX Runtime", library.why_not));
  }
  const auto get_base =
      reinterpret_cast<decltype(&OrtGetApiBase)>(::dlsym(library.handle, "OrtGetApiBase"));
  if (get_base == nullptr) {
    return fail(refused(ErrorCode::kUnsupported, "library is not ONNX Runtime", path));
  }
  const OrtApi* api = get_base()->GetApi(kApiVersion);
  const std::string version = get_base()->GetVersionString();
  if (api == nullptr) {
    return fail(refused(ErrorCode::kUnsupported, "ONNX Runtime is older than 1.21", version));
  }
  // One a library, because ORT's environment and its registered allocators are; never destroyed,
  // because ORT's own statics may be gone before ours.
  static std::mutex lock;
  static auto& open_libraries = *new std::map<const OrtApi*, std::shared_ptr<const RuntimeLibrary>>;
  const std::lock_guard held(lock);
  std::shared_ptr<const RuntimeLibrary>& known = open_libraries[api];
  if (known != nullptr) return known;
  std::shared_ptr<RuntimeLibrary> runtime(new RuntimeLibrary(api, version));
  if (const Status created = runtime->create_environment(); !created) return fail(created.error());
  known = std::move(runtime);
  return known;
}

Status RuntimeLibrary::create_environment() {
  Result<Handle<OrtEnv>> environment = make<OrtEnv>(
      api_->ReleaseEnv, "cannot start ONNX Runtime", version_,
      [&](OrtEnv** out) { return api_->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "aegisrt", out); });
  if (!environment) return fail(environment.error());
  environment_ = std::move(*environment);
  if (Status off = checked(api_->DisableTelemetryEvents(environment_.get()),
                           "cannot switch telemetry off", version_);
      !off) {
    return off;
  }
  const Result<OrtAllocator*> router = SessionMemory::router(*this);
  if (!router) return fail(router.error());
  return checked(api_->RegisterAllocator(environment_.get(), *router),
                 "cannot register an allocator", version_);
}

void RuntimeLibrary::note_leaks(const std::vector<memory::Leak>& leaks,
                                std::shared_ptr<const void> keeper) const {
  const std::lock_guard held(leaks_lock_);
  leaks_.insert(leaks_.end(), leaks.begin(), leaks.end());
  kept_.push_back(std::move(keeper));
}

std::vector<memory::Leak> RuntimeLibrary::leaks() const {
  const std::lock_guard held(leaks_lock_);
  return leaks_;
}

Status RuntimeLibrary::checked(OrtStatus* status, const char* text, std::string_view subject,
                               std::source_location where) const noexcept {
  if (status == nullptr) [[likely]]
    return ok();
  const OrtErrorCode code = api_->GetErrorCode(status);
  std::array<char, Error::kDetailCapacity> buffer{};
  const ErrorCode ours = code_of(code);
  const Error error = Error::permanent(ours, text, where)
                          .with_native(ours == ErrorCode::kBackend ? code : 0)
                          .with_detail(compose(subject, api_->GetErrorMessage(status), buffer));
  api_->ReleaseStatus(status);
  return fail(error);
}

}  // namespace aegis::context
