// SPDX-License-Identifier: Apache-2.0
#include "scratch.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_target.h"

namespace aegis::fuzz {

MemoryFile::MemoryFile() : file_(::memfd_create("aegis-fuzz", MFD_CLOEXEC)) {
  require(file_ >= 0, "the harness has a file in memory");
}

MemoryFile::~MemoryFile() {
  ::close(file_);
}

void MemoryFile::put(std::span<const std::byte> content) const {
  require(::ftruncate(file_, 0) == 0, "the harness may empty its file");
  const auto size = static_cast<ssize_t>(content.size());
  require(::pwrite(file_, content.data(), content.size(), 0) == size, "the harness may write");
}

std::filesystem::path MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(file_);
}

ScratchFolder::ScratchFolder() {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code absent;
  const bool in_memory = std::filesystem::is_directory(memory, absent);
  std::string name =
      ((in_memory ? memory : std::filesystem::temp_directory_path()) / "aegis-fuzz-XXXXXX")
          .string();
  require(::mkdtemp(name.data()) != nullptr, "the harness has a folder", name);
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace aegis::fuzz
