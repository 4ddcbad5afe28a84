// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/backend_registry.h"

#include <dlfcn.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aegis/base/check.h"

#include "backends/mock/mock_entry.h"
#include "backends/onnxruntime/onnxruntime_entry.h"

namespace aegis::context {

namespace {

Error refused(ErrorCode code, const char* text, const std::string& detail) {
  return Error::permanent(code, text).with_detail(detail);
}

const char* last_loader_error() {
  const char* words = ::dlerror();  // NOLINT(concurrency-mt-unsafe): per thread in glibc
  return words != nullptr ? words : "unknown reason";
}

}  // namespace

Status BackendRegistry::add(const BackendEntry& entry) {
  if (entry.abi_version != kBackendAbiVersion) {
    return fail(refused(
        ErrorCode::kUnsupported, "backend is built for another version of AegisRT",
        fmt::format("it has ABI {}, this program {}", entry.abi_version, kBackendAbiVersion)));
  }
  if (entry.name == nullptr || *entry.name == '\0' || entry.create == nullptr) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "backend has no name or function"));
  }
  for (const BackendEntry& other : entries_) {
    if (std::string_view(other.name) == entry.name) {
      return fail(refused(ErrorCode::kAlreadyExists, "backend exists already", entry.name));
    }
  }
  entries_.push_back(entry);
  return ok();
}

Status BackendRegistry::add_module(const std::filesystem::path& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    return fail(refused(ErrorCode::kIo, "cannot load backend module", last_loader_error()));
  }
  const void* symbol = ::dlsym(handle, "aegis_backend_entry");
  if (symbol == nullptr) {
    return fail(
        refused(ErrorCode::kNotFound, "module exports no aegis_backend_entry", library.string()));
  }
  return add(*static_cast<const BackendEntry*>(symbol));
}

Result<std::unique_ptr<RuntimeBackend>> BackendRegistry::create(std::string_view name,
                                                                const Options& options) const {
  for (const BackendEntry& entry : entries_) {
    if (entry.name == name) return entry.create(options);
  }
  return fail(refused(ErrorCode::kNotFound, "unknown backend",
                      fmt::format("'{}'; known: {}", name, fmt::join(names(), ", "))));
}

std::vector<std::string> BackendRegistry::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const BackendEntry& entry : entries_) names.emplace_back(entry.name);
  return names;
}

BackendRegistry builtin_backends() {
  BackendRegistry registry;
  for (const BackendEntry& entry : {mock_backend_entry(), onnxruntime_backend_entry()}) {
    check(registry.add(entry).has_value(), "built-in backends have distinct names and our ABI");
  }
  return registry;
}

}  // namespace aegis::context
