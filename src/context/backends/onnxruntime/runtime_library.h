// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <onnxruntime_c_api.h>

#include "aegis/base/result.h"
#include "aegis/memory/pool.h"

#include "backends/onnxruntime/handle.h"

namespace aegis::context {

// ONNX Runtime's shared library, opened by hand: its one imported symbol is versioned
// (OrtGetApiBase@VERS_1.27.0), so linking would tie the build to one release. Models share it and
// keep it alive. It is never unloaded: its statics and thread-local data do not survive that.
//
// There is one RuntimeLibrary a library file in a process, as there is one OrtEnv: who opens it
// again gets the same, as long as somebody holds it. Its sessions may ask for their memory through
// SessionMemory, whose allocator is registered here.
//
// Nothing is reported home: the environment variable that 1.29 and later ask is set before the
// library is opened, and its telemetry is switched off besides. Nothing is logged: what goes wrong
// comes back as a status.
class RuntimeLibrary {
 public:
  // The oldest C API this is written against and tested with: release 1.21, Debian 13's.
  static constexpr std::uint32_t kApiVersion = 21;

  // An empty path: the library found when AegisRT was built, or else the system's. Sets an
  // environment variable, so no other thread may be reading the environment. kNotFound with the
  // loader's words; kUnsupported for too old a library.
  [[nodiscard]] static Result<std::shared_ptr<const RuntimeLibrary>> open(std::string_view path);

  [[nodiscard]] const OrtApi& api() const noexcept { return *api_; }
  [[nodiscard]] const OrtEnv* environment() const noexcept { return environment_.get(); }
  [[nodiscard]] const std::string& version() const noexcept { return version_; }
  // Blocks that models left behind when they went. `keeper`: what they lie in, kept for ever, since
  // whoever forgot them may still use or release them. Any thread.
  void note_leaks(const std::vector<memory::Leak>& leaks, std::shared_ptr<const void> keeper) const;
  [[nodiscard]] std::vector<memory::Leak> leaks() const;

  // Takes the status over. A failure becomes our Error with "<subject>: <essence of ORT's message>"
  // as detail. Its code is ours where the two say the same; otherwise kBackend, and `native` is
  // ORT's. Real-time: does not allocate in our code.
  [[nodiscard]] Status checked(
      OrtStatus* status, const char* text, std::string_view subject,
      std::source_location where = std::source_location::current()) const noexcept;

  // Owns what `create` makes, or returns its error as checked() does:
  //   make<OrtEnv>(api.ReleaseEnv, "cannot start", version, [&](OrtEnv** out) { return ...; })
  template <class T, class Create>
  [[nodiscard]] Result<Handle<T>> make(void(ORT_API_CALL* release)(T*), const char* text,
                                       std::string_view subject, Create create) const {
    T* raw = nullptr;
    if (const Status made = checked(create(&raw), text, subject); !made) return fail(made.error());
    return Handle<T>(raw, release);
  }

 private:
  RuntimeLibrary(const OrtApi* api, std::string version)
      : api_(api), version_(std::move(version)) {}
  [[nodiscard]] Status create_environment();

  const OrtApi* api_;
  std::string version_;
  Handle<OrtEnv> environment_{nullptr, nullptr};
  mutable std::mutex leaks_lock_;
  mutable std::vector<memory::Leak> leaks_;
  mutable std::vector<std::shared_ptr<const void>> kept_;
};

}  // namespace aegis::context
