// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace aegis::trace {

// A test's own file name: an empty file when made, gone when it goes out of scope.
class TemporaryPath {
 public:
  TemporaryPath() {
    std::string name = (std::filesystem::temp_directory_path() / "aegis-trace-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file >= 0) ::close(file);
    path_ = name;
  }
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  ~TemporaryPath() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  operator const std::filesystem::path&() const {
    return path_;
  }  // NOLINT(google-explicit-constructor)

 private:
  std::filesystem::path path_;
};

}  // namespace aegis::trace
