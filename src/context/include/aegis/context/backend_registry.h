// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// The backends a program can load models with, by name. A value: who needs backends is handed one.
//
//   BackendRegistry backends = builtin_backends();
//   backends.add_module("/opt/lib/aegis_tensorrt.so");
//   auto runtime = backends.create("onnxruntime", {{"library", "/opt/lib/libonnxruntime.so"}});
//
// Slow path; one thread at a time.
class BackendRegistry {
 public:
  // kUnsupported for another ABI version, kAlreadyExists for a name taken, kInvalidArgument for an
  // entry without a name or a function.
  [[nodiscard]] Status add(const BackendEntry& entry);

  // Opens a shared library that exports `extern "C" const BackendEntry aegis_backend_entry`, and
  // adds that entry. The library stays loaded until the process ends: models made by its code may
  // live anywhere. kIo with the loader's words, kNotFound without the symbol, and what add()
  // refuses.
  [[nodiscard]] Status add_module(const std::filesystem::path& library);

  // kNotFound lists the names there are; otherwise what the backend itself refuses.
  [[nodiscard]] Result<std::unique_ptr<RuntimeBackend>> create(std::string_view name,
                                                               const Options& options = {}) const;

  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::vector<BackendEntry> entries_;
};

// "mock" and "onnxruntime". Where ONNX Runtime was not there when AegisRT was built, its entry
// exists and refuses to create a backend, with that reason.
[[nodiscard]] BackendRegistry builtin_backends();

}  // namespace aegis::context
